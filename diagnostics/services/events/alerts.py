"""Alerts: made of events, worst first, acknowledged by operators."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from diagnostics.lifecycles.alert import DEFAULT_SEVERITY, ClosedBy, was_kept_back
from diagnostics.models import Alert, TimelineEntry
from diagnostics.ocpp.event_data import ALERTING, FAULTED, NOTIFY_EVENT, STATUS
from diagnostics.progress import publish_soon
from diagnostics.services.events.rows import EventRow, monitor_key
from diagnostics.services.timeline import Source, note
from diagnostics.signals import alert_changed

KIND = "alert"

Severities = dict[tuple[Any, int], int]


@dataclass(slots=True)
class _Case:
    """The alert of one key while a batch is applied: the open one, or the last that was cleared."""

    alert: Alert | None
    changed: list[Alert] = field(default_factory=list)

    def take(self, row: EventRow, severity: int) -> None:
        if ends(row):
            self._clear(row, severity)
        elif self.alert is not None and self._covers(self.alert, row):
            self._count(self.alert, row, severity)
        elif opens(row):
            self._become(_made(row, severity))

    @staticmethod
    def _covers(alert: Alert, row: EventRow) -> bool:
        """Open, or cleared only after this happened: the event was late."""
        return alert.cleared_at is None or _is_late(row, alert.cleared_at)

    def _clear(self, row: EventRow, severity: int) -> None:
        alert = self.alert
        if alert is None:
            # Of an alert that was never heard of (the station's queue has a filter); a connector
            # that is well is no news.
            if row.received.report.source == NOTIFY_EVENT and row.facts.trigger == ALERTING:
                made = _made(row, severity)
                made.cleared_at, made.closed_by = made.last_at, ClosedBy.UNSEEN
                self._become(made)
        elif alert.cleared_at is None and not _is_late(row, alert.last_at):
            alert.cleared_at, alert.closed_by = max(_moment(row), alert.last_at), ClosedBy.STATION
            alert.last_value, alert.updated_at = row.facts.actual_value, row.received.at
            self._become(alert)

    def _count(self, alert: Alert, row: EventRow, severity: int) -> None:
        alert.count += 1
        alert.updated_at = row.received.at
        if _is_late(row, alert.last_at):
            alert.first_at = min(alert.first_at, _moment(row))
        elif alert.cleared_at is None:
            newest = _newest(row, severity)
            for name, value in {**newest, "last_at": max(alert.last_at, _moment(row))}.items():
                setattr(alert, name, value)
        self._become(alert)

    def _become(self, alert: Alert) -> None:
        self.alert = alert
        if not any(each is alert for each in self.changed):
            self.changed.append(alert)


def _moment(row: EventRow) -> datetime:
    """When it happened: not after it came, whatever a clock says that is ahead of ours."""
    return min(row.timestamp, row.received.at)


def _is_late(row: EventRow, newest: datetime) -> bool:
    """Whether it comes after newer ones; a StatusNotification tells what is now (1.6, G01)."""
    return row.received.report.source != STATUS and was_kept_back(_moment(row), newest)


def opens(row: EventRow) -> bool:
    """Whether the event says that something is wrong."""
    facts = row.facts
    if row.received.report.source == NOTIFY_EVENT and facts.is_connector_state:
        return facts.actual_value == FAULTED
    return facts.trigger == ALERTING


def ends(row: EventRow) -> bool:
    """Whether the event says that all is well again."""
    facts = row.facts
    if row.received.report.source == NOTIFY_EVENT and facts.is_connector_state:
        return facts.actual_value != FAULTED
    return facts.ends_alert


def apply(rows: list[EventRow], severities: Severities) -> list[Alert]:
    """Open, count and clear alerts as new events say; returns those that changed.

    `severities` are those of the monitors, by station and monitor id, for events without one
    (2.0.1). Inside the transaction that stores the events.
    """
    concerned = [row for row in rows if row.alert_key is not None]
    if not concerned:
        return []
    cases = _cases({str(row.alert_key) for row in concerned})
    for row in sorted(concerned, key=lambda row: (_moment(row), row.timestamp)):
        cases[str(row.alert_key)].take(row, _severity(row, severities))
    changed = [alert for case in cases.values() for alert in case.changed]
    before = {alert.pk for alert in changed if alert.pk}
    _save(changed)
    _tell(changed, before)
    return changed


def _cases(keys: set[str]) -> dict[str, _Case]:
    cases = {key: _Case(None) for key in keys}
    locked = Alert.objects.select_for_update().filter(key__in=keys, cleared_at=None)
    for alert in locked.order_by("pk"):
        cases[alert.key.hex].alert = alert
    others = [key for key, case in cases.items() if case.alert is None]
    newest = Alert.objects.filter(key__in=others).order_by().values("key").annotate(last=Max("pk"))
    for alert in Alert.objects.filter(pk__in=newest.values("last")) if others else ():
        cases[alert.key.hex].alert = alert
    return cases


def _severity(row: EventRow, severities: Severities) -> int:
    facts = row.facts
    if facts.severity is not None:
        return facts.severity
    if facts.variable_monitoring_id is None:
        return DEFAULT_SEVERITY
    known = severities.get((row.received.station_id, facts.variable_monitoring_id))
    return DEFAULT_SEVERITY if known is None else known


def _newest(row: EventRow, severity: int) -> dict[str, Any]:
    """What an alert shows of its newest event."""
    facts = row.facts
    return {
        "last_at": _moment(row),
        "last_value": facts.actual_value,
        "severity": severity,
        "tech_code": facts.tech_code,
        "tech_info": facts.tech_info,
        "cause": facts.cause,
        "transaction_id": facts.transaction_id,
    }


def _made(row: EventRow, severity: int) -> Alert:
    facts, (station_id, report, at) = row.facts, row.received
    source = STATUS if facts.is_connector_state else report.source
    return Alert(
        station_id=station_id,
        key=str(row.alert_key),
        source=source,
        variable_monitoring_id=facts.variable_monitoring_id,
        event_notification_type=facts.event_notification_type,
        first_at=_moment(row),
        updated_at=at,
        component=facts.component,
        component_instance=facts.component_instance,
        evse_id=facts.evse_id,
        connector_id=facts.connector_id,
        variable=facts.variable,
        variable_instance=facts.variable_instance,
        **_newest(row, severity),
    )


# What an event may change of an alert, and how PostgreSQL reads it out of JSON.
_CHANGING = {
    "severity": "smallint", "tech_code": "text", "tech_info": "text", "last_value": "text",
    "cause": "integer", "transaction_id": "text", "count": "integer", "first_at": "timestamptz",
    "last_at": "timestamptz", "updated_at": "timestamptz", "cleared_at": "timestamptz",
    "closed_by": "text",
}  # fmt: skip
_NAMED = attrgetter("pk", *_CHANGING)
_UPDATE = (  # one statement for all: bulk_update takes a hundred times as long
    f"UPDATE {Alert._meta.db_table} AS alert"  # noqa: S608
    f" SET {', '.join(f'{name} = new.{name}' for name in _CHANGING)}"
    " FROM json_to_recordset(%s) AS new(id bigint,"
    f" {', '.join(f'{name} {kind}' for name, kind in _CHANGING.items())})"
    " WHERE alert.id = new.id"
)


def _save(changed: list[Alert]) -> None:
    old = [alert for alert in changed if alert.pk]
    if len(old) > 1 and connection.vendor == "postgresql":
        names = ("id", *_CHANGING)
        rows = [dict(zip(names, _NAMED(alert), strict=True)) for alert in old]
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [json.dumps(rows, default=str)])
    else:
        for alert in old:
            alert.save(update_fields=_CHANGING)
    Alert.objects.bulk_create(alert for alert in changed if not alert.pk)


def _tell(changed: list[Alert], before: set[int]) -> None:
    """On the stations' timelines, to open pages, and to the host; repetitions are no news."""
    news = [alert for alert in changed if alert.pk not in before or alert.cleared_at is not None]
    TimelineEntry.objects.bulk_create(_entry(alert) for alert in news)
    publish_soon(KIND, {alert.pk: {"state": alert.state.value} for alert in changed})
    if news:
        transaction.on_commit(lambda: _signal(news), robust=True)


