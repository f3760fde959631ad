"""What became of a report on the device model or the monitors (B07, B08, N02).

As with logs, facts only accumulate and `judge` names the combination: parts may come before the
answer, twice, in any order, after the time-out, or never. Only a report without gaps is Complete,
and only a complete one may replace what is known of a station.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.call import UNSUPPORTED, CallStatus
from diagnostics.lifecycles.parts import Parts


class ReportKind(TextChoices):
    BASE = "Base", _("Base report")
    CUSTOM = "Custom", _("Custom report")
    MONITORING = "Monitoring", _("Monitoring report")


class ReportBase(TextChoices):
    """ReportBaseEnumType."""

    FULL = "FullInventory", _("Everything the station has")
    CONFIGURATION = "ConfigurationInventory", _("Settings")
    SUMMARY = "SummaryInventory", _("What is abnormal")


# What can be asked for, in one list: a base report names itself by what it tells of.
ASKED = (
    *ReportBase.choices,
    (ReportKind.CUSTOM.value, _("Certain components or variables")),
    (ReportKind.MONITORING.value, _("Monitors")),
)


def kind_of(asked: str) -> ReportKind:
    """The kind of a report of `ASKED`."""
    return ReportKind.BASE if asked in ReportBase.values else ReportKind(asked)


class ComponentCriterion(TextChoices):
    """ComponentCriterionEnumType; several are joined with “or” (B08)."""

    ACTIVE = "Active", _("active")
    AVAILABLE = "Available", _("available")
    ENABLED = "Enabled", _("enabled")
    PROBLEM = "Problem", _("with a problem")


class MonitoringCriterion(TextChoices):
    """MonitoringCriterionEnumType (N02.FR.12 to .14)."""

    THRESHOLD = "ThresholdMonitoring", _("thresholds")
    DELTA = "DeltaMonitoring", _("changes")
    PERIODIC = "PeriodicMonitoring", _("periodic")


class ReportStatus(TextChoices):
    QUEUED = "Queued", _("Waiting")
    SENT = "Sent", _("Asked")
    ACCEPTED = "Accepted", _("Accepted")
    RECEIVING = "Receiving", _("Receiving")
    COMPLETE = "Complete", _("Complete")
    EMPTY = "EmptyResultSet", _("Empty")
    INCOMPLETE = "Incomplete", _("Incomplete")
    REJECTED = "Rejected", _("Rejected")
    NOT_SUPPORTED = "NotSupported", _("Not supported")
    UNANSWERED = "Unanswered", _("No answer")
    EXPIRED = "Expired", _("Expired")
    CANCELED = "Canceled", _("Canceled")


S = ReportStatus

OPEN = frozenset({S.QUEUED, S.SENT, S.ACCEPTED, S.RECEIVING})
SETTLED = frozenset(S) - OPEN
SUCCEEDED = frozenset({S.COMPLETE, S.EMPTY})
# Parts are expected: the station agreed, or has begun without a word.
EXPECTING = frozenset({S.ACCEPTED, S.RECEIVING})


class GivenUp(TextChoices):
    """Why no more parts are expected."""

    TIME_OUT = "TimeOut", _("no further part came in time")
    REBOOT = "Reboot", _("the station restarted meanwhile")


# A part came without its contents, as the reason of an incomplete report.
DAMAGED = "Damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known about one report; only `judge` draws conclusions."""

    call_status: str = CallStatus.PENDING
    call_error: str = ""
    answer: str = ""  # GenericDeviceModelStatusEnumType, "" while there is none
    parts: Parts = Parts(frozenset(), None)
    damaged: bool = False  # a part came empty, or with entries that cannot be read
    given_up: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    status: ReportStatus
    reason: str = ""


def judge(facts: Facts) -> Judgement:
    """The status that the facts amount to, and why where that is not plain."""
    return _by_parts(facts) or _by_answer(facts) or _by_call(facts)


def _by_parts(facts: Facts) -> Judgement | None:
    """Parts that are here speak louder than any answer."""
    if facts.parts.is_closed:
        return Judgement(S.INCOMPLETE, DAMAGED) if facts.damaged else Judgement(S.COMPLETE)
    if not facts.parts.received:
        return None
    if facts.given_up:
        return Judgement(S.INCOMPLETE, facts.given_up)
    return Judgement(S.RECEIVING)


def _by_answer(facts: Facts) -> Judgement | None:
    if facts.answer in (S.EMPTY, S.REJECTED, S.NOT_SUPPORTED):
        return Judgement(S(facts.answer))
    if facts.given_up:
        return Judgement(S.INCOMPLETE, facts.given_up)
    return Judgement(S.ACCEPTED) if facts.answer else None


_BY_CALL = {
    CallStatus.PENDING: S.QUEUED,
    CallStatus.SENT: S.SENT,
    CallStatus.ANSWERED: S.ACCEPTED,
    CallStatus.REFUSED: S.REJECTED,
    CallStatus.TIMED_OUT: S.UNANSWERED,
    CallStatus.EXPIRED: S.EXPIRED,
    CallStatus.CANCELED: S.CANCELED,
}


def _by_call(facts: Facts) -> Judgement:
    if facts.call_status == CallStatus.CANCELED and facts.call_error == UNSUPPORTED:
        return Judgement(S.NOT_SUPPORTED, UNSUPPORTED)
    return Judgement(_BY_CALL[CallStatus(facts.call_status)], facts.call_error)
