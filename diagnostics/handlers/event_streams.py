"""OpenPeriodicEventStream, ClosePeriodicEventStream, NotifyPeriodicEventStream (2.1: N11 to N15).

The last one is a SEND and has no answer; some stations send it as a CALL, which is answered.
"""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs.event_streams import decode_open_stream, decode_stream_data
from diagnostics.ocpp.codecs.fields import whole
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.event_streams import close_stream, open_stream, record_stream_data


def handle_open_periodic_event_stream(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    facts = decode_open_stream(payload)
    accepted = facts is not None and open_stream(station, facts)
    return {"status": "Accepted" if accepted else "Rejected"}


def handle_close_periodic_event_stream(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    stream_id = whole(payload, "id")
    if stream_id is not None:
        close_stream(station, stream_id)
    return {}


def handle_notify_periodic_event_stream(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    data = decode_stream_data(payload)
    if data is not None:
        record_stream_data(station, data)
    return {}
