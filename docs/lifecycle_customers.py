"""The part of docs/lifecycles.md on customer information; `make_lifecycles` puts it in."""

from __future__ import annotations

from dataclasses import replace

from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.customer_information import OPEN, CustomerStatus, Facts, judge

HEAD = """## A request for customer information

Drawn from facts as a log request is: parts may come before the answer, twice, in any order, or
late. The purge is a fact of its own beside the status, which stays as proof.

| status | shown as | |
|---|---|---|
"""

EXAMPLES = """
Each line was given to `judge` when this page was made.

| what happened | status |
|---|---|
"""

ACCEPTED = Facts(call_status=CallStatus.ANSWERED, answer="Accepted")

STORIES: tuple[tuple[str, Facts], ...] = (
    ("The station is away; the call waits", Facts()),
    ("It accepted", ACCEPTED),
    ("A part came, and more are to come", replace(ACCEPTED, has_parts=True)),
    ("All parts are here", replace(ACCEPTED, has_parts=True, closed=True)),
    (
        "All parts are here, and no answer ever came",
        Facts(call_status=CallStatus.TIMED_OUT, has_parts=True, closed=True),
    ),
    (
        "Parts are missing, and nothing more came",
        replace(ACCEPTED, has_parts=True, silent=True),
    ),
    ("It accepted to report, and said nothing", replace(ACCEPTED, silent=True)),
    (
        "It accepted to clear, and said nothing",
        replace(ACCEPTED, report=False, silent=True),
    ),
    (
        "It answered Invalid",
        Facts(call_status=CallStatus.ANSWERED, answer="Invalid"),
    ),
)


def section() -> str:
    """Return the section."""
    statuses = "".join(
        f"| `{status.value}` | {status.label} | {'open' if status in OPEN else 'ended'} |\n"
        for status in CustomerStatus
    )
    examples = "".join(f"| {story} | {_judged(facts)} |\n" for story, facts in STORIES)
    return HEAD + statuses + EXAMPLES + examples


def _judged(facts: Facts) -> str:
    judgement = judge(facts)
    reason = f" ({judgement.reason})" if judgement.reason else ""
    return f"`{judgement.status.value}`{reason}"