def _entry(alert: Alert) -> TimelineEntry:
    data = {"name": str(alert), "value": alert.last_value[:100], "alert": alert.pk}
    return TimelineEntry(
        station_id=alert.station_id,
        kind="alert.opened" if alert.cleared_at is None else "alert.cleared",
        source=Source.STATION,
        at=alert.updated_at,
        last_at=alert.updated_at,
        data={key: value for key, value in data.items() if value},
    )


def _signal(alerts: list[Alert]) -> None:
    for alert in alerts:
        alert_changed.send_robust(sender=Alert, alert=alert)


# By operators, and by what happens to monitors


@transaction.atomic
def acknowledge(alerts: Iterable[Alert], *, user: Any, note_text: str = "") -> int:
    """Mark alerts as seen by somebody, with a note; returns how many were not yet."""
    now, done = timezone.now(), 0
    for alert in alerts:
        free = Alert.objects.filter(pk=alert.pk, acknowledged_at=None)
        if free.update(acknowledged_at=now, acknowledged_by=user, note=note_text[:500]):
            done += 1
            note(
                station=alert.station,
                kind="alert.acknowledged",
                source=Source.OPERATOR,
                user=user,
                now=now,
                name=str(alert),
                info=note_text,
            )
            publish_soon(KIND, {alert.pk: {"state": "Acknowledged"}})
    return done


@transaction.atomic
def learn_severities(station: Any, severities: Mapping[int, int]) -> None:
    """The monitors behind open alerts became known: what nobody had told is as bad as they say.

    `severities` are by monitor id. Events of 2.0.1 tell none themselves.
    """
    untold = Alert.objects.select_for_update().filter(
        station=station,
        cleared_at=None,
        severity=DEFAULT_SEVERITY,
        variable_monitoring_id__isnull=False,
    )
    for alert in untold.order_by("pk"):
        severity = severities.get(alert.variable_monitoring_id, DEFAULT_SEVERITY)  # type: ignore[arg-type]
        if severity != DEFAULT_SEVERITY:
            alert.severity = severity
            alert.save(update_fields=["severity"])
            publish_soon(KIND, {alert.pk: {"state": alert.state.value}})


@transaction.atomic
def close_alerts_of_monitor(
    station: Any, monitoring_id: int, *, now: datetime | None = None
) -> int:
    """Close the alerts of a monitor that is gone, since the station will not (N07.FR.12)."""
    now = now or timezone.now()
    key = monitor_key(station.pk, monitoring_id)
    closed = list(Alert.objects.select_for_update().filter(key=key, cleared_at=None))
    for alert in closed:
        alert.cleared_at, alert.closed_by, alert.updated_at = now, ClosedBy.MONITOR, now
        alert.save(update_fields=["cleared_at", "closed_by", "updated_at"])
    if closed:
        _tell(closed, {alert.pk for alert in closed})
    return len(closed)
