"""What is learnt of a text while its blocks pass by: the index, the span of times, the flaws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from diagnostics.texts.block import Block
from diagnostics.texts.encodings import count_lines, decode, newline_of
from diagnostics.texts.index import Index
from diagnostics.texts.lines import lines_of
from diagnostics.texts.times import WITHIN, head_of, milliseconds, time_of

# Lines at either end of a block among which one with a time is looked for.
LOOKED_AT = 50
# Bytes at the end of a block in which its last lines are.
_END = 8 * 1024


class Survey:
    """Takes the blocks of one text in their order. `oldest` and `newest` are read off the first
    and the last line with a time in each block, which is all of them where a log is in order."""

    def __init__(self, encoding: str, reference: datetime) -> None:
        self.oldest: datetime | None = None
        self.newest: datetime | None = None
        self.garbled = False
        self.encoding, self._reference = encoding, reference
        self._index = Index()
        self._last: Block | None = None

    def start_at(self, place: int) -> None:
        """Let the first block lie there in the stored object; before the first `take`."""
        self._index.start_at(place)

    def take(self, block: Block, *, stored: int) -> None:
        """Add a block, which takes `stored` bytes in the object where it lies."""
        first = self._first_time(block)
        for time in (first, self._last_time(block)):
            if time is not None:
                self.oldest = min(self.oldest or time, time)
                self.newest = max(self.newest or time, time)
        self.garbled = self.garbled or _is_garbled(block.data, self.encoding)
        milli = None if first is None else milliseconds(first)
        self._index.add(block, time=milli, stored=stored)
        self._last = block

    @property
    def index(self) -> Index:
        """Of all the blocks so far. Only the last one's lines are counted: a block tells how many
        there are before it."""
        if self._last is not None:
            data = self._last.data
            unended = not data.endswith(newline_of(self.encoding))
            ended = count_lines(data, self.encoding)
            self._index.lines = self._last.first_line + ended + unended
        return self._index

    def _first_time(self, block: Block) -> datetime | None:
        lines = lines_of([block], self.encoding)
        if self._last is not None and self._last.first_line == block.first_line:
            next(lines)  # the rest of a line that began in another block
        heads = (head_of(line.data, self.encoding) for line in islice(lines, LOOKED_AT))
        return self._time(heads)

    def _last_time(self, block: Block) -> datetime | None:
        """Backwards; the first of these may be a piece of a line, whose time is then not found."""
        lines = decode(block.data[-_END:], self.encoding).split("\n")
        return self._time(line[:WITHIN] for line in reversed(lines[-LOOKED_AT:]))

    def _time(self, heads: Iterable[str]) -> datetime | None:
        times = (time_of(head, self._reference) for head in heads)
        return next((time for time in times if time is not None), None)


def _is_garbled(data: bytes, encoding: str) -> bool:
    if encoding == "utf-8" and data.isascii():
        return False
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        # A block within a long line may begin and end with half a character.
        inside = not data.endswith(newline_of(encoding))
        return not (inside and (error.start < 4 or error.end >= len(data)))
    return False
