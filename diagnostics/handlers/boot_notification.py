"""BootNotification: who the station says it is. The host decides on the answer (B01)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.fleet.station_facts import record_boots


def handle_boot_notification(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> None:
    record_boots([(station, codec_for(version).decode_boot(payload))])
