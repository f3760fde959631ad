"""Where the blocks of a text lie: made once, then any line, offset or time is found at once.

A gigabyte of text has some 4,000 blocks, whose entries take some 40 KB when packed.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from diagnostics.texts.block import Block

_VERSION = 1
_HEAD = struct.Struct("<BIqqq")  # version, blocks, size, lines, end of the last block's place
_NO_TIME = -(2**62)  # so that differences fit too


class IndexBroken(ValueError):
    """These bytes are no index."""


class Index:
    """Entries of the blocks of one text, in their order.

    `offsets` (unpacked), `first_lines` and `times` (milliseconds since 1970 of the first line that
    has a time, or None) as in the blocks; `places` says where each begins in the stored object.
    """

    def __init__(self) -> None:
        self.size = self.lines = self.end = 0
        self.offsets, self.first_lines = array("q"), array("q")
        self.places, self._times = array("q"), array("q")

    def __len__(self) -> int:
        return len(self.offsets)

    def add(self, block: Block, *, time: int | None, stored: int) -> None:
        """Add the next block, which takes `stored` bytes where it lies."""
        self.offsets.append(block.offset)
        self.first_lines.append(block.first_line)
        self._times.append(_NO_TIME if time is None else time)
        self.places.append(self.end)
        self.end += stored
        self.size = block.offset + len(block.data)

    def start_at(self, place: int) -> None:
        """Let the first block begin at `place` of the stored object; before the first `add`."""
        self.end = place

    def time(self, number: int) -> int | None:
        return None if self._times[number] == _NO_TIME else self._times[number]

    def place(self, first: int, last: int) -> tuple[int, int]:
        """The range of bytes of the stored object that holds blocks `first` to `last`."""
        after = last + 1
        return self.places[first], self.places[after] if after < len(self) else self.end

    def stored(self, number: int) -> int:
        """Bytes that a block takes in the stored object."""
        start, end = self.place(number, number)
        return end - start

    def length(self, number: int) -> int:
        """Unpacked bytes of a block."""
        after = number + 1
        return (self.offsets[after] if after < len(self) else self.size) - self.offsets[number]

    def line_ends(self, number: int) -> int | None:
        """Line ends in a block; None for the last one, of which it is not known."""
        if number + 1 == len(self):
            return None
        return self.first_lines[number + 1] - self.first_lines[number]

    def block_of_line(self, line: int) -> int:
        """The block in which the line begins; the last one for a line past the end."""
        found = bisect_left(self.first_lines, line)
        if found < len(self) and self.first_lines[found] == line:
            return found  # of several with this number, the line begins in the first
        return max(found - 1, 0)

    def last_block_of_line(self, line: int) -> int:
        """The block in which the line ends: another one only where it is longer than a block."""
        return max(bisect_right(self.first_lines, line) - 1, 0)

    def block_of_offset(self, offset: int) -> int:
        return max(bisect_right(self.offsets, offset) - 1, 0)

    def to_bytes(self) -> bytes:
        """Compact, for keeping."""
        head = _HEAD.pack(_VERSION, len(self), self.size, self.lines, self.end)
        columns = (self.offsets, self.first_lines, self.places, self._times)
        return head + zlib.compress(b"".join(_packed(column) for column in columns))

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Index:
        """The index that was kept. Raises IndexBroken."""
        index = cls()
        try:
            version, count, index.size, index.lines, index.end = _HEAD.unpack_from(data)
            columns = zlib.decompress(data[_HEAD.size :])
        except (struct.error, zlib.error) as error:
            raise IndexBroken("not an index") from error
        if version != _VERSION or len(columns) != 4 * 8 * count:
            raise IndexBroken("an index of another kind")
        parts = [columns[start : start + 8 * count] for start in range(0, len(columns), 8 * count)]
        if parts:
            index.offsets, index.first_lines, index.places, index._times = map(_unpacked, parts)
        return index


def _packed(column: Sequence[int]) -> bytes:
    """Differences, which repeat themselves and so pack well."""
    steps = [later - earlier for earlier, later in pairwise([0, *column])]
    return struct.pack(f"<{len(steps)}q", *steps)


def _unpacked(data: bytes) -> array[int]:
    return array("q", accumulate(struct.unpack(f"<{len(data) // 8}q", data)))
