from __future__ import annotations

import pytest

from diagnostics.lifecycles.parts import MOST_LISTED, Parts


@pytest.mark.parametrize(
    ("came", "missing", "closed"),
    [
        ([], (), False),
        ([(0, False)], (), True),
        ([(0, True)], (), False),
        ([(0, True), (1, False)], (), True),
        ([(1, False), (0, True)], (), True),
        ([(1, False)], (0,), False),
        ([(0, True), (2, False)], (1,), False),
        ([(0, True), (0, True), (1, False)], (), True),
        ([(0, False), (1, False)], (), True),
        ([(-1, True), (0, False)], (), True),
        ([(-1, False)], (), False),
    ],
)
def test_a_set_is_closed_when_the_last_part_and_all_before_it_are_here(
    came: list[tuple[int, bool]], missing: tuple[int, ...], closed: bool
) -> None:
    parts = Parts.of(came)
    assert (parts.missing, parts.is_closed) == (missing, closed)


def test_an_absurd_number_does_not_make_an_endless_list() -> None:
    parts = Parts.of([(2**31 - 1, False)])
    assert len(parts.missing) == MOST_LISTED and not parts.is_closed
