"""The life of one call to a station.

    Pending ──► Sent ──► Answered | Refused (CALLERROR) | TimedOut
       └──► Expired | Canceled

A late answer to a call that timed out is still a fact: TimedOut may become Answered or Refused.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CallStatus(TextChoices):
    PENDING = "Pending", _("Waiting")
    SENT = "Sent", _("Sent")
    ANSWERED = "Answered", _("Answered")
    REFUSED = "Refused", _("Refused")
    TIMED_OUT = "TimedOut", _("No answer")
    EXPIRED = "Expired", _("Expired")
    CANCELED = "Canceled", _("Canceled")


class CallEvent(TextChoices):
    SEND = "send"
    ANSWER = "answer"
    REFUSE = "refuse"
    TIME_OUT = "time_out"
    EXPIRE = "expire"
    CANCEL = "cancel"


S, E = CallStatus, CallEvent

TRANSITIONS: dict[tuple[CallStatus, CallEvent], CallStatus] = {
    (S.PENDING, E.SEND): S.SENT,
    (S.PENDING, E.EXPIRE): S.EXPIRED,
    (S.PENDING, E.CANCEL): S.CANCELED,
    (S.SENT, E.ANSWER): S.ANSWERED,
    (S.SENT, E.REFUSE): S.REFUSED,
    (S.SENT, E.TIME_OUT): S.TIMED_OUT,
    (S.TIMED_OUT, E.ANSWER): S.ANSWERED,
    (S.TIMED_OUT, E.REFUSE): S.REFUSED,
}

OPEN = frozenset({S.PENDING, S.SENT})
TERMINAL = frozenset(S) - OPEN

# Why a call ended without the station's own words; kept beside CALLERROR codes in `error_code`.
NO_ANSWER = "NoAnswer"
CONNECTION_LOST = "ConnectionLost"
UNSUPPORTED = "Unsupported"
INVALID_ANSWER = "InvalidAnswer"


def sources_of(event: CallEvent) -> frozenset[CallStatus]:
    """The statuses in which `event` may happen: the condition of the compare-and-set."""
    return frozenset(source for source, other in TRANSITIONS if other is event)


def target_of(event: CallEvent) -> CallStatus:
    """The status that `event` leads to; every event has exactly one."""
    return next(target for (_, other), target in TRANSITIONS.items() if other is event)
