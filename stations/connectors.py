"""The state of each connector, from StatusNotification or, in 2.1, from events (G01)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from diagnostics.lifecycles.alert import was_kept_back
from diagnostics.ocpp.messages import ConnectorStatus
from diagnostics.services.ingest import GroupCommit
from stations.models import Connector

_Place = tuple[Any, int, int]
_PLACE = ("station_id", "evse_id", "connector_id")
_TOLD = ("status", "error_code", "vendor_id", "vendor_error_code", "info")


class _Said(NamedTuple):
    station_id: Any
    status: ConnectorStatus
    at: datetime


async def keep_status(station_id: Any, status: ConnectorStatus) -> None:
    """Keep what a StatusNotification says; what comes from many at once is one statement."""
    await _statuses.submit(_Said(station_id, status, timezone.now()))


def close() -> None:
    """Write what waits, and give the database connection back."""
    _statuses.close()


def keep_reported_states(rows: list[Any], **_: Any) -> None:
    """Receiver of `events_recorded`: the newest AvailabilityState of each connector."""
    newest: dict[_Place, Connector] = {}
    for row in rows:
        facts = row.facts
        if not facts.is_connector_state or row.received.report.source != "NotifyEvent":
            continue
        place = (row.received.station_id, facts.evse_id or 0, facts.connector_id or 0)
        at = min(row.timestamp, row.received.at)
        known = newest.get(place)
        if known is None or known.at is None or known.at <= at:
            newest[place] = Connector(
                **dict(zip(_PLACE, place, strict=True)),
                status=facts.actual_value[:50],
                at=at,
                received_at=row.received.at,
            )
    if newest:
        _keep(_without_late_ones(newest), ["status"])


def _without_late_ones(states: dict[_Place, Connector]) -> list[Connector]:
    """A state from a station's offline queue does not replace a newer one (N07.FR.04)."""
    stored = Connector.objects.filter(station__in={place[0] for place in states}, at__isnull=False)
    known = {tuple(place): at for *place, at in stored.values_list(*_PLACE, "at")}
    return [
        state
        for place, state in states.items()
        if place not in known or state.at is None or not was_kept_back(state.at, known[place])
    ]


def _keep_statuses(batch: Sequence[_Said]) -> list[None]:
    newest = {
        (station_id, status.evse_id, status.connector_id): Connector(
            station_id=station_id,
            evse_id=status.evse_id,
            connector_id=status.connector_id,
            **{name: getattr(status, name) for name in _TOLD},
            at=status.timestamp and min(status.timestamp, at),
            received_at=at,
        )
        for station_id, status, at in batch
    }
    _keep(newest.values(), _TOLD)
    return [None] * len(batch)


def _keep(connectors: Iterable[Connector], told: Iterable[str]) -> None:
    Connector.objects.bulk_create(
        connectors,
        update_conflicts=True,
        unique_fields=["station", "evse_id", "connector_id"],
        update_fields=[*told, "at", "received_at"],
    )


_statuses: GroupCommit[_Said, None] = GroupCommit(_keep_statuses, name="connectors")
