"""NotifyReport and NotifyMonitoringReport: parts of what was asked for (B07, B08, N02)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.reports.facts import receive_report_part


def handle_notify_report(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    part = codec_for(version).decode_report_part(action, payload)
    receive_report_part(
        station,
        request_id=part.request_id,
        seq_no=part.seq_no,
        tbc=part.tbc,
        generated_at=part.generated_at,
        items=part.items,
        unread=part.unread,
        damaged=part.damaged,
        monitoring=action == "NotifyMonitoringReport",
    )
    return {}
