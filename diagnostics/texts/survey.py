"""What is learnt of a text while its blocks pass by: the index, the span of times, the flaws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from diagnostics.texts.block import Block
from diagnostics.texts.encodings import count_lines, newline_of
from diagnostics.texts.index import Index
from diagnostics.texts.lines import Line, lines_of
from diagnostics.texts.times import head_of, milliseconds, time_of

# Lines at either end of a block among which one with a time is looked for.
LOOKED_AT = 50
# Bytes at the end of a block in which its last lines are.
_END = 8 * 1024


class Survey:
    """Takes the blocks of one text in their order. `oldest` and `newest` are read off the first
    and the last line with a time in each block, which is all of them where a log is in order."""

    def __init__(self, encoding: str, reference: datetime) -> None:
        self.index = Index()
        self.oldest: datetime | None = None
        self.newest: datetime | None = None
        self.garbled = False
        self.encoding, self._reference = encoding, reference
        self._line = -1

    def take(self, block: Block, *, stored: int) -> None:
        """Add a block, which takes `stored` bytes in the object where it lies."""
        first = self._time(islice(self._begun_lines(block), LOOKED_AT))
        for time in (first, self._time(self._last_lines(block))):
            if time is not None:
                self.oldest = min(self.oldest or time, time)
                self.newest = max(self.newest or time, time)
        self.garbled = self.garbled or _is_garbled(block.data, self.encoding)
        ended = count_lines(block.data, self.encoding)
        unended = not block.data.endswith(newline_of(self.encoding))
        milli = None if first is None else milliseconds(first)
        self.index.add(block, lines=ended + unended, time=milli, stored=stored)
        self._line = block.first_line

    def _begun_lines(self, block: Block) -> Iterable[Line]:
        lines = lines_of([block], self.encoding)
        return islice(lines, 1, None) if block.first_line == self._line else lines

    def _last_lines(self, block: Block) -> Iterable[Line]:
        """Backwards; the first of them may be a piece of one, whose time is then not found."""
        end = Block(0, 0, block.data[-_END:])
        return reversed(list(lines_of([end], self.encoding))[-LOOKED_AT:])

    def _time(self, lines: Iterable[Line]) -> datetime | None:
        times = (time_of(head_of(line.data, self.encoding), self._reference) for line in lines)
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
