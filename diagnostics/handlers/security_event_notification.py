"""SecurityEventNotification (A04; 1.6 security extension)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events import record_critical_event
from diagnostics.services.station_facts import record_security_event


def handle_security_event_notification(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    event = codec_for(version).decode_security_event(payload)
    record_security_event(station, event)
    record_critical_event(station, version, event)
    return {}
