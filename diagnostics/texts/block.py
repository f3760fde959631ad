"""A text cut into blocks at line ends, so that no reader ever holds more than one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from diagnostics.texts.encodings import aligned, count_lines, newline_of, rfind_newline

# Bytes of a block before it is packed: a page of lines is in one or two of them.
BLOCK_SIZE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes `offset` and following of a text, which begin in line `first_line` (both from 0).

    `data` is in the file's own encoding. It begins and ends between two lines, unless one line is
    longer than a block: such a line begins a block, fills it and others, and ends in one of them.
    All but the first of these have the number of that line as `first_line` too. `line_ends` is
    how many there are in it, where that is known; it is `sound` where all its bytes are known to be
    characters of the encoding.
    """

    offset: int
    first_line: int
    data: bytes
    line_ends: int | None = None
    sound: bool = False


def cut(pieces: Iterable[bytes], encoding: str, size: int = BLOCK_SIZE) -> Iterator[Block]:
    """Cut a stream of bytes into blocks of at most `size` bytes."""
    pending = bytearray()
    offset = line = 0
    for piece in pieces:
        for start in range(0, len(piece), size):
            pending += piece[start : start + size]
            while len(pending) >= size:
                data = bytes(pending[: _cutting_point(pending, encoding, size)])
                del pending[: len(data)]
                yield Block(offset, line, data)
                offset, line = offset + len(data), line + count_lines(data, encoding)
    if pending:
        yield Block(offset, line, bytes(pending))


def _cutting_point(pending: bytearray, encoding: str, size: int) -> int:
    """After the last line end, or in the middle of a line that is longer than a block."""
    found = rfind_newline(pending, encoding, size)
    return found + len(newline_of(encoding)) if found >= 0 else aligned(size, encoding)
