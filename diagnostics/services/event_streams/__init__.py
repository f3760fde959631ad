"""Periodic event streams (N11 to N15): opened by the station, filled by SENDs.

What is asked about them is in `pace`. OCPP has no message that closes a stream from here:
clear its monitor (N13.FR.05).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.models import EventStream, EventStreamSample, Monitor
from diagnostics.models.event_stream import StreamStatus
from diagnostics.ocpp.codecs.event_streams import StreamData, StreamFacts
from diagnostics.progress import publish_on_commit, publish_soon
from diagnostics.services import reports
from diagnostics.services.event_streams import pace as stream_pace
from diagnostics.services.timeline import Source, note

# Open streams that one station may have here; more are refused, and it sends events instead.
MOST_OPEN = 100

# What still comes shortly after a stream was closed belongs to it (N13.FR.01: it is flushed).
AFTERMATH = timedelta(minutes=2)

BATCH = 1000


def open_stream(station: Any, facts: StreamFacts) -> bool:
    """The station opens a stream (N11). False where it is refused: NotifyEvent comes instead.

    Taken also when nobody here knows its monitor: the values are worth more than their name, and
    a monitoring report is asked for to learn it (N11.FR.08).
    """
    running = EventStream.objects.running().filter(station=station)
    with transaction.atomic():
        old = running.select_for_update().filter(stream_id=facts.stream_id).first()
        if old is None and running.count() >= MOST_OPEN:
            note(station=station, kind="stream.refused", source=Source.STATION,
                 stream=facts.stream_id)  # fmt: skip
            return False
        row = _opened(station, facts, old)
        note(station=station, kind="stream.opened", source=Source.STATION, stream=row.stream_id)
    if not row.component:
        _ask_for_names(station)
    return True


def _opened(station: Any, facts: StreamFacts, old: EventStream | None) -> EventStream:
    known = {None, facts.monitor_id}
    if old is not None and old.variable_monitoring_id not in known:
        _close(old, "replaced")  # the station gave the id to another stream
        old = None
    now = timezone.now()
    row = old or EventStream(station=station, stream_id=facts.stream_id, opened_at=now)
    row.status = StreamStatus.OPEN
    row.variable_monitoring_id = facts.monitor_id
    row.interval, row.values_per_message = facts.interval, facts.values
    row.pending_rises = row.own_adjustments = 0
    _take_name(row)
    row.save()
    _announce(row)
    return row


def _take_name(row: EventStream) -> None:
    """What the stream carries, from its monitor (N11.FR.04)."""
    if row.variable_monitoring_id is None:
        return
    live = Monitor.objects.live().filter(station=row.station)
    monitor = live.filter(monitor_id=row.variable_monitoring_id).last()
    if monitor is None:
        return
    for column, value in row.columns(monitor.reference).items():
        setattr(row, column, value)
    row.severity = monitor.severity
    row.event_notification_type = monitor.event_notification_type


def name_streams(station: Any) -> None:
    """Name the streams of monitors that became known since they were opened."""
    for row in EventStream.objects.nameless().filter(station=station)[:MOST_OPEN]:
        _take_name(row)
        if row.component:
            row.save()
            _announce(row)


def _ask_for_names(station: Any) -> None:
    try:
        reports.request_monitoring_report(station=station)
    except RequestRefused as error:
        note(station=station, kind="stream.nameless", source=Source.SYSTEM, info=str(error))


def close_stream(station: Any, stream_id: int) -> None:
    """The station closes a stream (N13); one that is not open needs no word."""
    running = EventStream.objects.running().filter(station=station, stream_id=stream_id)
    with transaction.atomic():
        for row in running.select_for_update():
            _close(row, "")


def _close(row: EventStream, why: str) -> None:
    row.status, row.closed_at = StreamStatus.CLOSED, timezone.now()
    row.save(update_fields=["status", "closed_at"])
    note(station=row.station, kind="stream.closed", source=Source.STATION,
         stream=row.stream_id, reason=why)  # fmt: skip
    _announce(row)


def close_streams_of_monitor(station: Any, monitor_id: int) -> None:
    """The monitor is gone, and its stream ends (N13.FR.05): the station flushes, then closes it."""
    open_ = EventStream.objects.running().filter(station=station, status=StreamStatus.OPEN)
    open_.filter(variable_monitoring_id=monitor_id).update(status=StreamStatus.CLOSING)


def record_stream_data(station: Any, data: StreamData, *, now: datetime | None = None) -> None:
    """Keep the values of one NotifyPeriodicEventStream; those that come twice are kept once.

    Values of a stream that was never announced are kept too, and the station is asked, once,
    which streams it has (N12).
    """
    now = now or timezone.now()
    row = _stream_of(station, data.stream_id, now)
    with transaction.atomic():
        EventStreamSample.objects.bulk_create(
            [
                EventStreamSample(stream=row, at=at, value=value.replace("\0", ""), received_at=now)
                for at, value in data.samples
            ],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        _take_pending(row, data.pending, now)
        if data.unread:
            note(station=station, kind="stream.unread", source=Source.STATION, may_repeat=True,
                 now=now, stream=row.stream_id)  # fmt: skip
    if row.variable_monitoring_id is not None and not row.component:
        name_streams(station)


def _stream_of(station: Any, stream_id: int, now: datetime) -> EventStream:
    known = EventStream.objects.filter(station=station, stream_id=stream_id)
    row = known.running().first()
    row = row or known.filter(closed_at__gte=now - AFTERMATH).order_by("-closed_at").first()
    if row is not None:
        return row
    row, is_new = EventStream.objects.get_or_create(
        station=station,
        stream_id=stream_id,
        closed_at=None,
        defaults={"status": StreamStatus.UNKNOWN, "opened_at": now},
    )
    if is_new:
        note(station=station, kind="stream.unknown", source=Source.STATION, stream=stream_id)
        _ask_which(station)
    return row


def _ask_which(station: Any) -> None:
    try:
        stream_pace.get_streams(station=station)
    except RequestRefused as error:
        note(station=station, kind="stream.nameless", source=Source.SYSTEM, info=str(error))


def _take_pending(row: EventStream, pending: int, now: datetime) -> None:
    rises = row.pending_rises + 1 if pending > row.pending else row.pending_rises
    row.pending_rises = 0 if pending == 0 or pending < row.pending else min(rises, 1000)
    row.pending, row.last_at = min(pending, 2**31 - 1), now
    row.own_adjustments = row.own_adjustments if pending else 0
    row.save(update_fields=["pending", "pending_rises", "last_at", "own_adjustments"])
    stream_pace.catch_up(row)
    publish_soon("eventstream", {row.pk: {"state": row.status}})


def _announce(row: EventStream) -> None:
    publish_on_commit("eventstream", row.pk, state=row.status)


# What time does


def sweep_streams(now: datetime) -> None:
    """Close what was being closed."""
    ending = EventStream.objects.filter(status=StreamStatus.CLOSING, closed_at=None)
    for row in ending.exclude(last_at__gte=now - AFTERMATH)[:BATCH]:
        _close(row, "")
