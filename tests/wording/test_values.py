"""Sizes and durations as people say them."""

from datetime import timedelta

import pytest

from diagnostics.wording import duration, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (1.4, "1 s"),
        (59, "59 s"),
        (80, "1 min 20 s"),
        (120, "2 min"),
        (7500, "2 h 5 min"),
        (86_400, "1 day"),
        (3 * 86_400 + 4 * 3600, "3 days 4 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_a_size_has_ordinary_spaces() -> None:
    assert size(3_250_585) == "3.1 MB"
