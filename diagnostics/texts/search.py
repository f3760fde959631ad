"""Looks for a pattern in the blocks of a text: hits as they come, and how far it has got.

Whole blocks are handed to RE2, and lines are counted and cut out only where something is found:
that is what makes it fast.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from diagnostics.texts.block import Block
from diagnostics.texts.encodings import count_newlines
from diagnostics.texts.levels import level_of
from diagnostics.texts.pattern import Pattern, Query
from diagnostics.texts.stretch import Stretch, character_at, stretches

# Characters of a line that a hit shows, and those before its first match in a longer line.
LONGEST_SHOWN = 500
BEFORE_MATCH = 100

# Bytes at the beginning of a line in which its level is looked for.
_HEAD = 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A line in which the pattern is: its number and the offset of its first byte, both from 0.

    `text` is the line, or the part of a long one around its first match, which begins at character
    `column` of the line; `spans` are the matches in it, in characters of `text`.
    """

    line: int
    offset: int
    column: int
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has got: bytes of the text, and lines found so far.

    `line` is one of those that were only counted since the last progress, or None.
    """

    done: int
    hits: int
    line: int | None = None


class Ended(StrEnum):
    """Why a search ended."""

    COMPLETE = "Complete"  # everything was searched
    TIME = "Time"  # its time was over
    HITS = "Hits"  # there were too many to go on counting


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The first `listed` hits are given; more are counted, up to `counted`, within `seconds`."""

    listed: int = 5_000
    counted: int = 100_000
    seconds: float = 120.0


class Search:
    """One search of one text. `hits`, `done` and `ended` say how it stands at any time."""

    def __init__(self, query: Query, encoding: str, bounds: Bounds | None = None) -> None:
        """Raises PatternRefused."""
        self.hits = self.done = 0
        self.ended: Ended | None = None
        self._pattern = Pattern(query)
        self._levels, self._encoding = query.levels, encoding
        self._bounds = bounds or Bounds()
        self._last: int | None = None
        self._found_line = -1  # the last line with a hit, as far as it was looked up
        self._counted: int | None = None

    def run(self, blocks: Iterable[Block], last: int | None = None) -> Iterator[Hit | Progress]:
        """Hits in their order, up to line `last`, and progress in between.

        To cancel, ask for no more.
        """
        self._last = last
        deadline = time.monotonic() + self._bounds.seconds
        for stretch in stretches(blocks, self._encoding, self._pattern.bytes_at_once):
            if self._last is not None and stretch.line > self._last:
                break
            for start, end in self._portions(stretch):
                yield from self._look(stretch, start, end)
                if self.ended is None and time.monotonic() > deadline:
                    self.ended = Ended.TIME
                if self.ended is not None:
                    return
            self.done = stretch.raw_end
            yield Progress(self.done, self.hits, self._counted)
            self._counted = None
        self.ended = Ended.COMPLETE

    def _portions(self, stretch: Stretch) -> Iterator[tuple[int, int]]:
        """Lines that together can be searched in a moment. A part of a line is short enough."""
        start = stretch.start
        while end := stretch.data.find(b"\n", start + self._pattern.bytes_at_once) + 1:
            if end >= stretch.end:
                break
            yield start, end
            start = end
        yield start, stretch.end

    def _look(self, stretch: Stretch, start: int, end: int) -> Iterator[Hit]:
        if stretch.is_part and stretch.line == self._found_line:
            return  # in an earlier part of the line
        known, line = 0, stretch.line  # the number of the line that begins at data[known]
        for at in self._pattern.lines(stretch.data, start, end):
            if self.hits >= self._bounds.counted:
                self.ended = Ended.HITS
                return
            if self._counted is not None and not self._levels and self._last is None:
                self.hits += 1  # one more that is only counted
                continue
            begin = stretch.data.rfind(b"\n", 0, at) + 1
            line += count_newlines(stretch.data[known:begin])
            known = begin
            if self._last is not None and line > self._last:
                return
            if self._levels and not self._is_wanted(stretch, begin):
                continue
            self.hits += 1
            self._found_line = line
            if self.hits <= self._bounds.listed:
                yield self._hit(stretch, begin, at, line)
            else:
                self._counted = line

    def _is_wanted(self, stretch: Stretch, begin: int) -> bool:
        inside = stretch.is_part and begin == 0
        head = stretch.head if inside else stretch.data[begin : begin + _HEAD].partition(b"\n")[0]
        level = level_of(head.decode(errors="ignore"))
        return level != "" and level in self._levels

    def _hit(self, stretch: Stretch, begin: int, at: int, line: int) -> Hit:
        data = stretch.data
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop
        first, end = begin, stop
        if stop - begin > LONGEST_SHOWN:
            first = max(begin, character_at(data, max(at - BEFORE_MATCH, 0)))
            end = min(stop, first + 4 * LONGEST_SHOWN)
        shown = data[first:end]
        text = shown.decode(errors="ignore")[:LONGEST_SHOWN]
        spans = self._pattern.spans(data, begin, at, stop)
        column = stretch.column if begin == 0 else 0
        if first > begin:
            column += len(data[begin:first].decode())
        offset = stretch.offset_of(line - stretch.line, begin)
        return Hit(line, offset, column, text, tuple(_in_characters(spans, shown, first, text)))


def _in_characters(
    spans: Iterable[tuple[int, int]], shown: bytes, first: int, text: str
) -> Iterator[tuple[int, int]]:
    """Spans of bytes as spans of the text shown, which begins at byte `first`."""
    simple, length = shown.isascii(), len(text)
    for start, end in spans:
        start, end = start - first, end - first
        if not simple:
            start, end = (
                len(shown[:start].decode(errors="ignore")),
                len(shown[:end].decode(errors="ignore")),
            )
        if start >= length:
            return
        yield start, min(end, length)
