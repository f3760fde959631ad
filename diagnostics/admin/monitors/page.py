"""What the page of one monitor shows: what became of it, its alerts, the course of its value."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from diagnostics.admin.chart import line_chart
from diagnostics.admin.monitors.tab import lines_of
from diagnostics.admin.trend import event_points, stream_points
from diagnostics.models import Alert, EventStream, Monitor
from diagnostics.services.events.rows import monitor_key

SHOWN_ALERTS = 10


def facts(request: HttpRequest, row: Monitor) -> dict[str, Any]:
    """The template's words for a monitor."""
    key = None if row.monitor_id is None else UUID(monitor_key(row.station_id, row.monitor_id))
    points = stream_points(row) or event_points(row, key)
    may_set = request.user.has_perm("diagnostics.set_monitor")
    (line,) = lines_of([row])
    return {
        "row": row,
        "line": line,
        "alerts": _alerts(row, key) if key else [],
        "stream": _stream(row),
        "points": points[::-1],
        "chart": line_chart(points, label=str(row.reference)),
        "may_set": may_set,
        "may_clear": may_set and row.status == "Active" and row.monitor_id is not None,
    }


def _alerts(row: Monitor, key: UUID) -> list[Alert]:
    """Those of its id and component; ids are used again."""
    mine = Alert.objects.filter(key=key, component__iexact=row.component)
    return list(mine.order_by("-pk")[:SHOWN_ALERTS])


def _stream(row: Monitor) -> EventStream | None:
    if row.monitor_id is None:
        return None
    mine = EventStream.objects.filter(station=row.station_id, variable_monitoring_id=row.monitor_id)
    return mine.order_by("-pk").first()
