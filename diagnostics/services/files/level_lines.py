"""The lines of some levels only, found in a text of any size a little at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import re2

from diagnostics.services.files.reading import MOST_GIVEN, Text
from diagnostics.texts.block import Block
from diagnostics.texts.encodings import count_lines, count_newlines, newline_of
from diagnostics.texts.levels import level_of, sign_of
from diagnostics.texts.lines import LONGEST_LINE, Line, lines_of
from diagnostics.texts.times import head_of

# What one look may take; whoever wants more asks again from where it ended.
SECONDS = 0.5


@dataclass(slots=True)
class Look:
    """The lines found, and the line at which the next look goes on; None at the end."""

    lines: list[Line] = field(default_factory=list)
    goes_on: int | None = None


def look_for_levels(text: Text, levels: str, from_line: int, count: int) -> Look:
    """Up to `count` lines of these levels ("EW"), from a line on. Raises StorageError."""
    look, given = Look(), 0
    until = time.monotonic() + SECONDS
    last = None
    for block in text.blocks(from_line=from_line):
        begins = last is None or last.data.endswith(newline_of(text.encoding))
        for line in _lines_with(block, levels, text.encoding, begins=begins):
            look.lines.append(_whole(line, block, text))
            given += len(line.data)
            if len(look.lines) >= count or given >= MOST_GIVEN:
                look.goes_on = line.number + 1 if line.number + 1 < text.lines else None
                return look
        last = block
        if time.monotonic() > until:
            after = block.first_line + max(count_lines(block.data, text.encoding), 1)
            look.goes_on = after if after < text.lines else None
            return look
    return look


def look_back_for_levels(text: Text, levels: str, before_line: int) -> Look:
    """The last line of these levels before a line. Raises StorageError."""
    until = time.monotonic() + SECONDS
    for block, begins in text.blocks_before(before_line):
        lines = _lines_with(block, levels, text.encoding, begins=begins)
        found = [line for line in lines if line.number < before_line]
        if found:
            return Look([_whole(found[-1], block, text)])
        if time.monotonic() > until:
            return Look(goes_on=block.first_line or None)
    return Look()


def _lines_with(block: Block, levels: str, encoding: str, *, begins: bool) -> Iterator[Line]:
    """Those that begin in the block; `begins` says whether its first line does."""
    lines = _signed(block, levels) if encoding == "utf-8" else lines_of([block], encoding)
    for line in lines:
        level = level_of(head_of(line.data, encoding))
        if level and level in levels and (begins or line.number > block.first_line):
            yield line


@cache
def _signs(levels: str) -> re2.Pattern[bytes]:
    return re2.compile(sign_of(levels).encode())


def _signed(block: Block, levels: str) -> Iterator[Line]:
    """Lines that may have a level: one look through the bytes instead of one at each line."""
    signs, data = _signs(levels), block.data
    number, counted, position = block.first_line, 0, 0
    while sign := signs.search(data, position):
        start = data.rfind(b"\n", 0, sign.start() + 1) + 1
        end = data.find(b"\n", sign.end())
        end = end if end >= 0 else len(data)
        number, counted = number + count_newlines(data, counted, start), start
        yield Line(number, block.offset + start, data[start : min(end, start + LONGEST_LINE)],
                   end - start)  # fmt: skip
        position = end


def _whole(line: Line, block: Block, text: Text) -> Line:
    """The line with its true length, where it goes on in other blocks."""
    ends_here = line.offset + line.size < block.offset + len(block.data)
    return line if ends_here else text.window(line.number, 1)[0]
