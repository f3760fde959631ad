"""Lines out of blocks, cut where one is longer than anybody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from diagnostics.texts.block import Block
from diagnostics.texts.encodings import aligned, decode, find_newline, newline_of

# Bytes of a line that are kept; what follows is only counted.
LONGEST_LINE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """Line `number` (from 0) at unpacked `offset`, without its line end.

    `data` is in the file's encoding and at most 16 KiB; `size` counts all bytes of the line. Both
    leave out the line end.
    """

    number: int
    offset: int
    data: bytes
    size: int

    @property
    def left_out(self) -> int:
        """Bytes of the line beyond `data`."""
        return self.size - len(self.data)

    def text(self, encoding: str) -> str:
        """Decoded; U+FFFD for what cannot be, no byte order mark, no return at the end."""
        return decode(self.data, encoding).lstrip("\ufeff").removesuffix("\r")


def lines_of(blocks: Iterable[Block], encoding: str) -> Iterator[Line]:
    """The lines of consecutive blocks, the first of which begins at the beginning of a line.

    Blocks in the middle of a line longer than a block may be left out.
    """
    step = len(newline_of(encoding))
    longest = aligned(LONGEST_LINE, encoding)
    begun: Line | None = None  # a line whose end has not been seen
    for block in blocks:
        start, number = 0, block.first_line
        while start < len(block.data):
            found = find_newline(block.data, encoding, start)
            end = found if found >= 0 else len(block.data)
            begun = (
                _continued(begun, block, end, longest)
                if begun
                else _begun(block, number, start, end, longest)
            )
            if found >= 0:
                yield begun
                begun = None
            start, number = end + step, number + 1
    if begun is not None:
        yield begun


def _begun(block: Block, number: int, start: int, end: int, longest: int) -> Line:
    data = block.data[start : min(end, start + longest)]
    return Line(number, block.offset + start, data, end - start)


def _continued(line: Line, block: Block, end: int, longest: int) -> Line:
    """With what a further block, up to its `end`, adds to the line."""
    data = line.data + block.data[: min(end, longest - len(line.data))]
    return Line(line.number, line.offset, data, block.offset + end - line.offset)
