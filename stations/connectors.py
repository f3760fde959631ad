"""Connector states that stations report as events, where 2.1 has no StatusNotification (G01)."""

from __future__ import annotations

from typing import Any

from stations.models import Connector


def keep_reported_states(rows: list[Any], **_: Any) -> None:
    """Receiver of `events_recorded`: the newest AvailabilityState of each connector."""
    newest: dict[tuple[Any, int, int], Connector] = {}
    for row in rows:
        facts = row.facts
        if not facts.is_connector_state or row.received.report.source != "NotifyEvent":
            continue
        place = (row.received.station_id, facts.evse_id or 0, facts.connector_id or 0)
        known = newest.get(place)
        if known is None or known.at is None or known.at <= row.timestamp:
            newest[place] = Connector(
                station_id=place[0],
                evse_id=place[1],
                connector_id=place[2],
                status=facts.actual_value[:50],
                at=row.timestamp,
                received_at=row.received.at,
            )
    if newest:
        Connector.objects.bulk_create(
            newest.values(),
            update_conflicts=True,
            unique_fields=["station", "evse_id", "connector_id"],
            update_fields=["status", "at", "received_at"],
        )
