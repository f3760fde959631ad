"""Calls on their way to a station, and what came back.

Whoever holds a station's connection takes its calls from here one at a time, and brings back what
became of each. Every movement is a compare-and-set on the row, so two processes that believe they
hold the same station, an answer that comes twice or late, and a sweep in between do no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from diagnostics.exceptions import RequestClosed
from diagnostics.lifecycles.call import (
    CONNECTION_LOST,
    INVALID_ANSWER,
    NO_ANSWER,
    TERMINAL,
    UNSUPPORTED,
    CallEvent,
)
from diagnostics.lifecycles.log_request import OPEN as OPEN_LOGS
from diagnostics.models import LogRequest, OutboundCall
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.personal import without_personal_data
from diagnostics.ocpp.schemas import sent_by_csms
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_on_commit
from diagnostics.ringing import ring
from diagnostics.services import calls
from diagnostics.services.calls import secrecy
from diagnostics.services.calls.kinds import ENCODERS, FOLLOWERS
from diagnostics.services.customer_information import certificates
from diagnostics.services.fleet import capabilities, health
from diagnostics.services.timeline import Source, note
from diagnostics.signals import call_settled

# A waiting call that may not go out yet does not hold up those behind it, up to this many.
LOOK_AHEAD = 50

# How long after its deadline a call that no process reported is taken to be unanswered.
SWEEP_SLACK = timedelta(seconds=15)

BATCH = 500


def next_call(
    station: Any, *, version: OcppVersion, connection: str = "", registration: str = "Accepted"
) -> OutboundCall | None:
    """The call to put on the wire now, marked Sent, or None.

    `wire_action`, `wire_payload`, `message_id` and `timeout` (seconds) say what to send.
    `connection` names the connection that takes it, for `connections_lost`. `registration` is the
    station's boot state: in Pending only what OCPP allows goes out (B02.FR.01), in Rejected
    nothing (B03.FR.03).
    """
    if registration == "Rejected" or _in_flight(station):
        return None
    allowed = codec_for(version).pending_actions if registration == "Pending" else None
    # Left out before they are counted: a boot may have to be triggered behind many of them.
    held_back = sent_by_csms(version) - allowed if allowed is not None else frozenset()
    for call in _waiting(station, held_back):
        wire = None if certificates.must_wait(call) else encode(call, version)
        if wire is None or (allowed is not None and wire.action not in allowed):
            continue
        if _must_wait(call, wire):
            continue
        if _mark_sent(call, wire, connection):
            return call
    return None


def _waiting(station: Any, held_back: frozenset[str]) -> Iterator[OutboundCall]:
    """The oldest first. Nearly always it can go, so that the others are not looked for."""
    waiting = OutboundCall.objects.pending().filter(station=station, expires_at__gt=timezone.now())
    if held_back:
        waiting = waiting.exclude(action__in=held_back)
    waiting = waiting.select_related("station", "log_request").order_by("pk")
    first = waiting.first()
    if first is not None:
        yield first
        yield from waiting.filter(pk__gt=first.pk)[:LOOK_AHEAD]


def _in_flight(station: Any) -> bool:
    return OutboundCall.objects.in_flight().filter(station=station).exists()


def encode(call: OutboundCall, version: OcppVersion) -> WireCall | None:
    """The call in this version's words; one that the version cannot say ends here."""
    try:
        if call.raw:
            codec_for(version).check_call(call.action, call.payload)
            kept = secrecy.kept(call.station_id, call.action, call.payload)
            return WireCall(call.action, call.payload, kept)
        return ENCODERS[call.action](call, version)
    except OcppError as error:
        _settle(call, CallEvent.CANCEL, error_code=UNSUPPORTED, error_description=str(error)[:255])
        return None


def _must_wait(call: OutboundCall, wire: WireCall) -> bool:
    """GetDiagnostics has no ids: a second one would make statuses and files ambiguous (6.2)."""
    if wire.action != "GetDiagnostics" or call.log_request is None:
        return False
    running = LogRequest.objects.filter(station=call.station, verdict__in=OPEN_LOGS)
    others = running.exclude(pk=call.log_request.pk)
    return others.filter(call__wire_action="GetDiagnostics").exists()


def _mark_sent(call: OutboundCall, wire: WireCall, connection: str) -> bool:
    """Secrets of the payload are for the wire alone: they are on the call that is returned, and
    not in its row."""
    try:
        sent = _settle(call, CallEvent.SEND, **sent_columns(call, wire, connection))
    except IntegrityError:  # another process has just sent this station a call
        return False
    call.wire_payload = wire.payload
    return sent


def sent_columns(call: OutboundCall, wire: WireCall, connection: str) -> dict[str, Any]:
    """What the row of a call says once it is sent."""
    now = timezone.now()
    return {
        "sent_at": now,
        "deadline_at": now + timedelta(seconds=call.timeout) + SWEEP_SLACK,
        "connection": connection,
        "wire_action": wire.action,
        "wire_payload": wire.payload if wire.kept is None else wire.kept,
    }


