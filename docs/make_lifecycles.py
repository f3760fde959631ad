"""Writes docs/lifecycles.md from the tables in diagnostics/lifecycles.

`python -m docs.make_lifecycles` writes the file; with `--check` it only says whether the file is
up to date, by its exit code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

from django.conf import settings

if not settings.configured:
    settings.configure(USE_I18N=False)  # labels are translatable, and this file is English

from diagnostics.lifecycles import call, log_request
from diagnostics.lifecycles.call import CallEvent, CallStatus
from diagnostics.lifecycles.log_request import (
    Facts,
    GivenUp,
    LogVerdict,
    UploadStatus,
    judge,
    merge_status,
)
from docs import lifecycle_customers, lifecycle_files, lifecycle_monitors, lifecycle_reports

FILE = Path(__file__).with_name("lifecycles.md")

HEAD = """# Lifecycles

This page is made from the tables in `diagnostics/lifecycles/` by `python -m docs.make_lifecycles`.
Do not edit it by hand: a test compares it with the code.

Stored values are the words of OCPP 2.x. Words of our own stand only where OCPP has none.
"""

CALL = """## A call to a station

A call is a row before it is a message. `Pending` means that the station has not been asked yet.
`Answered` means that a CALLRESULT came, `Refused` that a CALLERROR came. An answer that comes after
`TimedOut` still counts and is marked as late.
"""

REASONS = """When a call ends without the station's own words, `error_code` holds one of these:
"""

REASON_WORDS = {
    call.NO_ANSWER: "no answer came in time",
    call.CONNECTION_LOST: "the connection ended before the answer",
    call.UNSUPPORTED: "the version that the station speaks has no such call",
    call.INVALID_ANSWER: "an answer came that cannot be read",
}

LOG = """## A log request

Nothing here is a state machine that a station could break. A request collects facts, and the
verdict is drawn from all of them each time one is added. So a repeated, late or contradicting
message does no harm.

The evidence is weighed in this order: the file that arrived, what the station said of its upload,
what it answered to the request, what became of the call.
"""

VERDICTS = """### The verdicts

*Open* means that something is still expected. The reasons are what `reason` may hold beside it;
where a station refused with a CALLERROR, its code is the reason.
"""

STATUSES = """### Which status is kept

A row is what the request knew, a column is what it hears now, the field is what it keeps. *None*
is the state before the first status.
"""

EXAMPLES = """### Examples

