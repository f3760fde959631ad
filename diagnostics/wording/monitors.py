"""Monitors as operators read them: what is watched, how bad it is, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from django.utils.translation import gettext as _

from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.call import CONNECTION_LOST, NO_ANSWER, CallStatus
from diagnostics.lifecycles.monitor import (
    BY_BASE,
    GONE,
    LIVE,
    NO_RESULT,
    NOT_REPORTED,
    OPEN,
    EventNotificationType,
    MonitorStatus,
    MonitorType,
)
from diagnostics.models import Monitor, OutboundCall
from diagnostics.ocpp.monitoring import NOTHING_KNOWN, Watchable, needs_value

S, T = MonitorStatus, MonitorType


def monitor_tone(status: str) -> str:
    """Which of four looks a state has: good, busy, quiet or bad."""
    if status in OPEN:
        return "busy"
    if status in LIVE:
        return "good"
    return "quiet" if status in GONE - {S.LOST} else "bad"


def severity_words(severity: int) -> str:
    """ "4 Error": the number stands beside the word, since 0 is worst."""
    known = severity in Severity.values
    return f"{severity} {Severity(severity).label}" if known else str(severity)


def condition(row: Monitor, known: Watchable = NOTHING_KNOWN) -> str:
    """When a monitor fires: "above 75 Celsius", "every 60 s", "on any change"."""
    if not needs_value(row.type, known.data_type):
        return _("on any change")
    unit = "s" if known.data_type == "dateTime" else known.unit
    value = f"{row.value:g}{f' {unit}' if unit else ''}"
    seconds = f"{row.value:g} s"
    words = {
        T.UPPER: _("above %(value)s"),
        T.LOWER: _("below %(value)s"),
        T.DELTA: _("on a change of more than %(value)s"),
        T.PERIODIC: _("every %(seconds)s"),
        T.CLOCK_ALIGNED: _("every %(seconds)s, by the clock"),
        T.TARGET_DELTA: _("more than %(value)s off its target"),
        T.TARGET_DELTA_RELATIVE: _("more than %(percent)s of its target off"),
    }
    sentence = words.get(MonitorType(row.type)) if row.type in T.values else None
    given = {"value": value, "seconds": seconds, "percent": f"{row.value * 100:g} %"}
    return sentence % given if sentence else f"{row.type} {value}"


def monitor_sentence(row: Monitor) -> str:
    """What became of a monitor, why as far as known, and what to do."""
    if row.status == S.ACTIVE:
        return _active(row)
    words = _SENTENCES[MonitorStatus(row.status)]()
    said = _said(row)
    return f"{words} {said}" if said else words


def _active(row: Monitor) -> str:
    if row.reason_code == NO_RESULT:
        return _("The station did not say whether it cleared this monitor; it counts as active.")
    if row.reason_code in (NO_ANSWER, CONNECTION_LOST):
        return _("The station did not answer when asked to clear it; it counts as active.")
    if row.reason_code in (CallStatus.EXPIRED, CallStatus.CANCELED):
        return _("It was to be cleared, but the station was not asked in time.")
    if row.reason_code:
        kept = _("The station did not clear it: it may be built in.")
        return f"{kept} {_said(row)}" if _said(row) else kept
    return ""


def _said(row: Monitor) -> str:
    ours = (NO_RESULT, NOT_REPORTED, BY_BASE, NO_ANSWER, CONNECTION_LOST, "IdReused", "Rejected")
    code = (
        "" if row.reason_code in ours or row.reason_code in CallStatus.values else row.reason_code
    )
    info = "" if row.status == S.CLEARED else row.reason_info
    why = " – ".join(filter(None, [code, info]))
    return _("(%(why)s)") % {"why": why} if why else ""


_SENTENCES: dict[MonitorStatus, Callable[[], str]] = {
    S.PENDING: lambda: _("Goes to the station as soon as it can take it."),
    S.ACTIVE: lambda: "",
    S.UNKNOWN_COMPONENT: lambda: _(
        "The station knows no such component: compare its device model, spelling and instance."
    ),
    S.UNKNOWN_VARIABLE: lambda: _("The component is there, but has no such variable."),
    S.UNSUPPORTED_TYPE: lambda: _("The station cannot watch this variable in this way."),
    S.REJECTED: lambda: _(
        "The station refused: the value may be outside its limits, or the monitor built in."
    ),
    S.DUPLICATE: lambda: _(
        "The station has such a monitor already: replace that one by its id, or choose another "
        "severity."
    ),
    S.REFUSED: lambda: _("The station answered with an error."),
    S.UNANSWERED: lambda: _("The station did not say whether it set this: read its monitors."),
    S.NOT_ASKED: lambda: _("The station could not be asked."),
    S.CLEARING: lambda: _("The station is being asked to clear it."),
    S.CLEARED: lambda: _("Cleared."),
    S.NOT_FOUND: lambda: _("The station had no monitor with this id any more."),
    S.REPLACED: lambda: _("Replaced by another monitor of the same id."),
    S.LOST: lambda: _("The station does not list it any more."),
}


def answer_words(call: OutboundCall) -> str:
    """What a station answered to a call about monitors: "2 Accepted, 1 Rejected"."""
    answer = call.answer if isinstance(call.answer, dict) else {}
    results = answer.get("setMonitoringResult", answer.get("clearMonitoringResult"))
    if not isinstance(results, list):
        status = answer.get("status", "")
        return status[:30] if isinstance(status, str) else ""
    words = Counter(str(each.get("status", "?"))[:30] for each in results if isinstance(each, dict))
    return ", ".join(f"{count} {word}" for word, count in words.items())


def base_effects() -> dict[str, str]:
    """What each monitoring base does to a station (N03.FR.03 to .05)."""
    return {
        "All": _(
            "Switches every factory monitor on. Monitors that were set stay, those that changed "
            "a factory monitor too."
        ),
        "FactoryDefault": _(
            "Deletes every monitor that was set, and puts the factory monitors back as they were."
        ),
        "HardWiredOnly": _(
            "Deletes every monitor that was set and switches the factory monitors off. Only what "
            "is built into the station is left."
        ),
    }


def origin_words(row: Monitor) -> str:
    """Who made a monitor: a name, the system, or what the station says."""
    if row.requested_by:
        return str(row.requested_by)
    if row.asked_here:
        return _("the system")
    if row.event_notification_type in EventNotificationType.values:
        return str(row.get_event_notification_type_display())
    return _("not known")
