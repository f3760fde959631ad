"""NotifyEvent: what monitors and the station itself report (N07, N08)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from diagnostics.handlers.gathered import Gathered
from diagnostics.ocpp.event_data import read_notify_event
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events import record_rows
from diagnostics.services.events.rows import EventRow, Received, rows_of


def read(
    station_id: Any, version: OcppVersion, payload: dict[str, Any], now: datetime
) -> list[EventRow]:
    # Made into rows at once: the thread that commits has the less to do between two batches.
    return rows_of(Received(station_id, read_notify_event(payload), now))


NOTIFY_EVENT = Gathered(read, record_rows)
