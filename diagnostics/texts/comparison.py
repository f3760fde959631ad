"""Two runs of lines beside each other: which are the same, and which only one of them has.

The alignment is a longest common subsequence, found exactly in bits: 2,000 lines against 2,000
take milliseconds, whatever is in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from diagnostics.texts.times import without_time

_NUMBERS = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"  # 16-byte ids
    r"|\b0x[0-9a-f]+\b"
    r"|\b(?=[a-f]*\d)[0-9a-f]{8,}\b"  # hashes
    r"|\d+(?:[.,:]\d+)*",
    re.IGNORECASE | re.ASCII,
)


class Ignored(StrEnum):
    """What makes no difference between two lines."""

    NUMBERS = "numbers"  # times, counters, measured values, ids
    TIMES = "times"
    NOTHING = "nothing"


class Side(StrEnum):
    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of both sides, or of one of them: indexes into the two runs, None where it lacks."""

    left: int | None
    right: int | None

    @property
    def side(self) -> Side:
        if self.left is None:
            return Side.RIGHT
        return Side.LEFT if self.right is None else Side.BOTH


def essence(text: str, ignored: str) -> str:
    """What is compared of a line."""
    if ignored == Ignored.NOTHING:
        return text
    rest = without_time(text).strip()
    return _NUMBERS.sub("#", rest) if ignored == Ignored.NUMBERS else rest


def compare(
    left: Sequence[str],
    right: Sequence[str],
    *,
    left_times: Sequence[datetime | None] = (),
    right_times: Sequence[datetime | None] = (),
) -> list[Row]:
    """Rows in the order of both sides.

    Between two common lines, those of one side stand by the time since each side's first line that
    has one, where there are times; otherwise the left ones come first.
    """
    clock_left, clock_right = _clock(left_times), _clock(right_times)
    rows: list[Row] = []
    i = j = 0
    for common_left, common_right in [*common(left, right), (len(left), len(right))]:
        rows += _between(range(i, common_left), range(j, common_right), clock_left, clock_right)
        if common_left < len(left):
            rows.append(Row(common_left, common_right))
        i, j = common_left + 1, common_right + 1
    return rows


def common(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Indexes of the lines of a longest common subsequence."""
    begin, end = 0, 0
    shorter = min(len(left), len(right))
    while begin < shorter and left[begin] == right[begin]:
        begin += 1
    while end < shorter - begin and left[-1 - end] == right[-1 - end]:
        end += 1
    inner = _subsequence(left[begin : len(left) - end], right[begin : len(right) - end])
    return [
        *((index, index) for index in range(begin)),
        *((begin + i, begin + j) for i, j in inner),
        *((len(left) - index, len(right) - index) for index in range(end, 0, -1)),
    ]


def _subsequence(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """By the bit vectors of Hyyrö: a zero at bit j says that the length grows with right[j]."""
    places: dict[str, int] = {}
    for j, line in enumerate(right):
        places[line] = places.get(line, 0) | 1 << j
    whole = (1 << len(right)) - 1
    vectors = [whole]
    for line in left:
        vector = vectors[-1]
        matching = vector & places.get(line, 0)
        vectors.append((vector + matching | vector - matching) & whole)
    return _walked_back(left, right, vectors)


def _walked_back(
    left: Sequence[str], right: Sequence[str], vectors: list[int]
) -> list[tuple[int, int]]:
    pairs = []
    i, j = len(left), len(right)
    while i and j:
        if left[i - 1] == right[j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif vectors[i] >> (j - 1) & 1:
            j -= 1  # as long without it
        else:
            i -= 1
    return pairs[::-1]


_Clock = Callable[[int], timedelta | None]


def _clock(times: Sequence[datetime | None]) -> _Clock:
    """Time since the first line that has one, of each line or the last one before it."""
    begin = next((time for time in times if time is not None), None)
    since: list[timedelta | None] = []
    for time in times:
        known = since[-1] if since else None
        since.append(known if time is None or begin is None else time - begin)
    return lambda index: since[index] if index < len(since) else None


def _between(left: range, right: range, clock_left: _Clock, clock_right: _Clock) -> Iterator[Row]:
    """Lines of one side each, merged by time; those without any keep to the line before them."""
    i, j = left.start, right.start
    while i < left.stop or j < right.stop:
        if j >= right.stop or (i < left.stop and _is_first(clock_left(i), clock_right(j))):
            yield Row(i, None)
            i += 1
        else:
            yield Row(None, j)
            j += 1


def _is_first(left: timedelta | None, right: timedelta | None) -> bool:
    return left is None or right is None or left <= right
