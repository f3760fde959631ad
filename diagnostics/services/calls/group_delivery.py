"""Calls and answers of many stations at once, for a transport that gathers them.

What can be done for many by one statement is done here: calls that stand for themselves and of
which nothing follows. All others are `ALONE`: their turn is with `delivery`, one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Min
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
from diagnostics.services.calls.kinds import FOLLOWERS
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
    here = OutboundCall.objects.filter(station__in=stations)
    busy = here.in_flight().values("station")
    waiting = here.pending().filter(expires_at__gt=timezone.now()).exclude(station__in=busy)
    first = waiting.order_by().values("station").annotate(first=Min("pk")).values("first")
    return {call.station_id: call for call in OutboundCall.objects.filter(pk__in=first)}


def _encode_plain(call: OutboundCall, taker: Taker) -> WireCall | None:
    """The call in the version's words; None where it cannot go as one of many."""
    if not _is_plain(call):
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
        moved = _move(CallEvent.SEND, changes)
    except IntegrityError:  # another process has just sent one of the stations a call
        return set()
    for call, wire, _ in sending:
        call.wire_payload = wire.payload  # what is secret of it is for the wire alone
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
    moved = {(each.station_id, each.message_id) for each in _move(ANSWER, list(changes.values()))}
    return [
        (answer.station_id, answer.message_id) in moved if result is True else result
        for answer, result in zip(answers, results, strict=True)
    ]


ANSWER = CallEvent.ANSWER


def _answered(call: OutboundCall, payload: dict[str, Any], now: Any) -> dict[str, Any]:
    return {
        "answer": secrecy.kept(call.station_id, call.wire_action, payload),
        "late": call.status != CallStatus.SENT,
        "error_code": "",
        "settled_at": now,
    }


@transaction.atomic
def _move(
    event: CallEvent, changes: Sequence[tuple[OutboundCall, dict[str, Any]]]
) -> list[OutboundCall]:
    """Move what may move; all or nothing happens in the database."""
    moved = calls.move_each(event, changes)
    publish_soon("call", {call.pk: {"state": call.status} for call in moved})
    if event is CallEvent.ANSWER:
        capabilities.learn_from(moved)
        for call in moved:
            if call.raw:
                secrecy.forget(call)
        transaction.on_commit(lambda: _announce(moved))
    return moved


def _announce(moved: Sequence[OutboundCall]) -> None:
    for call in moved:
        call_settled.send_robust(sender=OutboundCall, call=call)
