"""StatusNotification: the faults it tells go into the inbox; the answer is the host's (G01)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events import record_status


def handle_status_notification(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> None:
    record_status(station, codec_for(version).decode_connector_status(payload))
