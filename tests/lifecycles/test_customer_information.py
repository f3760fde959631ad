"""What a request for customer information has come to, from every set of facts."""

from __future__ import annotations

import pytest

from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.customer_information import (
    ANSWERS,
    OPEN,
    TERMINAL,
    CustomerStatus,
    Facts,
    judge,
)

ANSWERED = CallStatus.ANSWERED


@pytest.mark.parametrize(
    ("facts", "status", "reason"),
    [
        (Facts(), "Queued", ""),
        (Facts(call_status=CallStatus.SENT), "Sent", ""),
        (Facts(call_status=CallStatus.EXPIRED), "Expired", ""),
        (Facts(call_status=CallStatus.CANCELED, canceled=True), "Canceled", ""),
        (Facts(call_status=CallStatus.CANCELED, call_error="Unsupported"), "Failed", "Unsupported"),
        (Facts(call_status=CallStatus.REFUSED, call_error="NotSupported"), "Failed",
         "NotSupported"),
        (Facts(call_status=CallStatus.TIMED_OUT, call_error="NoAnswer"), "Failed", "NoAnswer"),
        (Facts(call_status=CallStatus.TIMED_OUT, has_parts=True), "Receiving", ""),
        (Facts(call_status=ANSWERED, answer="Accepted"), "Accepted", ""),
        (Facts(call_status=ANSWERED, answer="Rejected"), "Rejected", ""),
        (Facts(call_status=ANSWERED, answer="Invalid"), "Invalid", ""),
        (Facts(call_status=ANSWERED, answer="Perhaps"), "Rejected", ""),
        (Facts(call_status=ANSWERED, answer="Accepted", silent=True), "Incomplete", "NoParts"),
        (Facts(call_status=ANSWERED, answer="Accepted", report=False, silent=True), "Complete",
         "NothingSaid"),
        (Facts(call_status=ANSWERED, answer="Accepted", has_parts=True), "Receiving", ""),
        (Facts(call_status=ANSWERED, answer="Accepted", has_parts=True, silent=True), "Incomplete",
         "PartsMissing"),
        (Facts(call_status=ANSWERED, answer="Accepted", has_parts=True, closed=True), "Complete",
         ""),
        (Facts(call_status=ANSWERED, answer="Rejected", has_parts=True, closed=True), "Complete",
         ""),
    ],
)  # fmt: skip
def test_the_status_follows_from_the_facts(facts: Facts, status: str, reason: str) -> None:
    judged = judge(facts)
    assert (judged.status, judged.reason) == (status, reason)


def test_every_status_is_open_or_an_end_and_every_answer_has_one() -> None:
    assert OPEN | TERMINAL == set(CustomerStatus) and not OPEN & TERMINAL
    assert set(ANSWERS) == {"Accepted", "Rejected", "Invalid"}
