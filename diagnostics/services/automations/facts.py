"""What a row tells that an automation met: when it happened, and what people want to read of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from diagnostics.lifecycles.automation import Trigger
from diagnostics.models import Alert, Automation
from diagnostics.models.naming import NamesVariable

LONGEST = 100
# A station's clock that is further off says nothing about when something happened.
BELIEVED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: `heard_at` by our clock, `happened_at` by the station's.

    `what` has codes and names: component, variable, value, code, severity, as far as there are.
    """

    heard_at: datetime
    happened_at: datetime
    what: dict[str, Any] = field(default_factory=dict)
    alert: Alert | None = None


def happening(automation: Automation, row: Any) -> Happening:
    """What a row of `automation_sources.matching` tells."""
    return _READ[Trigger(automation.trigger)](row)


def _of_event(row: Any) -> Happening:
    alert = None
    if row.alert_key is not None:
        alert = Alert.objects.filter(key=row.alert_key).order_by("-pk").first()
    severity = row.severity if alert is None else alert.severity
    what = _named(row, row.actual_value, severity) | {"event": row.pk}
    return Happening(row.heard_at, _believed(row.timestamp, row.heard_at), what, alert)


def _of_alert(row: Any) -> Happening:
    alert = Alert.objects.filter(pk=row.alert_id).first()
    if alert is None:  # deleted since
        return Happening(row.heard_at, row.heard_at)
    moment = alert.cleared_at if row.kind == "alert.cleared" else alert.first_at
    what = _named(alert, alert.last_value, alert.severity)
    return Happening(row.heard_at, _believed(moment, row.heard_at), what, alert)


def _of_security_event(row: Any) -> Happening:
    """Without what the station wrote beside the type: that may be anything, and goes outside."""
    moment = _believed(row.timestamp, row.heard_at)
    return Happening(row.heard_at, moment, {"code": row.type})


def _of_entry(row: Any) -> Happening:
    what = {"code": str(row.data.get("reason") or "")[:LONGEST]}
    return Happening(row.heard_at, row.heard_at, _filled(what))


def _of_log(row: Any) -> Happening:
    what = {"code": row.reason or row.verdict, "verdict": row.verdict, "log_request": row.pk}
    return Happening(row.heard_at, row.heard_at, _filled(what))


def _named(row: NamesVariable, value: str, severity: int | None) -> dict[str, Any]:
    code = getattr(row, "tech_code", "")
    what = {"name": str(row.reference), "value": value[:LONGEST], "code": code}
    return _filled(what) | ({} if severity is None else {"severity": severity})


def _filled(what: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in what.items() if value not in (None, "")}


def _believed(moment: datetime | None, heard_at: datetime) -> datetime:
    """The station's time, unless it is in the future or far from ours."""
    if moment is None or not heard_at - BELIEVED <= moment <= heard_at:
        return heard_at
    return moment


_READ: dict[Trigger, Callable[[Any], Happening]] = {
    Trigger.ALERT_OPENED: _of_alert,
    Trigger.ALERT_CLEARED: _of_alert,
    Trigger.EVENT: _of_event,
    Trigger.FAULT: _of_event,
    Trigger.SECURITY_EVENT: _of_security_event,
    Trigger.BOOT: _of_entry,
    Trigger.AWAY: _of_entry,
    Trigger.LOG_FAILED: _of_log,
}
