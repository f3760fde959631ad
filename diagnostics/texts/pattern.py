"""What a query finds in text: its lines with a match, of the levels that are wanted."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from diagnostics.texts.expression import Expression
from diagnostics.texts.levels import sign_of
from diagnostics.texts.plain import PlainText
from diagnostics.texts.query import Query, Span

# Where RE2 has to follow all instructions of an expression at once, it takes some 50 million steps
# a second, one for each of them and each byte of the text.
STEPS_AT_ONCE = 25_000_000


class Pattern:
    """A query made ready. Its methods take UTF-8 whose lines end in line feeds, without returns."""

    def __init__(self, query: Query) -> None:
        """Raises PatternRefused."""
        plain = query.text and not query.regex
        self._wanted = PlainText(query) if plain else Expression(query)
        self._everything = not query.text
        self._sign = re2.compile(sign_of(query.levels)) if query.levels else None

    @property
    def bytes_at_once(self) -> int:
        """How much text may be searched in one go without being deaf for long."""
        return STEPS_AT_ONCE // self._wanted.steps

    def lines(self, data: bytes, start: int, end: int) -> Iterator[list[Span]]:
        """The matches of each line from `start` to `end` that has one, as many as are shown.

        Many lines of levels that are not wanted are left out, but not all.
        """
        if self._sign is not None and data[start - 1 : start] in (b"", b"\n"):
            return self._with_sign(self._sign, data, start, end)
        return self._wanted.lines(data, start, end)

    def count(self, data: bytes, start: int, end: int) -> tuple[int, int]:
        """How many lines `lines` would give, and where the first match is (-1: there is none)."""
        if self._sign is None:
            return self._wanted.count(data, start, end)
        places = [spans[0][0] for spans in self.lines(data, start, end)]
        return len(places), places[0] if places else -1

    def _with_sign(
        self, sign: re2._Regexp, data: bytes, start: int, end: int
    ) -> Iterator[list[Span]]:
        """From a match to the next sign of a level, and on from there: the rarer one leads."""
        while start < end:
            spans = self._first(data, start, end)
            if spans is None:
                return
            level = sign.search(data, data.rfind(b"\n", 0, spans[0][0]) + 1, end)
            if level is None:
                return
            stop = data.find(b"\n", spans[0][1])
            if 0 <= stop < level.start():
                start = data.rfind(b"\n", 0, level.start()) + 1
                continue
            yield spans
            start = stop + 1 or end

    def _first(self, data: bytes, start: int, end: int) -> list[Span] | None:
        if self._everything:
            return [(start, start)]
        return next(self._wanted.lines(data, start, end), None)