@transaction.atomic
def _settle(call: OutboundCall, event: CallEvent, **columns: Any) -> bool:
    """Move the call and draw the consequences, in one transaction. False: not allowed any more."""
    if call.log_request is not None:  # the lock order of `log_facts.locked`
        LogRequest.objects.select_for_update().filter(pk=call.log_request.pk).first()
    if event is not CallEvent.SEND:
        columns["settled_at"] = timezone.now()
    if not calls.move(call, event, **columns):
        return False
    capabilities.learn_from([call])
    if event is CallEvent.TIME_OUT and call.error_code == NO_ANSWER:
        health.count("unanswered", call.station_id)
    if follower := FOLLOWERS.get(call.action):
        follower(call)
    if call.raw and call.status in TERMINAL:
        secrecy.forget(call)
    publish_on_commit("call", call.pk, state=call.status)
    if call.status in TERMINAL:
        transaction.on_commit(lambda: _announce(call))
    return True


def withdraw(call: OutboundCall) -> None:
    """Take back a call that has not been sent, and tell what it was a part of.

    Raises RequestClosed when it has been sent, or has ended.
    """
    kept = without_personal_data(call.action, call.payload)
    if not _settle(call, CallEvent.CANCEL, payload=kept):
        raise RequestClosed("The call has already been sent, or has ended.")


def _announce(call: OutboundCall) -> None:
    call_settled.send_robust(sender=OutboundCall, call=call)


def record_answer(station: Any, message_id: str, payload: Any) -> bool:
    """A CALLRESULT came. False when it answers no call that was placed here."""
    call = _find(station, message_id)
    if call is None:
        return False
    late = call.status != "Sent"
    if not isinstance(payload, dict):
        return record_refusal(station, message_id, INVALID_ANSWER, "The answer is no object.", {})
    answer = secrecy.kept(station.pk, call.wire_action, payload)
    return _settle(call, CallEvent.ANSWER, answer=answer, late=late, error_code="")


def record_refusal(
    station: Any, message_id: str, code: str, description: str, details: Any
) -> bool:
    """A CALLERROR came, or an answer that cannot be read (code InvalidAnswer)."""
    call = _find(station, message_id)
    if call is None:
        return False
    return _settle(
        call,
        CallEvent.REFUSE,
        late=call.status != "Sent",
        error_code=str(code)[:64],
        error_description=str(description)[:255],
        answer=details if isinstance(details, dict) and details else None,
    )


def record_timeout(station: Any, message_id: str) -> bool:
    """The answer is overdue. It may still come, and is then recorded as late."""
    call = _find(station, message_id)
    return call is not None and _settle(call, CallEvent.TIME_OUT, error_code=NO_ANSWER)


def _find(station: Any, message_id: str) -> OutboundCall | None:
    ours = OutboundCall.objects.filter(station=station, message_id=message_id)
    return ours.select_related("station", "log_request", "variable_request", "report").first()


def note_unmatched(station: Any, message_id: str) -> None:
    """The station answered a call that nobody placed, or one that was forgotten."""
    note(
        station=station,
        kind="call.unmatched",
        source=Source.STATION,
        may_repeat=True,
        message_id=message_id,
    )


def connections_lost(ended: Iterable[tuple[Any, str | None]]) -> None:
    """Connections are gone, each (station, connection): the outcome of what they carried is
    unknown. Without a connection that is whatever is in flight to the station.
    """
    gone = {(station.pk, connection) for station, connection in ended}
    lost = OutboundCall.objects.in_flight().filter(station__in={pk for pk, _ in gone})
    if not lost.exists():  # nearly always, and a quarter of what a connection would cost
        return
    for call in lost.select_related("station", "log_request"):
        if not gone.isdisjoint({(call.station_id, None), (call.station_id, call.connection)}):
            _settle(call, CallEvent.TIME_OUT, error_code=CONNECTION_LOST)


def expire_calls(now: datetime) -> None:
    """End what waited too long: for an absent station, or for an answer no process reported."""
    related = ("station", "log_request")
    for call in OutboundCall.objects.expired(now).select_related(*related)[:BATCH]:
        _settle(call, CallEvent.EXPIRE)
    for call in OutboundCall.objects.overdue(now).select_related(*related)[:BATCH]:
        _settle(call, CallEvent.TIME_OUT, error_code=NO_ANSWER)


def ring_waiting() -> None:
    """Ring again for connected stations with calls waiting: doorbells may be lost."""
    waiting = OutboundCall.objects.pending().order_by("station_id", "pk")
    busy = OutboundCall.objects.in_flight().values("station_id")
    first: dict[Any, OutboundCall] = {}
    for call in waiting.exclude(station_id__in=busy).select_related("station")[: 10 * BATCH]:
        first.setdefault(call.station_id, call)
    ring(list(first.values()))


def stations_waiting() -> list[Any]:
    """Primary keys of the stations that have calls waiting, connected or not."""
    waiting = OutboundCall.objects.pending().order_by().values_list("station_id", flat=True)
    return list(waiting.distinct())
