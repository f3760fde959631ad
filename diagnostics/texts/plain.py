"""A text that is looked for as it is written, at the speed of the processor's vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import stringzilla as sz

from diagnostics.texts.query import MOST_SPANS, Query, Span


class PlainText:
    """Finds a text that is not empty. Where capitals do not matter, all of Unicode's are folded:
    "STRASSE" is in "Straße"."""

    # What a byte costs, as instructions of an expression; folding a bad case costs most.
    steps = 5

    def __init__(self, query: Query) -> None:
        """Raises PatternRefused."""
        self._text, self._case = query.encoded(), query.case
        self._find = sz.find if query.case else sz.utf8_uncased_search

    def lines(self, data: bytes, start: int, end: int) -> Iterator[list[Span]]:
        """The matches of each line that has one, as many as are shown."""
        while (at := self._first(data, start, end)) >= 0:
            stop = data.find(b"\n", at, end)
            stop = end if stop < 0 else stop
            yield list(islice(self._matches(data, at, stop), MOST_SPANS))
            start = stop + 1

    def count(self, data: bytes, start: int, end: int) -> tuple[int, int]:
        """How many lines have a match, and where the first one is (-1: there is none)."""
        first = at = self._first(data, start, end)
        found, find, text = 0, self._find, self._text
        while at >= 0:
            found += 1
            start = data.find(b"\n", at, end) + 1
            at = find(data, text, start, end) if start else -1
        return found, first

    def _first(self, data: bytes, start: int, end: int) -> int:
        if start >= end or b"\n" in self._text:  # no match reaches over a line end
            return -1
        return self._find(data, self._text, start, end)

    def _matches(self, data: bytes, at: int, stop: int) -> Iterator[Span]:
        if not self._case:
            line = sz.Str(data[at:stop])
            for match in sz.utf8_uncased_matches(line, self._text):
                begin = at + match.offset_within(line)
                yield begin, begin + len(match)
            return
        while at >= 0:
            yield at, at + len(self._text)
            at = data.find(self._text, at + len(self._text), stop)
