"""SecurityEventNotification (A04; 1.6 security extension)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from diagnostics.handlers.gathered import Gathered
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.codecs.alerting import CRITICAL_EVENTS
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events.security_events import (
    ReceivedSecurityEvent,
    record_security_events,
)


def read(
    station_id: Any, version: OcppVersion, payload: dict[str, Any], now: datetime
) -> ReceivedSecurityEvent:
    event = codec_for(version).decode_security_event(payload)
    is_critical = event.type in CRITICAL_EVENTS[version]
    return ReceivedSecurityEvent(station_id, event, is_critical, now)


SECURITY_EVENT_NOTIFICATION = Gathered(read, record_security_events)
