"""What a station is asked about its event streams: which it has (N12), and another pace (N14).

A stream whose arrears grow is sped up by itself (N15.FR.05), in steps, and not for ever.
"""

from __future__ import annotations

from typing import Any

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import OPEN
from diagnostics.models import EventStream, OutboundCall
from diagnostics.models.event_stream import StreamStatus
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.codecs.event_streams import (
    ADJUST,
    encode_adjust_stream,
    encode_get_streams,
)
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.fleet import capabilities
from diagnostics.services.timeline import Source, note

# Steps by which a stream is sped up without anybody's click, until its arrears are gone.
MOST_TIMES = 6
# Values in one message beyond which more would make it too long for stations.
MOST_VALUES = 500


def get_streams(*, station: Any, requested_by: Any = None) -> OutboundCall:
    """Ask which streams are open (N12). Raises RequestRefused before 2.1."""
    wire = _encoded(station, lambda version: encode_get_streams(codec_for(version)))
    return _place(station, wire, requested_by)


def adjust_stream(
    row: EventStream, *, interval: int | None, values: int | None, requested_by: Any = None
) -> OutboundCall:
    """Change the pace of a stream: seconds between messages, values per message, or both (N14).

    Raises RequestRefused for neither (N11.FR.09), RequestClosed for a stream that has ended.
    """
    if not row.is_running:
        raise RequestClosed("The stream has ended.")
    if not interval and not values:
        raise RequestRefused("Give an interval, a number of values, or both.")
    wire = _encoded(
        row.station,
        lambda version: encode_adjust_stream(
            codec_for(version), row.stream_id, interval=interval or None, values=values or None
        ),
    )
    return _place(row.station, wire, requested_by)


def catch_up(row: EventStream) -> None:
    """Ask for a faster pace where more and more waits at the station (N15.FR.05).

    Not while it is being asked, nor after it refused; when no step is left, that is said once.
    """
    if not app_settings.adjust_streams or row.status != StreamStatus.OPEN or not row.is_too_slow:
        return
    if row.own_adjustments > MOST_TIMES or _is_asked(row):
        return
    pace = _faster(row) if row.own_adjustments < MOST_TIMES else None
    row.own_adjustments = row.own_adjustments + 1 if pace else MOST_TIMES + 1
    EventStream.objects.filter(pk=row.pk).update(own_adjustments=row.own_adjustments)
    if pace is None:
        _note(row, "stream.behind")
        return
    interval, values = pace
    try:
        adjust_stream(row, interval=interval, values=values)
    except RequestRefused as error:
        _note(row, "stream.behind", info=str(error))
        return
    _note(row, "stream.catching_up", interval=interval, values=values)


def _faster(row: EventStream) -> tuple[int | None, int | None] | None:
    """Twice as many values per message; or, where their number is free, half the interval."""
    interval, values = row.interval or None, row.values_per_message or None
    if values is not None and values < MOST_VALUES:
        return interval, min(2 * values, MOST_VALUES)
    if interval is not None and interval > 1:
        return interval // 2, values
    return None


def _is_asked(row: EventStream) -> bool:
    asked = OutboundCall.objects.filter(station=row.station, action=ADJUST, status__in=OPEN)
    return asked.filter(payload__id=row.stream_id).exists()


def _encoded(station: Any, encode: Any) -> WireCall:
    version = get_gateway().version(station) or OcppVersion.V21  # streams are new there
    try:
        wire: WireCall = encode(version)
    except OcppError as error:
        raise RequestRefused(str(error)) from error
    capabilities.check(station, wire.action)
    return wire


def _place(station: Any, wire: WireCall, requested_by: Any) -> OutboundCall:
    return calls.add_call(
        station=station,
        action=wire.action,
        payload=wire.payload,
        raw=True,
        placed_by=requested_by,
    )


def _note(row: EventStream, kind: str, **data: Any) -> None:
    note(station=row.station, kind=kind, source=Source.SYSTEM, stream=row.stream_id, **data)
