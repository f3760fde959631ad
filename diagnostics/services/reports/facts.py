"""What is learnt about reports: answers, parts, silence and reboots, and the status that follows.

Every change happens in `locked`: the row is held, facts are set, the status is drawn anew from all
of them, and a report that has become complete is taken over, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.report import (
    SETTLED,
    SUCCEEDED,
    GivenUp,
    ReportKind,
    ReportStatus,
    judge,
)
from diagnostics.models import OutboundCall, Report, ReportPart
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_on_commit
from diagnostics.services import device_model, monitors
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.timeline import Source, note

# A part numbered beyond this is a mistake: no station is that big.
MOST_PARTS = 10_000

# Parts that may follow one that claimed to be the last, since some stations leave out `tbc`: with
# each of them the report is taken over again.
MOST_UNANNOUNCED = 200

# Entries that could not be read, kept of one part to be looked at.
MOST_UNREAD = 50

# Rows handled by one sweep; the next one takes the rest.
BATCH = 200


@contextmanager
def locked(row: Report) -> Iterator[Report]:
    """Hold the row, let the caller set facts on it, then judge, save, take over and announce it.

    Whoever holds a call too has taken it first.
    """
    with transaction.atomic():
        held = (
            Report.objects.select_for_update(of=("self",))
            .select_related("call", "station")
            .get(pk=row.pk)
        )
        was = held.status, held.reason
        yield held
        _judge(held)
        held.save()
        is_news = (held.status, held.reason) != was
        if held.status in SUCCEEDED and (is_news or held.applied_at is None):
            _take_over(held)
        elif held.status == ReportStatus.INCOMPLETE and is_news and held.parts.exists():
            _take_over_what_is_there(held)


def _judge(row: Report) -> None:
    was = row.status
    if row.call:
        row.call.refresh_from_db(fields=["status", "error_code"])
    judgement = judge(row.facts())
    row.status, row.reason = judgement.status, judgement.reason
    if row.status != was:
        row.settled_at = timezone.now() if row.status in SETTLED else None
        if row.status in SETTLED:
            _note(row, "report.settled", Source.SYSTEM, status=row.status, reason=row.reason)
            profile_queue.mark(row.station)
        if row.kind == ReportKind.MONITORING:
            monitor_facts.report_moved(row)
    publish_on_commit("report", row.pk, state=row.status)


def _take_over(row: Report) -> None:
    """The set of monitors, or of variables, that is known from now on."""
    row.applied_at = now = timezone.now()
    row.save(update_fields=["applied_at"])
    if row.kind == ReportKind.MONITORING:
        monitors.reconcile(row)
    elif row.status == ReportStatus.COMPLETE:
        device_model.apply_report(row, now)


def _take_over_what_is_there(row: Report) -> None:
    """Parts or entries are missing, and may stay so: what is there is added, nothing forgotten.

    Some stations never send a whole report, or number its parts from 1. What one lacks would look
    like what they lost.
    """
    if row.kind == ReportKind.MONITORING:
        monitors.reconcile(row)
    else:
        device_model.apply_report(row, timezone.now())


def call_moved(call: OutboundCall) -> None:
    """The request was sent or settled: draw the consequences."""
    if call.report is None:
        return
    with locked(call.report) as row:
        if call.status != CallStatus.ANSWERED:
            return
        answer = codec_for(OcppVersion.V21).decode_report_answer(call.answer or {})
        row.answer = answer.status
        row.answered_at = call.settled_at
        row.heard_at = max(filter(None, [row.heard_at, call.settled_at]), default=None)
        row.reason_code, row.reason_info = answer.reason_code, answer.additional_info


def receive_report_part(
    station: Any,
    *,
    request_id: int,
    seq_no: int,
    tbc: bool,
    generated_at: datetime | None,
    items: Sequence[dict[str, Any]],
    unread: Sequence[str] = (),
    damaged: bool = False,
    monitoring: bool = False,
    now: datetime | None = None,
) -> Report | None:
    """Keep one NotifyReport or NotifyMonitoringReport; any order, any number of times.

    `unread` are the entries that could not be read, as texts; `damaged` says that something is
    missing, because of them or because the part came empty.
    Returns the report that it belongs to. One that belongs to none is noted, and nothing else.
    """
    now = now or timezone.now()
    found = _spoken_of(station, request_id, monitoring)
    if found is None or not 0 <= seq_no < MOST_PARTS:
        note(
            station=station,
            kind="report.unmatched",
            source=Source.STATION,
            now=now,
            request_id=request_id,
        )
        return None
    with locked(found) as row:
        row.heard_at = now
        contents = {
            "items": list(items),
            "count": len(items),
            "unread": list(unread[:MOST_UNREAD]),
            "unread_count": len(unread),
            "damaged": damaged,
        }
        part, created = ReportPart.objects.get_or_create(
            report=row,
            seq_no=seq_no,
            defaults={"tbc": tbc, "generated_at": generated_at, "received_at": now, **contents},
        )
        if not created:
            _repeat(part, contents)
        elif row.status in SUCCEEDED and seq_no < MOST_UNANNOUNCED:
            row.applied_at = None  # the part before was not the last after all
    return row


def _repeat(part: ReportPart, contents: dict[str, Any]) -> None:
    """The same part again: only what came damaged before can be bettered."""
    repaired = contents if part.damaged and not contents["damaged"] else {}
    ReportPart.objects.filter(pk=part.pk).update(times_received=F("times_received") + 1, **repaired)


def _spoken_of(station: Any, request_id: int, monitoring: bool) -> Report | None:
    """The report that a part is of; only one that was asked for can be. 0 is a legal id."""
    asked = Report.objects.filter(
        station=station, request_id=request_id, call__sent_at__isnull=False
    )
    row = asked.order_by("-pk").first()
    return row if row and (row.kind == ReportKind.MONITORING) == monitoring else None


def expire_reports(now: datetime) -> None:
    """Give up on parts that do not come. One that still comes is taken all the same."""
    silence = now - app_settings.report_part_timeout
    for found in Report.objects.stalled(silence).order_by("pk")[:BATCH]:
        with locked(found) as row:
            if row.heard_at is None or row.heard_at < silence:
                row.given_up = GivenUp.TIME_OUT


def end_by_boot(stations: Sequence[Any]) -> None:
    """A station that restarted between two parts has forgotten the rest."""
    for found in Report.objects.expecting().filter(station__in=stations).order_by("pk"):
        with locked(found) as row:
            row.given_up = GivenUp.REBOOT


def _note(row: Report, kind: str, source: str, **data: Any) -> None:
    name = row.criteria.get("reportBase") or row.kind
    note(station=row.station, kind=kind, source=source, report=f"{name} #{row.pk}", **data)
