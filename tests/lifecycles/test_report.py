"""A report is complete exactly when nothing of it is missing, whatever the order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.lifecycles.call import NO_ANSWER, UNSUPPORTED
from diagnostics.lifecycles.parts import Parts
from diagnostics.lifecycles.report import (
    DAMAGED,
    EXPECTING,
    OPEN,
    SETTLED,
    SUCCEEDED,
    Facts,
    Judgement,
    judge,
)
from diagnostics.lifecycles.report import ReportStatus as S
from diagnostics.lifecycles.variables import VariablesStatus
from diagnostics.lifecycles.variables import judge as judge_variables

ACCEPTED = {"call_status": "Answered", "answer": "Accepted"}
SOME = {"parts": Parts.of([(0, True), (2, False)])}
ALL = {"parts": Parts.of([(0, True), (1, False)])}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Judgement(S.QUEUED)),
        ({"call_status": "Sent"}, Judgement(S.SENT)),
        (ACCEPTED, Judgement(S.ACCEPTED)),
        ({**ACCEPTED, **SOME}, Judgement(S.RECEIVING)),
        ({**ACCEPTED, **ALL}, Judgement(S.COMPLETE)),
        ({**ACCEPTED, **ALL, "damaged": True}, Judgement(S.INCOMPLETE, DAMAGED)),
        ({**ACCEPTED, **SOME, "damaged": True}, Judgement(S.RECEIVING)),
        ({**ACCEPTED, **SOME, "given_up": "TimeOut"}, Judgement(S.INCOMPLETE, "TimeOut")),
        ({**ACCEPTED, "given_up": "Reboot"}, Judgement(S.INCOMPLETE, "Reboot")),
        ({**ACCEPTED, **ALL, "given_up": "TimeOut"}, Judgement(S.COMPLETE)),
        # Parts before the answer, and in spite of one.
        ({"call_status": "Sent", **ALL}, Judgement(S.COMPLETE)),
        ({"call_status": "Sent", **SOME}, Judgement(S.RECEIVING)),
        ({"call_status": "Answered", "answer": "Rejected", **ALL}, Judgement(S.COMPLETE)),
        ({"call_status": "Answered", "answer": "EmptyResultSet"}, Judgement(S.EMPTY)),
        ({"call_status": "Answered", "answer": "Rejected"}, Judgement(S.REJECTED)),
        ({"call_status": "Answered", "answer": "NotSupported"}, Judgement(S.NOT_SUPPORTED)),
        (
            {"call_status": "TimedOut", "call_error": NO_ANSWER},
            Judgement(S.UNANSWERED, NO_ANSWER),
        ),
        (
            {"call_status": "Refused", "call_error": "SecurityError"},
            Judgement(S.REJECTED, "SecurityError"),
        ),
        (
            {"call_status": "Canceled", "call_error": UNSUPPORTED},
            Judgement(S.NOT_SUPPORTED, UNSUPPORTED),
        ),
        ({"call_status": "Canceled"}, Judgement(S.CANCELED)),
        ({"call_status": "Expired"}, Judgement(S.EXPIRED)),
    ],
)
def test_every_combination_has_a_name(facts: dict[str, Any], expected: Judgement) -> None:
    assert judge(Facts(**facts)) == expected


def test_the_sets_divide_the_statuses() -> None:
    assert OPEN | SETTLED == set(S)
    assert EXPECTING < OPEN
    assert SUCCEEDED < SETTLED


@given(st.integers(1, 12).flatmap(lambda n: st.permutations([*range(n), *range(0, n, 2)])))
def test_any_order_with_repetitions_is_complete_at_the_last_missing_part(order: list[int]) -> None:
    count = max(order) + 1
    heard: list[int] = []
    for seq_no in order:
        heard.append(seq_no)
        parts = Parts.of((n, n < count - 1) for n in heard)
        status = judge(Facts(**ACCEPTED, parts=parts)).status
        assert (status == S.COMPLETE) == (set(heard) == set(range(count)))
        assert status in (S.COMPLETE, S.RECEIVING)


@pytest.mark.parametrize(
    ("words", "waiting", "expected"),
    [
        (["Accepted", ""], True, "Waiting"),
        (["Accepted", "RebootRequired"], False, "Done"),
        (["Accepted", "Rejected"], False, "Partly"),
        (["UnknownVariable"], False, "Failed"),
        ([], False, "Failed"),
    ],
)
def test_variables_are_summed_up(words: list[str], waiting: bool, expected: str) -> None:
    assert judge_variables(words, waiting=waiting) == VariablesStatus(expected)
