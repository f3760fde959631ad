"""Two texts beside each other: where to begin, and a window of each compared line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from diagnostics.services.files.reading import Text
from diagnostics.texts.comparison import Row, Side, compare, essence
from diagnostics.texts.lines import Line


@dataclass(frozen=True, slots=True)
class Start:
    """The lines, from 0, at which the comparison of two texts begins.

    `by_time` says that both are at the same time; `apart` that they have times and none in common.
    """

    left: int
    right: int
    by_time: bool = False
    apart: bool = False


@dataclass(slots=True)
class Comparison:
    """A window of both sides; indexes in `rows` are into `left` and `right`.

    `next_left` and `next_right` are the lines to go on with, None where both texts end here.
    """

    left: list[Line]
    right: list[Line]
    rows: list[Row] = field(default_factory=list)
    next_left: int | None = None
    next_right: int | None = None

    def count(self, side: Side) -> int:
        return sum(row.side == side for row in self.rows)

    @property
    def differences(self) -> int:
        """Runs of lines that only one side has."""
        sides = [row.side == Side.BOTH for row in self.rows]
        return sum(not same and (not place or sides[place - 1]) for place, same in enumerate(sides))


def starting_lines(left: Text, right: Text, at: datetime | None = None) -> Start:
    """Where both texts are at one time: that of `at`, or the first one that both have.

    Without such a time it is the beginning of each. Raises StorageError.
    """
    if left.oldest is None or right.oldest is None:
        return Start(0, 0)
    assert left.newest is not None and right.newest is not None  # noqa: S101  set together
    first = max(left.oldest, right.oldest)
    apart = first > min(left.newest, right.newest)
    if at is None and apart:
        return Start(0, 0, apart=True)
    moment = at or first
    return Start(left.line_at(moment) or 0, right.line_at(moment) or 0, by_time=True, apart=apart)


def compare_texts(left: Text, right: Text, start: Start, *, count: int, ignored: str) -> Comparison:
    """Up to `count` lines of each side. Raises StorageError.

    Lines at the end of a window whose counterparts may follow after it are left for the next one.
    """
    found = Comparison(left.window(start.left, count), right.window(start.right, count))
    found.rows = compare(
        [essence(line.text(left.encoding), ignored) for line in found.left],
        [essence(line.text(right.encoding), ignored) for line in found.right],
        left_times=[left.time_of(line) for line in found.left],
        right_times=[right.time_of(line) for line in found.right],
    )
    end_left, end_right = _end(found.left, start.left), _end(found.right, start.right)
    if end_left < left.lines or end_right < right.lines:
        _leave_the_end(found)
        found.next_left = start.left + sum(row.left is not None for row in found.rows)
        found.next_right = start.right + sum(row.right is not None for row in found.rows)
    return found


def _end(lines: list[Line], start: int) -> int:
    return lines[-1].number + 1 if lines else start


def _leave_the_end(found: Comparison) -> None:
    """Drop the rows after the last common one, unless that is far from the end."""
    common = [place for place, row in enumerate(found.rows) if row.side == Side.BOTH]
    if common and common[-1] >= len(found.rows) // 2:
        del found.rows[common[-1] + 1 :]
