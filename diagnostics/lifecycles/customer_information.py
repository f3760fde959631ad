"""What becomes of a request for customer information, drawn from facts (N09, N10).

    Queued ──► Sent ──► Accepted ──► Receiving ──► Complete | Incomplete
       │         └────► Rejected | Invalid | Failed
       └──► Expired | Canceled

Nothing here is a state machine that a station could break: parts may come before the answer,
twice, in any order, or late. The status is drawn anew from all facts each time one is added.

A station that was only told to clear should say that it did (N10.FR.06), and some say nothing:
after the silence such a request is Complete, with the reason NothingSaid.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.call import CallStatus


class CustomerStatus(TextChoices):
    QUEUED = "Queued", _("Waiting for the station")
    SENT = "Sent", _("Asked")
    ACCEPTED = "Accepted", _("Accepted")
    RECEIVING = "Receiving", _("Receiving")
    COMPLETE = "Complete", _("Complete")
    INCOMPLETE = "Incomplete", _("Incomplete")
    REJECTED = "Rejected", _("Rejected")
    INVALID = "Invalid", _("Invalid")
    FAILED = "Failed", _("Failed")
    CANCELED = "Canceled", _("Canceled")
    EXPIRED = "Expired", _("Expired")


class CustomerKind(TextChoices):
    """Which of the three identifiers names the customer: exactly one is sent (N09.FR.04)."""

    IDENTIFIER = "CustomerIdentifier", _("Customer identifier")
    ID_TOKEN = "IdToken", _("Token")  # noqa: S105 - a word
    CERTIFICATE = "Certificate", _("Certificate")


S = CustomerStatus

OPEN = frozenset({S.QUEUED, S.SENT, S.ACCEPTED, S.RECEIVING})
TERMINAL = frozenset(S) - OPEN

# The answers there are; any other word is taken for a rejection.
ANSWERS = {"Accepted": S.ACCEPTED, "Rejected": S.REJECTED, "Invalid": S.INVALID}

# Reasons of our own, beside the error codes of a refused call.
NOTHING_SAID = "NothingSaid"
PARTS_MISSING = "PartsMissing"
NO_PARTS = "NoParts"

_CALL_ENDS = {
    CallStatus.PENDING: S.QUEUED,
    CallStatus.SENT: S.SENT,
    CallStatus.EXPIRED: S.EXPIRED,
    CallStatus.CANCELED: S.FAILED,
    CallStatus.REFUSED: S.FAILED,
    CallStatus.TIMED_OUT: S.FAILED,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request; `silent` means that time is up, `report` what was asked."""

    call_status: str = CallStatus.PENDING
    call_error: str = ""
    answer: str = ""
    report: bool = True
    has_parts: bool = False
    closed: bool = False
    silent: bool = False
    canceled: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    status: CustomerStatus
    reason: str = ""


def judge(facts: Facts) -> Judgement:
    """The status that follows from the facts: what came first, then what was answered."""
    if facts.closed:
        return Judgement(S.COMPLETE)
    if facts.has_parts:
        return Judgement(S.INCOMPLETE, PARTS_MISSING) if facts.silent else Judgement(S.RECEIVING)
    if facts.answer:
        return _answered(facts)
    if facts.canceled:
        return Judgement(S.CANCELED)
    return Judgement(_CALL_ENDS.get(CallStatus(facts.call_status), S.FAILED), facts.call_error)


def _answered(facts: Facts) -> Judgement:
    status = ANSWERS.get(facts.answer, S.REJECTED)
    if status is not S.ACCEPTED or not facts.silent:
        return Judgement(status)
    if facts.report:
        return Judgement(S.INCOMPLETE, NO_PARTS)
    return Judgement(S.COMPLETE, NOTHING_SAID)
