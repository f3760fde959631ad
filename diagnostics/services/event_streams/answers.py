"""What stations answered about their event streams (N12, N14)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from diagnostics.lifecycles.call import CallStatus
from diagnostics.models import EventStream, OutboundCall
from diagnostics.models.event_stream import StreamStatus
from diagnostics.ocpp.codecs.event_streams import decode_stream, decode_streams
from diagnostics.ocpp.codecs.fields import text
from diagnostics.services.event_streams import open_stream
from diagnostics.services.event_streams import pace as stream_pace
from diagnostics.services.timeline import Source, note


def streams_listed(call: OutboundCall) -> None:
    """GetPeriodicEventStream was answered: what is listed is open, what is not has ended.

    A stream that opened after the question was sent is left alone.
    """
    if call.status != CallStatus.ANSWERED or call.sent_at is None:
        return
    listed = {facts.stream_id: facts for facts in decode_streams(call.answer or {})}
    running = EventStream.objects.running().filter(station=call.station)
    known = dict(running.values_list("stream_id", "status"))
    for stream_id, facts in listed.items():
        if known.get(stream_id) != StreamStatus.OPEN:
            open_stream(call.station, facts)
        else:
            running.filter(stream_id=stream_id).update(
                interval=facts.interval, values_per_message=facts.values
            )
    gone = running.filter(opened_at__lt=call.sent_at).exclude(stream_id__in=list(listed))
    ended = gone.exclude(status=StreamStatus.UNKNOWN)
    if ended.update(status=StreamStatus.CLOSED, closed_at=timezone.now()):
        note(station=call.station, kind="stream.gone", source=Source.STATION)


def stream_adjusted(call: OutboundCall) -> None:
    """AdjustPeriodicEventStream was answered: Accepted changes the pace, Rejected nothing."""
    if call.status != CallStatus.ANSWERED:
        return
    asked = decode_stream(call.wire_payload or call.payload)
    status = text(call.answer or {}, "status", 20)
    if asked is None:
        return
    with transaction.atomic():
        running = EventStream.objects.running().filter(station=call.station)
        stream = running.filter(stream_id=asked.stream_id)
        if status == "Accepted":
            stream.update(interval=asked.interval, values_per_message=asked.values, pending_rises=0)
        elif call.placed_by is None:
            stream.update(own_adjustments=stream_pace.MOST_TIMES + 1)
        note(
            station=call.station,
            kind="stream.adjusted",
            source=Source.STATION,
            stream=asked.stream_id,
            status=status,
        )
