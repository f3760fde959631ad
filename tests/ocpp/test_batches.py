"""Long lists are divided by items and by bytes, and nothing is lost or swapped."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from diagnostics.ocpp.batches import USUAL_ITEMS, split


def frame(items: Sequence[str]) -> str:
    return json.dumps([2, "0" * 36, "Do", list(items)], separators=(",", ":"))


@given(
    st.lists(st.text("ab", max_size=30), max_size=40),
    st.none() | st.integers(1, 7),
    st.none() | st.integers(60, 200),
)
def test_batches_keep_the_order_and_the_limits(
    items: list[str], most: int | None, octets: int | None
) -> None:
    batches = split(items, action="Do", payload=list, most_items=most, most_bytes=octets)
    assert [item for batch in batches for item in batch] == items
    for batch in batches:
        assert 1 <= len(batch) <= (most or USUAL_ITEMS)
        assert octets is None or len(batch) == 1 or len(frame(batch)) <= octets
