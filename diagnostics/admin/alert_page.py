"""What the page of one alert shows: its events, its monitor, what caused it, the value's course."""

from __future__ import annotations

from math import isfinite
from typing import Any

from django.db.models import QuerySet

from diagnostics.admin.chart import Point, line_chart
from diagnostics.models import Alert, Monitor, StationEvent
from diagnostics.services import alerts
from diagnostics.wording.alerts import alert_name, alert_state, alert_value

SHOWN_EVENTS = 50
# Events among which the course of a value is looked for, and how many of them are drawn.
LOOKED_AT, DRAWN = 5000, 300


def facts(row: Alert) -> dict[str, Any]:
    """The template's words for an alert."""
    events = list(history(row)[: SHOWN_EVENTS + 1])
    points = trend(row)
    return {
        "row": row,
        "name": alert_name(row),
        "value": alert_value(row),
        "sentence": alert_state(row),
        "events": events[:SHOWN_EVENTS],
        "more_events": len(events) > SHOWN_EVENTS,
        "monitor": monitor_of(row),
        "causes": alerts.causes(row),
        "points": points[::-1],
        "chart": line_chart(points, label=str(row.reference)),
    }


def history(row: Alert) -> QuerySet[StationEvent]:
    """The events of an alert, newest first, and the one that cleared it."""
    mine = StationEvent.objects.filter(alert_key=row.key, timestamp__gte=row.first_at)
    if row.cleared_at is not None:
        mine = mine.filter(timestamp__lte=row.cleared_at)
    return mine.order_by("-timestamp", "-pk")


def monitor_of(row: Alert) -> Monitor | None:
    """The monitor that raised it, as far as it is known."""
    if row.variable_monitoring_id is None:
        return None
    mine = Monitor.objects.filter(station=row.station_id, monitor_id=row.variable_monitoring_id)
    return mine.order_by("-pk").first()


def trend(row: Alert) -> list[Point]:
    """What is known of the value, oldest first: of any event about it among the station's newest.

    Bounded on both sides, since a station may report every second for years.
    """
    newest = StationEvent.objects.filter(station=row.station_id).order_by("-pk")
    oldest = newest.values_list("pk", flat=True)[LOOKED_AT : LOOKED_AT + 1].first() or 0
    same = newest.filter(
        pk__gt=oldest,
        component__iexact=row.component,
        component_instance__iexact=row.component_instance,
        evse_id=row.evse_id,
        connector_id=row.connector_id,
        variable__iexact=row.variable,
        variable_instance__iexact=row.variable_instance,
    )
    points = []
    for at, text, key in same.values_list("timestamp", "actual_value", "alert_key")[:DRAWN]:
        value = _number(text)
        if value is not None:
            points.append(Point(at, value, key == row.key))
    return sorted(points, key=lambda point: point.at)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
