"""The steps of a request, for every verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from diagnostics.admin.logs import page as log_page
from diagnostics.admin.parts import relative
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import LogRequest
from tests.admin.conftest import Arrive

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "states"),
    [
        ("Queued", "now todo todo todo todo"),
        ("Sent", "done now todo todo todo"),
        ("Accepted", "done done now todo todo"),
        ("Uploading", "done done done now todo"),
        ("Received", "done done done done done"),
        ("Rejected", "done done failed todo todo"),
        ("Canceled", "done done ended todo todo"),
        ("Lost", "done done failed todo todo"),
    ],
)
def test_steps_follow_the_verdict(
    row: LogRequest, arrive: Arrive, verdict: str, states: str
) -> None:
    row.verdict = verdict
    row.calls.update(sent_at=row.created_at)
    if verdict == "Received":
        arrive(row, b"line")
    steps = log_page.steps(row, row.timeline.all())
    assert " ".join(step.state for step in steps) == states


def test_an_expired_request_ends_where_it_waited(row: LogRequest) -> None:
    row.verdict = LogVerdict.EXPIRED
    steps = log_page.steps(row, [])
    assert [step.state for step in steps] == ["failed", "todo", "todo", "todo", "todo"]
    assert steps[0].name == "Expired"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "just now"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (7300, "2 h ago"),
        (3 * 86400, "3 d ago"),
        (-7300, "in 2 h"),
    ],
)
def test_relative_times_name_the_largest_unit(seconds: int, words: str) -> None:
    assert relative(NOW - timedelta(seconds=seconds), NOW) == words
