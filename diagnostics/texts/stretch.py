"""Blocks made ready for searching: whole lines, or parts of a line too long to be held at once.

Everything is UTF-8 here whose lines end in line feeds alone, whatever the file has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from diagnostics.texts.block import Block
from diagnostics.texts.encodings import (
    aligned,
    count_lines,
    count_newlines,
    find_newline,
    newline_of,
    rfind_newline,
)

# A line longer than this comes in parts, of which each repeats the end of the one before. So a
# match in such a line is found for certain if it is no longer than what is repeated.
LONGEST_HELD = 4 * 1024 * 1024
SHORTEST_HELD = 32 * 1024
REPEATED = 8 * 1024

_MARK = "\ufeff".encode()
# Bytes kept of the beginning of a line in parts.
_HEAD = 1024


@dataclass(slots=True)
class Stretch:
    """Lines from line `line` on, which begins at byte `offset` of the text; or a part of it.

    Matches are looked for in `data` from `start` to `end`; what lies outside is there for anchors.
    `column` characters of the first line, which began with `head`, came in parts before; of one
    that is `unfinished`, more come after. `line_ends` is how many there are, where that is known.
    `raw_end` is where in the text all this ends.
    """

    data: bytes
    line: int
    offset: int
    raw_end: int
    start: int = 0
    end: int = -1
    column: int = 0
    head: bytes = b""
    unfinished: bool = False
    line_ends: int | None = None
    _raw: bytes = field(default=b"", repr=False)
    _encoding: str = "utf-8"
    _starts: list[int] = field(default_factory=list, repr=False)

    @property
    def is_part(self) -> bool:
        """Whether this goes on with a line that began in an earlier stretch."""
        return self.start > 0

    def numbers(self, begins: Sequence[int]) -> list[int]:
        """The numbers of the lines that begin there, which are in order.

        Line ends are counted only as far as needed: not in the widest gap, if all are known.
        """
        gaps = [later - earlier for earlier, later in pairwise([0, *begins, len(self.data)])]
        behind = len(begins) if self.line_ends is None else gaps.index(max(gaps))
        found, line, known = [], self.line, 0
        for begin in begins[:behind]:
            line += count_newlines(self.data, known, begin)
            known = begin
            found.append(line)
        line, known, later = self.line + (self.line_ends or 0), len(self.data), []
        for begin in reversed(begins[behind:]):
            line -= count_newlines(self.data, begin, known)
            known = begin
            later.append(line)
        return found + later[::-1]

    def offset_of(self, number: int, begin: int) -> int:
        """Byte offset in the text of the line `number` places after the first, at data[begin]."""
        if number == 0 or self._raw is self.data:
            return self.offset + begin if number else self.offset
        if not self._starts:
            self._starts = _line_starts(self._raw, self._encoding)
        return self.offset + self._starts[number]


def stretches(blocks: Iterable[Block], encoding: str, longest: int) -> Iterator[Stretch]:
    """Everything in consecutive blocks; a line of more than about `longest` bytes in parts."""
    cutter = _Cutter(encoding, max(SHORTEST_HELD, min(longest, LONGEST_HELD)))
    for block in blocks:
        yield from cutter.take(block)
    yield from cutter.rest()


class _Cutter:
    def __init__(self, encoding: str, longest: int) -> None:
        self._encoding, self._longest = encoding, aligned(longest, encoding)
        self._step = len(newline_of(encoding))
        self._offset = self._line = 0  # of what is held
        self._held = b""
        # Of a line in parts: where it begins, and what the next part repeats.
        self._begin = self._column = 0
        self._head = self._context = b""

    def take(self, block: Block) -> Iterator[Stretch]:
        if not self._held and not self._context:
            self._offset, self._line = block.offset, block.first_line
        raw, line_ends = self._held + block.data, block.line_ends
        sound = block.sound and not self._held
        if self._context:
            end = find_newline(raw, self._encoding) + self._step
            if end >= self._step:
                yield self._part(raw[:end], last=True)
                raw, line_ends = raw[end:], None
        end = rfind_newline(raw, self._encoding, len(raw)) + self._step
        if end >= self._step and not self._context:
            whole, raw = self._whole(raw[:end], sound), raw[end:]
            if raw and line_ends is None:
                line_ends = count_lines(whole._raw, self._encoding)
            whole.line_ends = line_ends
            self._line += line_ends or 0
            yield whole
        while len(raw) > self._longest:
            cut = self._cutting_point(raw)
            yield self._part(raw[:cut], last=False)
            raw = raw[cut:]
        self._held = raw

    def rest(self) -> Iterator[Stretch]:
        """What is left when the text ends without a line end."""
        if self._held or self._context:
            left = self._part(self._held, last=True) if self._context else self._whole(self._held)
            left.data = left.data.removesuffix(b"\r")
            left.end = len(left.data)
            yield left

    def _whole(self, raw: bytes, sound: bool = False) -> Stretch:
        data = _normal(raw, self._encoding, first=self._offset == 0, sound=sound)
        end = self._offset + len(raw)
        stretch = Stretch(data, self._line, self._offset, end, end=len(data))
        stretch._raw, stretch._encoding = raw, self._encoding
        self._offset = end
        return stretch

    def _part(self, raw: bytes, *, last: bool) -> Stretch:
        fresh = _normal(raw, self._encoding, first=self._offset == 0)
        if not self._context:
            self._begin, self._column, self._head = self._offset, 0, fresh[:_HEAD]
        data = self._context + fresh
        self._offset += len(raw)
        stretch = Stretch(data, self._line, self._begin, self._offset)
        stretch.column, stretch.head, stretch.unfinished = self._column, self._head, not last
        stretch.start = _first_length(data) if self._context else 0
        stretch.end = len(data) if last else character_at(data, len(data) - 1)
        if last:
            self._context, self._line = b"", self._line + 1
        else:
            repeated = character_at(data, len(data) - REPEATED)
            self._column += len(data[:repeated].decode())
            self._context = data[repeated:]
        return stretch

    def _cutting_point(self, raw: bytes) -> int:
        """Between two characters, of which the first is no return."""
        cut = self._longest
        if self._encoding == "utf-8":
            cut = character_at(raw, cut)
            return cut - 1 if raw[cut - 1 : cut] == b"\r" else cut
        before = raw[cut - self._step : cut].decode(self._encoding, "replace")
        return cut - self._step if before in ("\r", "\ufffd") else cut  # half a pair, else


def character_at(data: bytes, at: int) -> int:
    """Where in UTF-8 the character begins of which byte `at` is one."""
    for start in range(at, max(at - 4, 0), -1):
        if data[start] & 0xC0 != 0x80:
            return start
    return at


def _normal(raw: bytes, encoding: str, *, first: bool, sound: bool = False) -> bytes:
    """UTF-8 with line feeds alone; U+FFFD where bytes are no characters, as the reader shows it."""
    data = raw
    if encoding != "utf-8" or not (sound or _is_utf8(raw)):
        data = raw.decode(encoding, "replace").encode()
    if first:
        data = data.removeprefix(_MARK)
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def _first_length(data: bytes) -> int:
    return len(data[:4].decode(errors="ignore")[:1].encode())


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line_starts(raw: bytes, encoding: str) -> list[int]:
    starts, step = [0], len(newline_of(encoding))
    while (found := find_newline(raw, encoding, starts[-1])) >= 0:
        starts.append(found + step)
    return starts
