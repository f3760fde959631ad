"""StatusNotification: the faults it tells go into the inbox; the answer is the host's (G01)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from diagnostics.handlers.gathered import Gathered
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.event_data import STATUS, EventReport, event_of_status
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events import record_statuses
from diagnostics.services.events.rows import Received


def read(station_id: Any, version: OcppVersion, payload: dict[str, Any], now: datetime) -> Received:
    facts = event_of_status(codec_for(version).decode_connector_status(payload), now)
    return Received(station_id, EventReport(STATUS, None, None, (facts,)), now)


STATUS_NOTIFICATION = Gathered(read, record_statuses, is_answered=False)
