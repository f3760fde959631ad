"""The life of one monitor that a station runs, or was asked to run (N03, N04, N06).

    Pending ──► Active | UnknownComponent | UnknownVariable | UnsupportedMonitorType | Rejected
       │               | Duplicate                                      (the station's word)
       └──► Refused (CALLERROR) | Unanswered | NotAsked
    Active ──► Clearing ──► Cleared | NotFound | Active (the station keeps it, or did not say)
    Active ──► Replaced | Cleared (by a monitoring base) | Lost (missing in a complete report)

A report that shows a monitor is stronger than silence: Unanswered, Lost and NotFound may become
Active again. So may an Unanswered one by a late answer.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MonitorType(TextChoices):
    """MonitorEnumType; the last two since 2.1."""

    UPPER = "UpperThreshold", _("Above")
    LOWER = "LowerThreshold", _("Below")
    DELTA = "Delta", _("Change")
    PERIODIC = "Periodic", _("Every … seconds")
    CLOCK_ALIGNED = "PeriodicClockAligned", _("Every … seconds, by the clock")
    TARGET_DELTA = "TargetDelta", _("Off its target by")
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative", _("Off its target by a part of it")


class EventNotificationType(TextChoices):
    """EventNotificationEnumType: who made a monitor."""

    HARD_WIRED = "HardWiredMonitor", _("Built in")
    PRECONFIGURED = "PreconfiguredMonitor", _("Factory setting")
    CUSTOM = "CustomMonitor", _("Set by a CSMS")
    NOTIFICATION = "HardWiredNotification", _("Built-in notification")


class MonitorStatus(TextChoices):
    PENDING = "Pending", _("Waiting")
    ACTIVE = "Active", _("Active")
    UNKNOWN_COMPONENT = "UnknownComponent", _("Unknown component")
    UNKNOWN_VARIABLE = "UnknownVariable", _("Unknown variable")
    UNSUPPORTED_TYPE = "UnsupportedMonitorType", _("Type not supported")
    REJECTED = "Rejected", _("Rejected")
    DUPLICATE = "Duplicate", _("Duplicate")
    REFUSED = "Refused", _("Refused with an error")
    UNANSWERED = "Unanswered", _("No answer")
    NOT_ASKED = "NotAsked", _("Not asked")
    CLEARING = "Clearing", _("Being cleared")
    CLEARED = "Cleared", _("Cleared")
    NOT_FOUND = "NotFound", _("Gone already")
    REPLACED = "Replaced", _("Replaced")
    LOST = "Lost", _("Lost")


class MonitorEvent(TextChoices):
    ACCEPT = "accept"
    UNKNOWN_COMPONENT = "unknown_component"
    UNKNOWN_VARIABLE = "unknown_variable"
    UNSUPPORTED_TYPE = "unsupported_type"
    REJECT = "reject"
    DUPLICATE = "duplicate"
    REFUSE = "refuse"
    TIME_OUT = "time_out"
    GIVE_UP = "give_up"
    CLEAR = "clear"
    CLEARED = "cleared"
    NOT_FOUND = "not_found"
    KEEP = "keep"
    REPLACE = "replace"
    LOSE = "lose"
    REPORT = "report"


S, E = MonitorStatus, MonitorEvent

_ASKED = (S.PENDING, S.UNANSWERED)
_RUNNING = (S.ACTIVE, S.CLEARING)
# Whatever is thought gone may turn up in a report; refusals and clearings are certain.
_MISSED = (S.UNANSWERED, S.LOST, S.NOT_FOUND)

_WAYS: dict[MonitorEvent, tuple[tuple[MonitorStatus, ...], MonitorStatus]] = {
    E.ACCEPT: (_ASKED, S.ACTIVE),
    E.UNKNOWN_COMPONENT: (_ASKED, S.UNKNOWN_COMPONENT),
    E.UNKNOWN_VARIABLE: (_ASKED, S.UNKNOWN_VARIABLE),
    E.UNSUPPORTED_TYPE: (_ASKED, S.UNSUPPORTED_TYPE),
    E.REJECT: (_ASKED, S.REJECTED),
    E.DUPLICATE: (_ASKED, S.DUPLICATE),
    E.REFUSE: (_ASKED, S.REFUSED),
    E.TIME_OUT: ((S.PENDING,), S.UNANSWERED),
    E.GIVE_UP: ((S.PENDING,), S.NOT_ASKED),
    E.CLEAR: ((S.ACTIVE,), S.CLEARING),
    E.CLEARED: (_RUNNING, S.CLEARED),
    E.NOT_FOUND: (_RUNNING, S.NOT_FOUND),
    E.KEEP: ((S.CLEARING,), S.ACTIVE),
    E.REPLACE: (_RUNNING, S.REPLACED),
    E.LOSE: (_RUNNING, S.LOST),
    E.REPORT: (_MISSED, S.ACTIVE),
}

TRANSITIONS: dict[tuple[MonitorStatus, MonitorEvent], MonitorStatus] = {
    (source, event): target for event, (sources, target) in _WAYS.items() for source in sources
}

OPEN = frozenset({S.PENDING, S.CLEARING})
LIVE = frozenset(_RUNNING)
GONE = frozenset({S.CLEARED, S.NOT_FOUND, S.REPLACED, S.LOST})
FAILED = frozenset(S) - OPEN - LIVE - GONE

# SetMonitoringStatusEnumType and ClearMonitoringStatusEnumType: what a station's word does.
SET_RESULTS = {
    "Accepted": E.ACCEPT,
    "UnknownComponent": E.UNKNOWN_COMPONENT,
    "UnknownVariable": E.UNKNOWN_VARIABLE,
    "UnsupportedMonitorType": E.UNSUPPORTED_TYPE,
    "Rejected": E.REJECT,
    "Duplicate": E.DUPLICATE,
}
CLEAR_RESULTS = {"Accepted": E.CLEARED, "NotFound": E.NOT_FOUND, "Rejected": E.KEEP}

# Reasons of ours, beside the station's reason codes.
NO_RESULT = "NoResult"
BY_BASE = "MonitoringBase"
NOT_REPORTED = "NotReported"
ID_REUSED = "IdReused"


def sources_of(event: MonitorEvent) -> frozenset[MonitorStatus]:
    """The statuses in which `event` may happen: the condition of the compare-and-set."""
    return frozenset(_WAYS[event][0])


def target_of(event: MonitorEvent) -> MonitorStatus:
    """The status that `event` leads to; every event has exactly one."""
    return _WAYS[event][1]
