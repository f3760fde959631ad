"""Calls and answers of many stations at once, for a transport that gathers them.

What can be done for many by one statement is done here: calls that stand for themselves and of
which nothing follows, or nothing yet. All others are `ALONE`: their turn is with `delivery`, one by
one.

The statement that moves the calls is all that is written, and is no part of a transaction here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from django.db import IntegrityError
from django.db.models import Count, Min, Q
from django.utils import timezone

from diagnostics.lifecycles.call import CallEvent, CallStatus
from diagnostics.models import OutboundCall
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_soon
from diagnostics.services import calls
from diagnostics.services.calls import secrecy
from diagnostics.services.calls.delivery import encode, sent_columns
from diagnostics.services.calls.kinds import FOLLOWERS, SENT_WITHOUT_CONSEQUENCES
from diagnostics.services.fleet import capabilities
from diagnostics.signals import call_settled


class Taker(NamedTuple):
    """A connection that may take a call; the words are those of `delivery.next_call`."""

    station_id: Any
    version: OcppVersion
    connection: str
    registration: str = "Accepted"


class Answer(NamedTuple):
    """A CALLRESULT as it came from a station."""

    station_id: Any
    message_id: str
    payload: Any


class Alone:
    """What became of something that must be done by itself: nothing yet."""


ALONE: Final = Alone()


def next_calls(takers: Sequence[Taker]) -> list[OutboundCall | Alone | None]:
    """The call for each to put on the wire now, marked Sent; as `delivery.next_call`."""
    firsts = _firsts({taker.station_id for taker in takers if taker.registration != "Rejected"})
    results: list[OutboundCall | Alone | None] = []
    sending: list[tuple[OutboundCall, WireCall, str]] = []
    for taker in takers:
        call = firsts.pop(taker.station_id, None)
        wire = _encode_plain(call, taker) if call is not None else None
        results.append(ALONE if call is not None and wire is None else None)
        if call is not None and wire is not None:
            sending.append((call, wire, taker.connection))
            results[-1] = call
    sent = _mark_sent(sending)
    return [
        ALONE if isinstance(each, OutboundCall) and each.pk not in sent else each
        for each in results
    ]


def _firsts(stations: Collection[Any]) -> dict[Any, OutboundCall]:
    """The oldest waiting call of each station that has none in flight."""
    sent = Q(status=CallStatus.SENT)
    waits = Q(status=CallStatus.PENDING, expires_at__gt=timezone.now())
    queues = OutboundCall.objects.filter(sent | waits, station__in=stations).values_list("station")
    counted = queues.annotate(Min("pk"), Count("pk"), in_flight=Count("pk", filter=sent))
    waiting = {first: count for _, first, count, in_flight in counted if not in_flight}
    firsts = {}
    found = OutboundCall.objects.filter(pk__in=waiting).select_related("variable_request")
    for call in found if waiting else ():
        call.others_wait = waiting[call.pk] > 1
        firsts[call.station_id] = call
    return firsts


def _encode_plain(call: OutboundCall, taker: Taker) -> WireCall | None:
    """The call in the version's words; None where it cannot go as one of many."""
    if not (_is_plain(call) or call.action in SENT_WITHOUT_CONSEQUENCES):
        return None
    wire = encode(call, taker.version)
    if wire is None or taker.registration != "Pending":
        return wire
    return wire if wire.action in codec_for(taker.version).pending_actions else None


def _is_plain(call: OutboundCall) -> bool:
    return call.log_request_id is None and call.action not in FOLLOWERS


def _mark_sent(sending: Sequence[tuple[OutboundCall, WireCall, str]]) -> set[int]:
    changes = [(call, sent_columns(call, wire, connection)) for call, wire, connection in sending]
    try:
        moved = calls.move_each(CallEvent.SEND, changes)
    except IntegrityError:  # another process has just sent one of the stations a call
        return set()
    for call, wire, _ in sending:
        call.wire_payload = wire.payload  # what is secret of it is for the wire alone
    _publish(moved)
    return {call.pk for call in moved}


def record_answers(answers: Sequence[Answer]) -> list[bool | Alone]:
    """Record each; False where it answers no call that was placed here."""
    ids = {answer.message_id for answer in answers}
    found = OutboundCall.objects.filter(message_id__in=ids)
    known = {(call.station_id, call.message_id): call for call in found}
    now, results = timezone.now(), list[bool | Alone]()
    changes: dict[int, tuple[OutboundCall, dict[str, Any]]] = {}
    for answer in answers:
        call = known.get((answer.station_id, answer.message_id))
        is_plain = call is not None and _is_plain(call) and isinstance(answer.payload, dict)
        results.append(ALONE if call is not None else False)
        if call is not None and is_plain and call.pk not in changes:
            changes[call.pk] = (call, _answered(call, answer.payload, now))
            results[-1] = True
    moved = calls.move_each(CallEvent.ANSWER, list(changes.values()))
    _publish(moved)
    _announce(moved)
    capabilities.learn_from(moved)
    recorded = {(call.station_id, call.message_id) for call in moved}
    return [
        (answer.station_id, answer.message_id) in recorded if result is True else result
        for answer, result in zip(answers, results, strict=True)
    ]


def _answered(call: OutboundCall, payload: dict[str, Any], now: Any) -> dict[str, Any]:
    """What the row of a call says once it is answered; its own secrets go, as in `secrecy`."""
    own = call.payload
    return {
        "answer": secrecy.kept(call.station_id, call.wire_action, payload),
        "payload": secrecy.kept(call.station_id, call.action, own) if call.raw else own,
        "late": call.status != CallStatus.SENT,
        "error_code": "",
        "settled_at": now,
    }


def _publish(moved: Sequence[OutboundCall]) -> None:
    publish_soon("call", {call.pk: {"state": call.status} for call in moved})


def _announce(moved: Sequence[OutboundCall]) -> None:
    for call in moved:
        call_settled.send_robust(sender=OutboundCall, call=call)
