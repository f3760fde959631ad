"""The course of a variable's value, from the events about it and the streams that carry it."""

from __future__ import annotations

from math import isfinite
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from diagnostics.admin.chart import Point
from diagnostics.models import EventStreamSample, StationEvent
from diagnostics.models.naming import NamesVariable

# A station's newest events among which it is looked for, and how many points are drawn.
LOOKED_AT, DRAWN = 5000, 300


def about(row: Any) -> QuerySet[StationEvent]:
    """Events about the variable that a row names, among the station's newest, newest first.

    Bounded on both sides, since a station may report every second for years.
    """
    newest = StationEvent.objects.filter(station=row.station_id).order_by("-pk")
    oldest = newest.values_list("pk", flat=True)[LOOKED_AT : LOOKED_AT + 1].first() or 0
    return newest.filter(pk__gt=oldest, **_same_variable(row))


def event_points(row: Any, key: UUID | None) -> list[Point]:
    """The values that events tell, oldest first; what raised the alert of this key is marked."""
    points = []
    columns = ("timestamp", "actual_value", "alert_key", "cleared")
    for at, text, of, cleared in about(row).values_list(*columns)[:DRAWN]:
        value = number(text)
        if value is not None:
            points.append(Point(at, value, of is not None and of == key and not cleared))
    return sorted(points, key=lambda point: point.at)


def stream_points(row: Any) -> list[Point]:
    """The values that came in streams of a variable, oldest first."""
    mine = EventStreamSample.objects.filter(
        stream__station=row.station_id,
        **{f"stream__{name}": value for name, value in _same_variable(row).items()},
    )
    newest = mine.order_by("-at").values_list("at", "value")[:DRAWN]
    return [Point(at, value) for at, text in newest if (value := number(text)) is not None][::-1]


def _same_variable(row: NamesVariable) -> dict[str, Any]:
    """Names are case-insensitive."""
    return {
        "component__iexact": row.component,
        "component_instance__iexact": row.component_instance,
        "evse_id": row.evse_id,
        "connector_id": row.connector_id,
        "variable__iexact": row.variable,
        "variable_instance__iexact": row.variable_instance,
    }


def number(text: str) -> float | None:
    """The number that a value is; None for words, and for what is no finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
