"""A search in one text of a file: which lines it goes through, and what it leaves on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from diagnostics.models import FileAccess, LogFile
from diagnostics.services.files import record_access
from diagnostics.services.files.reading import Text
from diagnostics.texts.query import Query
from diagnostics.texts.search import Bounds, Hit, Progress, Search


class TextSearch:
    """A search of the lines of `text` from number `line` on, within a span of time.

    Where lines carry no times, the span is no bound. `search` tells how it stands.
    """

    def __init__(
        self,
        text: Text,
        query: Query,
        *,
        line: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
        encoding: str = "",
        bounds: Bounds | None = None,
    ) -> None:
        """`encoding` where the text is to be read as another one. Raises PatternRefused."""
        self.search = Search(query, encoding or text.encoding, bounds)
        self._text, self._line, self._since, self._until = text, line, since, until

    def run(self) -> Iterator[Hit | Progress]:
        """Hits and progress, as `Search.run`. Raises StorageError, also midway."""
        first = max(self._line, self._first_since())
        return self.search.run(self._text.blocks(first), last=self._last_until())

    def _first_since(self) -> int:
        if self._since is None or (found := self._text.line_at(self._since)) is None:
            return 0
        time = self._time(found)
        return self._text.lines if time is not None and time < self._since else found

    def _last_until(self) -> int | None:
        if self._until is None or (found := self._text.line_at(self._until)) is None:
            return None
        time = self._time(found)
        return found - 1 if time is not None and time > self._until else found

    def _time(self, number: int) -> datetime | None:
        return next(map(self._text.time_of, self._text.window(number, 1)), None)


def record_search(file: LogFile, *, user: Any, opening: int) -> None:
    """Note that the user searched the file: once for each opening of the reader."""
    mine = FileAccess.objects.filter(log_file=file, user=user, kind=FileAccess.Kind.SEARCH)
    if not mine.filter(pk__gt=opening).exists():
        record_access(file, user=user, kind=FileAccess.Kind.SEARCH)
