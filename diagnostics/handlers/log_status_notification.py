"""LogStatusNotification, and DiagnosticsStatusNotification of 1.6 (N01.FR.07 to .13)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.logs.facts import record_log_status


def handle_log_status_notification(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    record_log_status(station, codec_for(version).decode_log_status(action, payload))
    return {}
