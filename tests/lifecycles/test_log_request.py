"""Every combination of what a station said and what arrived has a name."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from diagnostics.lifecycles.call import NO_ANSWER, UNSUPPORTED, CallStatus
from diagnostics.lifecycles.log_request import (
    FAILED,
    FAILURES,
    OPEN,
    SETTLED,
    SUCCEEDED,
    Facts,
    GivenUp,
    Judgement,
    LogVerdict,
    UploadStatus,
    judge,
    merge_status,
)

V = LogVerdict
ANSWERED = {"call_status": CallStatus.ANSWERED, "answer": "Accepted"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Judgement(V.QUEUED)),
        ({"call_status": "Sent"}, Judgement(V.SENT)),
        (ANSWERED, Judgement(V.ACCEPTED)),
        ({"call_status": "Answered", "answer": "AcceptedCanceled"}, Judgement(V.ACCEPTED)),
        ({"call_status": "Answered", "answer": "Rejected"}, Judgement(V.REJECTED)),
        ({"call_status": "Expired"}, Judgement(V.EXPIRED)),
        (
            {"call_status": "TimedOut", "call_error": NO_ANSWER},
            Judgement(V.LOST, NO_ANSWER),
        ),
        (
            {"call_status": "Refused", "call_error": "NotSupported"},
            Judgement(V.REJECTED, "NotSupported"),
        ),
        (
            {"call_status": "Canceled", "call_error": UNSUPPORTED},
            Judgement(V.REJECTED, UNSUPPORTED),
        ),
        ({"call_status": "Canceled", "canceled": True}, Judgement(V.CANCELED, "Operator")),
        ({**ANSWERED, "station_status": "Uploading"}, Judgement(V.UPLOADING)),
        ({**ANSWERED, "station_status": "Uploaded"}, Judgement(V.UPLOADING)),
        (
            {**ANSWERED, "station_status": "Uploaded", "grace_over": True},
            Judgement(V.CLAIMED),
        ),
        (
            {**ANSWERED, "station_status": "Uploaded", "complete_file": True},
            Judgement(V.RECEIVED),
        ),
        ({**ANSWERED, "complete_file": True}, Judgement(V.RECEIVED_UNCONFIRMED)),
        (
            {**ANSWERED, "complete_file": True, "station_status": "UploadFailure"},
            Judgement(V.RECEIVED_UNCONFIRMED, "UploadFailure"),
        ),
        (
            {**ANSWERED, "partial_file": True, "station_status": "Uploaded"},
            Judgement(V.FAILED, "PartialFile"),
        ),
        ({**ANSWERED, "partial_file": True}, Judgement(V.UPLOADING)),
        (
            {**ANSWERED, "partial_file": True, "given_up": GivenUp.SILENT},
            Judgement(V.FAILED, "PartialFile"),
        ),
        ({**ANSWERED, "given_up": GivenUp.IDLE}, Judgement(V.LOST, "Idle")),
        (
            {**ANSWERED, "station_status": "PermissionDenied"},
            Judgement(V.FAILED, "PermissionDenied"),
        ),
        ({**ANSWERED, "superseded": True}, Judgement(V.CANCELED, "Superseded")),
        (
            {**ANSWERED, "station_status": "AcceptedCanceled"},
            Judgement(V.CANCELED, "Superseded"),
        ),
        # A status may come before the answer, and with no answer at all.
        ({"call_status": "Sent", "station_status": "Uploading"}, Judgement(V.UPLOADING)),
        ({"call_status": "TimedOut", "station_status": "Uploading"}, Judgement(V.UPLOADING)),
        ({"call_status": "TimedOut", "answer": "Accepted"}, Judgement(V.ACCEPTED)),
    ],
)
def test_facts_have_this_verdict(facts: dict[str, Any], expected: Judgement) -> None:
    assert judge(Facts(**facts)) == expected


def _every_combination() -> list[Facts]:
    return [
        Facts(
            call_status=call,
            answer=answer,
            station_status=status,
            complete_file=whole,
            partial_file=part,
            grace_over=grace,
            superseded=superseded,
            canceled=canceled,
            given_up=given_up,
        )
        for call, answer, status, whole, part, grace, superseded, canceled, given_up in (
            itertools.product(
                CallStatus,
                ["", "Accepted", "Rejected", "AcceptedCanceled"],
                ["", *UploadStatus],
                *[[False, True]] * 5,
                ["", *GivenUp],
            )
        )
    ]


def test_a_whole_file_always_counts_as_received() -> None:
    verdicts = {judge(facts).verdict for facts in _every_combination() if facts.complete_file}
    assert verdicts == SUCCEEDED


def test_nothing_counts_as_received_without_a_whole_file() -> None:
    verdicts = {judge(facts).verdict for facts in _every_combination() if not facts.complete_file}
    assert verdicts == set(LogVerdict) - SUCCEEDED


def test_sets_of_verdicts_are_complete() -> None:
    assert OPEN | SETTLED == set(LogVerdict)
    assert FAILED | SUCCEEDED | {V.CANCELED} == SETTLED


@pytest.mark.parametrize("late", ["Uploading", "UploadFailure", "Idle", "AcceptedCanceled"])
def test_a_late_status_does_not_reopen_uploaded(late: str) -> None:
    assert merge_status("Uploaded", late) == "Uploaded"


@pytest.mark.parametrize("failure", sorted(FAILURES))
def test_a_failure_may_be_followed_by_a_retry(failure: str) -> None:
    assert merge_status(failure, "Uploading") == "Uploading"
    assert merge_status(failure, "Uploaded") == "Uploaded"


def test_a_plain_failure_does_not_hide_the_specific_one_before_it() -> None:
    assert merge_status("BadMessage", "UploadFailure") == "BadMessage"
    assert merge_status("UploadFailure", "PermissionDenied") == "PermissionDenied"


def test_idle_changes_nothing_that_was_said() -> None:
    assert merge_status("Uploading", "Idle") == "Uploading"
    assert merge_status("", "Idle") == ""


def test_what_was_canceled_for_another_stays_so_unless_it_arrived_after_all() -> None:
    assert merge_status("AcceptedCanceled", "UploadFailure") == "AcceptedCanceled"
    assert merge_status("AcceptedCanceled", "Uploaded") == "Uploaded"
