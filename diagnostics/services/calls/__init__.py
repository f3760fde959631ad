"""The outbox: calls placed for stations. Delivery and what comes back is in `delivery`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CallEvent, sources_of, target_of
from diagnostics.models import OutboundCall, StationInfo
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.personal import without_personal_data
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.ringing import ring_on_commit
from diagnostics.services.calls import secrecy
from diagnostics.services.many_rows import update_each

# requestId is a 32-bit signed integer (facts of the data types, both versions).
LARGEST_REQUEST_ID = 2**31 - 1


def place_call(
    *,
    station: Any,
    action: str,
    payload: dict[str, Any],
    expires_in: timedelta | None = None,
    timeout: timedelta | None = None,
    placed_by: Any = None,
) -> OutboundCall:
    """Put any call into the outbox, in the wire's own words.

    Checked now when the station's version is known, and again when it is delivered.
    Raises RequestRefused when that version has no such call or the payload breaks its schema.
    """
    check_call(station=station, action=action, payload=payload)
    _reserve_request_id(station, payload.get("requestId"))
    return add_call(
        station=station,
        action=action,
        payload=payload,
        raw=True,
        expires_in=expires_in,
        timeout=timeout,
        placed_by=placed_by,
    )


@transaction.atomic
def place_calls(
    *, stations: Sequence[Any], action: str, payload: dict[str, Any], **wanted: Any
) -> list[OutboundCall]:
    """`place_call` for many stations, with the same words and by few statements.

    All or none: raises RequestRefused where one of their versions does not know this call.
    """
    gateway = get_gateway()
    _check(action, payload, {gateway.version(station) for station in stations})
    for station in stations if "requestId" in payload else ():
        _reserve_request_id(station, payload["requestId"])
    one = {"action": action, "payload": payload, "raw": True, **wanted}
    return add_calls({"station": station, **one} for station in stations)


def check_call(*, station: Any, action: str, payload: dict[str, Any]) -> None:
    """Raise RequestRefused where the station's version has no such call, or not so."""
    _check(action, payload, {get_gateway().version(station)})


def _check(action: str, payload: dict[str, Any], versions: Collection[OcppVersion | None]) -> None:
    for version in versions:
        if version is not None:
            try:
                codec_for(version).check_call(action, payload)
            except OcppError as error:
                raise RequestRefused(str(error)) from error


def _reserve_request_id(station: Any, chosen: Any) -> None:
    """An id that somebody chose by hand is not given out again."""
    if isinstance(chosen, int) and 0 < chosen < LARGEST_REQUEST_ID // 2:
        info, _ = StationInfo.objects.get_or_create(station=station)
        StationInfo.objects.filter(pk=info.pk, last_request_id__lt=chosen).update(
            last_request_id=chosen
        )


def add_call(**wanted: Any) -> OutboundCall:
    """Write the outbox row and have it delivered once it is committed; see `_made`."""
    call = _made(**wanted)
    call.save()
    ring_on_commit(call)
    return call


def add_calls(wanted: Iterable[Mapping[str, Any]]) -> list[OutboundCall]:
    """`add_call` for many at once, by few statements; each as `_made` takes it."""
    placed = [_made(**each) for each in wanted]
    OutboundCall.objects.bulk_create(placed, batch_size=500)
    ring_on_commit(*placed)
    return placed


def _made(
    *,
    station: Any,
    action: str,
    payload: dict[str, Any] | None = None,
    raw: bool = False,
    request_id: int | None = None,
    expires_at: datetime | None = None,
    expires_in: timedelta | None = None,
    timeout: timedelta | None = None,
    placed_by: Any = None,
    **job: Any,
) -> OutboundCall:
    """The outbox row. `job` is the foreign key to what the call is a part of: `log_request=…`."""
    now = timezone.now()
    return OutboundCall(
        station=station,
        action=action,
        payload=payload or {},
        raw=raw,
        request_id=request_id,
        **job,
        created_at=now,
        expires_at=expires_at or now + (expires_in or app_settings.call_lifetime),
        timeout=(timeout or app_settings.response_timeout).total_seconds(),
        placed_by=placed_by,
    )


def cancel_call(call: OutboundCall) -> None:
    """Take back a call that has not been sent. Raises RequestClosed when it has."""
    kept = without_personal_data(call.action, call.payload)
    if not move(call, CallEvent.CANCEL, settled_at=timezone.now(), payload=kept):
        raise RequestClosed("The call has already been sent, or has ended.")
    secrecy.forget(call)


def move(call: OutboundCall, event: CallEvent, **columns: Any) -> bool:
    """Compare-and-set: let `event` happen to the call. False when its status does not allow it."""
    changes = {**columns, "status": target_of(event)}
    moved = OutboundCall.objects.filter(pk=call.pk, status__in=sources_of(event)).update(**changes)
    for column, value in changes.items() if moved else ():
        setattr(call, column, value)
    return bool(moved)


def move_each(
    event: CallEvent, changes: Sequence[tuple[OutboundCall, dict[str, Any]]]
) -> list[OutboundCall]:
    """`move` for many calls at once, all to the same columns; returns those that were moved."""
    status = target_of(event)
    wanted = {call.pk: {**columns, "status": status} for call, columns in changes}
    moved = update_each(OutboundCall, wanted, only_if={"status": sources_of(event)})
    for call, _ in changes:
        for column, value in wanted[call.pk].items() if call.pk in moved else ():
            setattr(call, column, value)
    return [call for call, _ in changes if call.pk in moved]


def allocate_request_id(station: Any) -> int:
    """A request id that this station never had from us: a station may refuse a known one."""
    return allocate_request_ids([station.pk])[station.pk]


@transaction.atomic
def allocate_request_ids(stations: Collection[Any]) -> dict[Any, int]:
    """`allocate_request_id` of many stations, by their primary keys."""
    rows = StationInfo.objects.filter(station__in=stations)
    if rows.update(last_request_id=F("last_request_id") + 1) < len(stations):  # seldom
        known = set(rows.values_list("station", flat=True))
        missing = (StationInfo(station_id=key) for key in stations if key not in known)
        StationInfo.objects.bulk_create(missing, ignore_conflicts=True)
        others = StationInfo.objects.filter(station__in=set(stations) - known)
        others.update(last_request_id=F("last_request_id") + 1)
    counted = rows.values_list("station", "last_request_id")
    return {station: (count - 1) % LARGEST_REQUEST_ID + 1 for station, count in counted}
