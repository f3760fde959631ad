"""What is learnt about log requests, from whichever side, and the verdict that follows (N01).

Every change happens in `locked`: the row is held, facts are set, and the verdict is drawn anew
from all of them. Nothing here raises at a station: what cannot be matched is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from diagnostics.jobs import enqueue
from diagnostics.lifecycles.call import CallEvent, CallStatus
from diagnostics.lifecycles.log_request import (
    SETTLED,
    GivenUp,
    LogVerdict,
    UploadStatus,
    judge,
    merge_status,
)
from diagnostics.models import LogRequest, OutboundCall
from diagnostics.ocpp.messages import LogStatus
from diagnostics.progress import publish_on_commit
from diagnostics.services import calls
from diagnostics.services.logs import in_campaigns
from diagnostics.services.timeline import Source, note
from diagnostics.services.uploads import routes as upload_routes
from diagnostics.signals import log_request_changed, log_request_settled

GET_DIAGNOSTICS = "GetDiagnostics"
TAKE_UPLOAD = "diagnostics.tasks.take_upload"


@contextmanager
def locked(row: LogRequest) -> Iterator[LogRequest]:
    """Hold the row, let the caller set facts on it, then judge, save and announce it.

    Always the first lock taken, before that of a call: two processes never wait for each other.
    """
    with transaction.atomic():
        held = (
            LogRequest.objects.select_for_update(of=("self",))
            .select_related("call", "station")
            .get(pk=row.pk)
        )
        yield held
        _judge(held)
        held.save()


def _judge(row: LogRequest) -> None:
    was = row.verdict
    if row.call:
        row.call.refresh_from_db(fields=["status", "error_code"])
    judgement = judge(row.facts())
    row.verdict, row.reason = judgement.verdict, judgement.reason
    settled = row.verdict in SETTLED
    if row.verdict != was:
        row.settled_at = timezone.now() if settled else None
        in_campaigns.follow_request(row, was)
    publish_on_commit("logrequest", row.pk, state=row.verdict)
    transaction.on_commit(lambda: _send(log_request_changed, row))
    if settled and row.verdict != was:
        upload_routes.learn_from(row)
        transaction.on_commit(lambda: _send(log_request_settled, row))


def _send(signal: Any, row: LogRequest) -> None:
    signal.send_robust(sender=LogRequest, log_request=row)


def record_log_status(
    station: Any, status: LogStatus, *, now: datetime | None = None
) -> LogRequest | None:
    """Keep what the station says of its upload. Returns the request it spoke of, if any."""
    now = now or timezone.now()
    if status.status == UploadStatus.IDLE:
        return _record_idle(station, status, now)
    call = _spoken_of(station, status)
    if call is None or call.log_request is None:
        _note_unmatched(station, status, now)
        return None
    with locked(call.log_request) as row:
        _note_status(row, status, now)
        if status.status == UploadStatus.ACCEPTED_CANCELED and call.pk != row.call_id:
            return row  # the first asking of a request that was asked again: nothing has ended
        _take_status(row, status, now)
        if row.signed_until and row.station_status != UploadStatus.UPLOADING:
            _look_at_once(row)
    return row


def _look_at_once(row: LogRequest, *, after_idle: bool = False) -> None:
    """The station's file may lie in the store, where it puts it by itself."""
    transaction.on_commit(lambda: enqueue(TAKE_UPLOAD, row.pk, after_idle, slow=True))


def _take_status(row: LogRequest, status: LogStatus, now: datetime) -> None:
    merged = merge_status(row.station_status, status.status)
    if merged == status.status:
        if row.station_status != merged:
            row.reason_code, row.reason_info = status.reason_code, status.additional_info
        row.station_status = merged
    row.station_status_at = now
    row.given_up = ""
    withdraw_repeat(row)


def withdraw_repeat(row: LogRequest) -> None:
    """The first asking did reach the station, as it turns out: do not ask again."""
    if row.call and row.calls.exclude(pk=row.call.pk).filter(request_id__isnull=False).exists():
        earlier = row.calls.filter(request_id__isnull=False, wire_action__gt="").last()
        if earlier and calls.move(row.call, CallEvent.CANCEL, settled_at=timezone.now()):
            row.call = earlier


def _record_idle(station: Any, status: LogStatus, now: datetime) -> LogRequest | None:
    """No upload is running, which ends what was accepted and unfinished, unless bytes flow.

    1.6 stations may add the id of their last upload, others give none (N01.FR.13).
    """
    expected = LogRequest.objects.filter(station=station).with_upload_expected()
    if status.request_id is not None:
        expected = expected.filter(calls__request_id=status.request_id)
    ended = [_end_by_idle(row, status, now) for row in expected.distinct()]
    if not ended:
        note(station=station, kind="log.idle", source=Source.STATION, now=now, may_repeat=True)
    return ended[-1] if ended else None


def _end_by_idle(found: LogRequest, status: LogStatus, now: datetime) -> LogRequest:
    with locked(found) as row:
        _note_status(row, status, now)
        if row.signed_until:
            _look_at_once(row, after_idle=True)
        elif row.station_status != UploadStatus.UPLOADED and not row.is_receiving(now):
            row.given_up = GivenUp.IDLE
    return row


def _spoken_of(station: Any, status: LogStatus) -> OutboundCall | None:
    """The call whose upload a status is about. 0 is a legal id; 1.6 core has none at all."""
    asked = OutboundCall.objects.filter(station=station, log_request__isnull=False).exclude(
        wire_action=""
    )
    if status.request_id is not None:
        return asked.filter(request_id=status.request_id).select_related("log_request").last()
    if status.legacy:
        asked = asked.filter(wire_action=GET_DIAGNOSTICS)
    asked = asked.filter(request_id__isnull=False).select_related("log_request")
    running = asked.filter(Q(log_request__in=LogRequest.objects.open()))
    return running.last() or (asked.last() if status.legacy else None)


def _note_status(row: LogRequest, status: LogStatus, now: datetime) -> None:
    note(
        station=row.station,
        log_request=row,
        kind="log.status",
        source=Source.STATION,
        now=now,
        may_repeat=True,
        status=status.status,
        reason=status.reason_code,
        info=status.additional_info,
    )


def _note_unmatched(station: Any, status: LogStatus, now: datetime) -> None:
    note(
        station=station,
        kind="log.unmatched",
        source=Source.STATION,
        now=now,
        may_repeat=True,
        status=status.status,
        request_id=status.request_id,
    )


def supersede_older(row: LogRequest) -> None:
    """The station answered AcceptedCanceled: whatever it was uploading before has ended.

    2.x says so in a status of its own, 1.6 only by this answer (N01.FR.11, N01.FR.20).
    """
    older = (
        LogRequest.objects.filter(station=row.station, pk__lt=row.pk, superseded_by=None)
        .filter(
            Q(verdict__in=[LogVerdict.ACCEPTED, LogVerdict.UPLOADING])
            | Q(station_status=UploadStatus.ACCEPTED_CANCELED)
        )
        .filter(call__status__in=[CallStatus.ANSWERED, CallStatus.TIMED_OUT])
    )
    for found in older.order_by("pk"):
        with locked(found) as canceled:
            canceled.superseded_by = row
            note(
                station=row.station,
                log_request=canceled,
                kind="log.superseded",
                source=Source.STATION,
                by=row.pk,
            )
