"""NotifyEvent: what monitors and the station itself report (N07, N08)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.event_data import read_notify_event
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events import record_events


def handle_notify_event(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    record_events(station, read_notify_event(payload))
    return {}
