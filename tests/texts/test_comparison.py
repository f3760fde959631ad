"""Two runs of lines are aligned as well as can be, and quickly, whatever is in them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.texts.comparison import Ignored, Row, Side, common, compare, essence

LINES = st.lists(st.sampled_from("abcd"), max_size=14)


def longest(left: list[str], right: list[str]) -> int:
    """The length of a longest common subsequence, by the table of the textbook."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else longer
    return table[-1][-1]


@given(LINES, LINES)
@settings(max_examples=300, deadline=None)
def test_what_is_common_is_as_long_as_can_be(left: list[str], right: list[str]) -> None:
    pairs = common(left, right)
    assert len(pairs) == longest(left, right)
    assert all(left[i] == right[j] for i, j in pairs)
    assert pairs == sorted(pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)


@given(LINES, LINES)
@settings(max_examples=100, deadline=None)
def test_every_line_of_both_sides_is_in_one_row_in_its_order(
    left: list[str], right: list[str]
) -> None:
    rows = compare(left, right)
    assert [row.left for row in rows if row.left is not None] == list(range(len(left)))
    assert [row.right for row in rows if row.right is not None] == list(range(len(right)))


def test_lines_that_repeat_without_order_are_aligned_too() -> None:
    """Where a search for the longest block, and then for the next one, takes minutes."""
    rng = random.Random(3)
    left, right = (rng.choices("ab", k=2000) for _ in range(2))
    both = sum(row.side == Side.BOTH for row in compare(left, right))
    assert both > 1500


def test_lines_of_one_side_stand_by_their_times() -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    left_times = [begin + timedelta(seconds=n) for n in (0, 2, 4)]
    # On another day, and with a line that has none and so stays with the one before it.
    other = begin + timedelta(days=3)
    right_times = [other, other + timedelta(seconds=1), None, other + timedelta(seconds=5)]
    rows = compare(
        ["boot", "l2", "l4"],
        ["boot", "r1", "r-", "r5"],
        left_times=left_times,
        right_times=right_times,
    )
    assert rows == [
        Row(0, 0), Row(None, 1), Row(None, 2), Row(1, None), Row(2, None), Row(None, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "ignored", "same"),
    [
        ("2026-03-02T08:00:07.1Z boot", "2026-03-05T11:22:33.4Z boot", Ignored.TIMES, True),
        ("2026-03-02T08:00:07Z boot 1", "2026-03-05T11:22:33Z boot 2", Ignored.TIMES, False),
        ("2026-03-02T08:00:07Z boot 1", "2026-03-05T11:22:33Z boot 2", Ignored.NUMBERS, True),
        ("Mar  2 08:00:07 cs: temp 21.5", "Mar 12 09:00:07 cs: temp 9", Ignored.NUMBERS, True),
        ("sum 0xdeadBEEF", "sum 0x12", Ignored.NUMBERS, True),
        ("id 7c9e6679-7425-40de-944b-e07fc1f90ae7", "id 00000000-7425-40de-944b-e07fc1f90ae0",
         Ignored.NUMBERS, True),
        ("relay closed", "relay opened", Ignored.NUMBERS, False),
        ("feedface is a word, deadbeef1 is none", "feedface is a word, 1 is none",
         Ignored.NUMBERS, True),
        ("boot", "boot ", Ignored.NOTHING, False),
        ("boot", "boot ", Ignored.TIMES, True),
    ],
)  # fmt: skip
def test_what_makes_no_difference_is_left_out(
    one: str, other: str, ignored: Ignored, same: bool
) -> None:
    assert (essence(one, ignored) == essence(other, ignored)) is same