Each line was given to `judge` when this page was made.
"""

# What happened, in the order it was learnt, and the facts that it makes.
STORIES: tuple[tuple[str, Facts], ...] = (
    ("The station is away; the call waits", Facts()),
    ("The call went out", Facts(call_status=CallStatus.SENT)),
    (
        "It answered Accepted",
        Facts(call_status=CallStatus.ANSWERED, answer="Accepted"),
    ),
    (
        "It says Uploading before it has answered",
        Facts(call_status=CallStatus.SENT, station_status=UploadStatus.UPLOADING),
    ),
    (
        "The file is here and it says Uploaded",
        Facts(
            call_status=CallStatus.ANSWERED,
            answer="Accepted",
            station_status=UploadStatus.UPLOADED,
            complete_file=True,
        ),
    ),
    (
        "The file is here; no word about it",
        Facts(call_status=CallStatus.ANSWERED, answer="Accepted", complete_file=True),
    ),
    (
        "It says Uploaded, and nothing came within the grace period",
        Facts(
            call_status=CallStatus.ANSWERED,
            answer="Accepted",
            station_status=UploadStatus.UPLOADED,
            grace_over=True,
        ),
    ),
    (
        "It says PermissionDenied",
        Facts(
            call_status=CallStatus.ANSWERED,
            answer="Accepted",
            station_status=UploadStatus.PERMISSION_DENIED,
        ),
    ),
    (
        "It says UploadFailure, yet a whole file is here",
        Facts(
            call_status=CallStatus.ANSWERED,
            answer="Accepted",
            station_status=UploadStatus.UPLOAD_FAILURE,
            complete_file=True,
        ),
    ),
    (
        "It answered Rejected",
        Facts(call_status=CallStatus.ANSWERED, answer="Rejected"),
    ),
    (
        "It answered with the error NotSupported",
        Facts(call_status=CallStatus.REFUSED, call_error="NotSupported"),
    ),
    (
        "It never answered the call, yet the file came",
        Facts(
            call_status=CallStatus.TIMED_OUT,
            call_error=call.NO_ANSWER,
            complete_file=True,
        ),
    ),
    (
        "It accepted, then nothing was heard for twice the silence",
        Facts(call_status=CallStatus.ANSWERED, answer="Accepted", given_up=GivenUp.SILENT),
    ),
    (
        "A newer request made it cancel this one",
        Facts(call_status=CallStatus.ANSWERED, answer="Accepted", superseded=True),
    ),
)


def page() -> str:
    """Return the whole page."""
    parts = (HEAD, CALL, _call_table(), REASONS, _reasons(), LOG, VERDICTS, _verdict_table())
    rest = (STATUSES, _status_table(), EXAMPLES, _example_table())
    others = (lifecycle_files, lifecycle_reports, lifecycle_monitors, lifecycle_customers)
    return "\n".join((*parts, *rest, *(other.section() for other in others)))


def _call_table() -> str:
    head = ["from", *(event.value for event in CallEvent)]
    rows = [
        [
            f"`{status.value}`" + (" (open)" if status in call.OPEN else ""),
            *(_target(status, event) for event in CallEvent),
        ]
        for status in CallStatus
    ]
    return _table(head, rows)


def _target(status: CallStatus, event: CallEvent) -> str:
    target = call.TRANSITIONS.get((status, event))
    return f"`{target.value}`" if target else ""


def _reasons() -> str:
    return "".join(f"- `{code}`: {words}\n" for code, words in REASON_WORDS.items())


def _verdict_table() -> str:
    reasons = _reasons_of_verdicts()
    rows = [
        [
            f"`{verdict.value}`",
            str(verdict.label),
            _standing(verdict),
            ", ".join(f"`{reason}`" for reason in sorted(reasons[verdict])),
        ]
        for verdict in LogVerdict
    ]
    return _table(["verdict", "shown as", "", "reasons"], rows)


def _standing(verdict: LogVerdict) -> str:
    if verdict in log_request.OPEN:
        return "open"
    if verdict in log_request.SUCCEEDED:
        return "succeeded"
    return "failed" if verdict in log_request.FAILED else "ended"


def _reasons_of_verdicts() -> dict[LogVerdict, set[str]]:
    """Judge every combination of facts, so that no reason can be forgotten here."""
    found: dict[LogVerdict, set[str]] = {verdict: set() for verdict in LogVerdict}
    for facts in _all_facts():
        judgement = judge(facts)
        if judgement.reason:
            found[judgement.verdict].add(judgement.reason)
    return found


def _all_facts() -> Iterable[Facts]:
    call_ends = [
        (CallStatus.PENDING, ""),
        (CallStatus.TIMED_OUT, call.NO_ANSWER),
        (CallStatus.TIMED_OUT, call.CONNECTION_LOST),
        (CallStatus.REFUSED, call.INVALID_ANSWER),
        (CallStatus.CANCELED, call.UNSUPPORTED),
    ]
    flags = ("complete_file", "partial_file", "grace_over", "superseded", "canceled")
    words = [status for status in ("", *UploadStatus) if status != UploadStatus.IDLE]
    for (status, error), word, given_up in product(call_ends, words, ("", *GivenUp)):
        for values in product((False, True), repeat=len(flags)):
            yield Facts(
                call_status=status,
                call_error=error,
                station_status=word,
                given_up=given_up,
                **dict(zip(flags, values, strict=True)),
            )


def _status_table() -> str:
    known = ["", *(status for status in UploadStatus if status != UploadStatus.IDLE)]
    rows = [
        [_shown(before), *(_shown(merge_status(before, heard)) for heard in UploadStatus)]
        for before in known
    ]
    return _table(["knew", *(f"hears `{status.value}`" for status in UploadStatus)], rows)


def _shown(status: str) -> str:
    return f"`{UploadStatus(status).value}`" if status else "*none*"


def _example_table() -> str:
    rows = []
    for story, facts in STORIES:
        judgement = judge(facts)
        reason = f" ({judgement.reason})" if judgement.reason else ""
        rows.append([story, f"`{judgement.verdict.value}`{reason}"])
    return _table(["what happened", "verdict"], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with --check return 1 when the file differs from it."""
    if "--check" in arguments:
        return int(not FILE.exists() or FILE.read_text() != page())
    FILE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
