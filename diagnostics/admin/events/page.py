"""What the page of one alert shows: its events, its monitor, what caused it, the value's course."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from diagnostics.admin.chart import line_chart
from diagnostics.admin.events.filters import TYPES
from diagnostics.admin.trend import event_points
from diagnostics.models import Alert, Monitor, StationEvent
from diagnostics.services.events.causes import causes
from diagnostics.wording.alerts import alert_name, alert_state, alert_value

SHOWN_EVENTS = 50


def facts(row: Alert) -> dict[str, Any]:
    """The template's words for an alert."""
    events = list(history(row)[: SHOWN_EVENTS + 1])
    points = event_points(row, row.key)
    return {
        "row": row,
        "name": alert_name(row),
        "value": alert_value(row),
        "sentence": alert_state(row),
        "kind": TYPES.get(row.event_notification_type, ""),
        "events": events[:SHOWN_EVENTS],
        "more_events": len(events) > SHOWN_EVENTS,
        "monitor": monitor_of(row),
        "causes": causes(row),
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
