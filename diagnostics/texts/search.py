"""Looks for a pattern in the blocks of a text: hits as they come, and how far it has got.

Whole blocks are handed to RE2, and lines are counted and cut out only where something is found:
that is what makes it fast.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from diagnostics.texts.block import Block
from diagnostics.texts.encodings import count_newlines
from diagnostics.texts.levels import level_of
from diagnostics.texts.pattern import Pattern
from diagnostics.texts.query import Query, Span
from diagnostics.texts.stretch import Stretch, character_at, stretches

# Characters of a line that a hit shows, and those before its first match in a longer line.
LONGEST_SHOWN = 500
BEFORE_MATCH = 100

# Bytes at the beginning of a line in which its level is looked for.
_HEAD = 1024


class Hit(NamedTuple):
    """A line in which the pattern is: its number and the offset of its first byte, both from 0.

    `text` is the line, or the part of a long one around its first match, which begins at character
    `column` of the line; `spans` are the matches in it, in characters of `text`.
    """

    line: int
    offset: int
    column: int
    text: str
    spans: tuple[Span, ...]


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

    listed: int = 1_000
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
        self._found_line = -1  # of the last one that goes on in a further part
        self._counted: int | None = None

    def run(self, blocks: Iterable[Block], last: int | None = None) -> Iterator[Hit | Progress]:
        """Hits in their order, up to line `last`, and progress in between.

        To cancel, ask for no more.
        """
        deadline = time.monotonic() + self._bounds.seconds
        for stretch in stretches(blocks, self._encoding, self._pattern.bytes_at_once):
            if last is not None and stretch.line > last:
                break
            stop = stretch.end if last is None else _end_of(stretch, last)
            for start, end in self._portions(stretch, stop):
                yield from self._look(stretch, start, end)
                if self.ended is None and time.monotonic() > deadline:
                    self.ended = Ended.TIME
                if self.ended is not None:
                    return
            self.done = stretch.raw_end
            yield Progress(self.done, self.hits, self._counted)
            self._counted = None
        self.ended = Ended.COMPLETE

    def _portions(self, stretch: Stretch, stop: int) -> Iterator[Span]:
        """Lines that together can be searched in a moment. A part of a line is short enough."""
        start = stretch.start
        while end := stretch.data.find(b"\n", start + self._pattern.bytes_at_once) + 1:
            if end >= stop:
                break
            yield start, end
            start = end
        yield start, stop

    def _look(self, stretch: Stretch, start: int, end: int) -> Iterator[Hit]:
        if stretch.is_part and stretch.line == self._found_line:
            return  # in an earlier part of the line
        before = self.hits
        if self._levels or before < self._bounds.listed:
            if listed := self._listed(stretch, start, end):
                numbers = stretch.numbers([begin for begin, _spans in listed])
                for (begin, spans), line in zip(listed, numbers, strict=True):
                    yield _hit(stretch, begin, spans, line)
        else:
            self._count(stretch, start, end)
        if stretch.unfinished and self.hits > before:
            self._found_line = stretch.line

    def _listed(self, stretch: Stretch, start: int, end: int) -> list[tuple[int, list[Span]]]:
        """Where the lines to list begin, and the matches in them; all others are counted."""
        data, listed = stretch.data, []
        for spans in self._pattern.lines(data, start, end):
            begin = data.rfind(b"\n", 0, spans[0][0]) + 1
            if self._levels and not self._is_wanted(stretch, begin):
                continue
            if self.hits >= self._bounds.counted:
                self.ended = Ended.HITS
                break
            if self.hits < self._bounds.listed:
                listed.append((begin, spans))
            elif self._levels:
                self._mark(stretch, begin)
            else:
                self._count(stretch, max(begin, start), end)
                break
            self.hits += 1
        return listed

    def _count(self, stretch: Stretch, start: int, end: int) -> None:
        """Count the lines with a match, and mark the first one."""
        found, first = self._pattern.count(stretch.data, start, end)
        self.hits += found
        if self.hits > self._bounds.counted:
            self.hits, self.ended = self._bounds.counted, Ended.HITS
        if found:
            self._mark(stretch, stretch.data.rfind(b"\n", 0, first) + 1)

    def _mark(self, stretch: Stretch, begin: int) -> None:
        if self._counted is None:
            (self._counted,) = stretch.numbers([begin])

    def _is_wanted(self, stretch: Stretch, begin: int) -> bool:
        inside = stretch.is_part and begin == 0
        head = stretch.head if inside else stretch.data[begin : begin + _HEAD].partition(b"\n")[0]
        level = level_of(head.decode(errors="ignore"))
        return level != "" and level in self._levels


def _hit(stretch: Stretch, begin: int, spans: list[Span], line: int) -> Hit:
    """The hit in the line that begins at data[begin]."""
    data, column = stretch.data, stretch.column if begin == 0 else 0
    stop = data.find(b"\n", spans[0][1])
    left, right = begin, stop if stop >= 0 else len(data)
    if right - left > LONGEST_SHOWN:
        left = max(begin, character_at(data, max(spans[0][0] - BEFORE_MATCH, 0)))
        right = min(right, left + 4 * LONGEST_SHOWN)
        column += len(data[begin:left].decode())
    shown = data[left:right]
    text = shown.decode(errors="ignore")[:LONGEST_SHOWN]
    places = [(start - left, end - left) for start, end in spans if end > start]
    if len(text) < len(shown):
        places = _in_characters(places, shown, len(text))
    offset = stretch.offset_of(line - stretch.line, begin)
    return Hit(line, offset, column, text, tuple(places))


def _end_of(stretch: Stretch, last: int) -> int:
    """Where line `last` ends."""
    data, end = stretch.data, 0
    if count_newlines(data) <= last - stretch.line:
        return stretch.end
    for _line in range(stretch.line, last + 1):
        end = data.find(b"\n", end) + 1
    return end


def _in_characters(spans: list[Span], shown: bytes, length: int) -> list[Span]:
    """Spans of bytes as spans of the first `length` characters."""
    if not shown.isascii():
        spans = [(_characters(shown, start), _characters(shown, end)) for start, end in spans]
    return [(start, min(end, length)) for start, end in spans if start < length]


def _characters(shown: bytes, end: int) -> int:
    return len(shown[:end].decode(errors="ignore"))
