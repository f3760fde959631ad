"""The part of docs/lifecycles.md on reports and variables; see `make_lifecycles`."""

from __future__ import annotations

from itertools import product

from diagnostics.lifecycles import call, report
from diagnostics.lifecycles.parts import Parts
from diagnostics.lifecycles.report import Facts, ReportStatus, judge

REPORT = """## A report

A report on the device model or on the monitors comes in parts. Parts are facts: they may come
before the answer, twice, in any order or late. A report is `Complete` when none is missing, and
only then replaces what is known. `Incomplete` has a reason: `TimeOut` (no further part came in
time), `Reboot` (the station restarted between two parts), `Damaged` (a part came empty, or holds
entries that cannot be read). What came of it is added to what is known, and nothing is forgotten.
A part that still comes may complete it.

"""

VARIABLES = """
## Reading and setting variables

Each variable of a request keeps the station's own word (`Accepted`, `RebootRequired`, `Rejected`),
or the reason why there is none. The request is `Waiting` while a call is out, `Done` when all were
accepted, `Failed` when none was, and `Partly` otherwise.
"""

_PARTS = (
    Parts(frozenset(), None),
    Parts.of([(0, True)]),
    Parts.of([(0, True), (1, False)]),
)


def section() -> str:
    """Return the two headings with what is below them."""
    rows = "".join(
        f"| `{status.value}` | {status.label} | {_standing(status)} | {_reasons(status)} |\n"
        for status in ReportStatus
    )
    head = "| status | shown as | | reasons |\n| --- | --- | --- | --- |\n"
    return REPORT + head + rows + VARIABLES


def _standing(status: ReportStatus) -> str:
    if status in report.OPEN:
        return "open"
    return "succeeded" if status in report.SUCCEEDED else "ended"


def _reasons(status: ReportStatus) -> str:
    """Judge every combination of facts, so that no reason can be forgotten here."""
    ends = [
        (call.CallStatus.PENDING, ""),
        (call.CallStatus.ANSWERED, ""),
        (call.CallStatus.TIMED_OUT, call.NO_ANSWER),
        (call.CallStatus.TIMED_OUT, call.CONNECTION_LOST),
        (call.CallStatus.REFUSED, call.INVALID_ANSWER),
        (call.CallStatus.CANCELED, call.UNSUPPORTED),
    ]
    answers = ("", "Accepted", "Rejected", "NotSupported", "EmptyResultSet")
    found = set()
    for (status_of_call, error), answer, parts, damaged, given_up in product(
        ends, answers, _PARTS, (False, True), ("", *report.GivenUp)
    ):
        judgement = judge(
            Facts(
                call_status=status_of_call,
                call_error=error,
                answer=answer,
                parts=parts,
                damaged=damaged,
                given_up=given_up,
            )
        )
        if judgement.status == status and judgement.reason:
            found.add(f"`{judgement.reason}`")
    return ", ".join(sorted(found))
