"""What stations answer when variables are read or set, one result for each (B05.FR.01, B06.FR.01).

Results come in any order: they are matched by component, variable and attribute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import OPEN, TERMINAL, CallStatus
from diagnostics.lifecycles.variables import (
    ACCEPTED,
    NOT_MENTIONED,
    VariablesKind,
    VariablesStatus,
    judge,
)
from diagnostics.models import OutboundCall, StationInfo, VariableRequest
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.device_model import VariableAsked, VariableResult
from diagnostics.ocpp.refusals import too_much_at_once
from diagnostics.ocpp.secrets import HIDDEN
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_on_commit
from diagnostics.services import calls, device_model
from diagnostics.services.device_model.variables import asked_of
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.timeline import Source, note

# As many keys of a 1.6 station are kept.
MOST_RESULTS = 2000


def call_moved(call: OutboundCall) -> None:
    """A call that reads or sets variables was sent or settled: draw the consequences."""
    if call.variable_request is None or call.status not in TERMINAL:
        return
    with transaction.atomic():
        row = VariableRequest.objects.select_for_update().get(pk=call.variable_request.pk)
        row.station = call.station
        items = [row.items[index] for index in call.payload["items"]]
        if call.status == CallStatus.ANSWERED:
            _answered(row, items, call)
        elif _was_too_much(call):
            return _ask_in_halves(row, call)
        else:
            for item in items:
                item["status"], item["reason"] = (
                    call.error_code or call.status,
                    call.error_description,
                )
        for item in items:
            _forget_secret(item)
        _judge(row)


def _was_too_much(call: OutboundCall) -> bool:
    """Whether the station may take fewer at once: it never told its limit, or a higher one."""
    refused = call.status == CallStatus.REFUSED and too_much_at_once(call.error_code)
    return refused and len(call.payload["items"]) > 1


def _ask_in_halves(row: VariableRequest, call: OutboundCall) -> None:
    """B06.FR.16, .17. What is wrong with one of them alone is then said of that one alone."""
    indexes = call.payload["items"]
    middle = len(indexes) // 2
    for half in (indexes[:middle], indexes[middle:]):
        calls.add_call(
            station=row.station,
            action=call.action,
            payload={"items": half},
            variable_request=row,
            expires_at=call.expires_at,
            timeout=timedelta(seconds=call.timeout),
            placed_by=call.placed_by,
        )


def _answered(row: VariableRequest, items: list[dict[str, Any]], call: OutboundCall) -> None:
    asked = [asked_of(item) for item in items]
    results = codec_for(_version(call)).decode_variables(call.answer or {}, asked)[:MOST_RESULTS]
    if row.everything:
        row.items = items = [_item_of(each) for each in results]
        asked = [asked_of(item) for item in items]
    guard = device_model.secrets_of(row.station)
    found = []
    for item, wanted, result in zip(items, asked, _matched(asked, results), strict=True):
        secret = guard(wanted.reference)
        _note_result(item, result, secret=secret)
        if result is not None:
            found.append(_heard(row, wanted, result))
    device_model.record_results(row.station, found, call.settled_at or timezone.now(), guard)


def _version(call: OutboundCall) -> OcppVersion:
    """1.6 answers in its own words, and is known by the action that was sent."""
    if call.wire_action in ("GetConfiguration", "ChangeConfiguration"):
        return OcppVersion.V16
    spoken = get_gateway().version(call.station)
    return OcppVersion.V201 if spoken in (None, OcppVersion.V16) else spoken


def _matched(
    asked: list[VariableAsked], results: list[VariableResult]
) -> list[VariableResult | None]:
    """The result of each; the first of two. One that leaves out its attribute is told by name."""
    exact: dict[Any, VariableResult] = {}
    for result in results:
        exact.setdefault(result.key(), result)
    by_name: dict[Any, VariableResult] = {}
    wanted = {each.key() for each in asked}
    for result in results:
        if result.key() not in wanted:
            by_name.setdefault(result.reference.key(), result)
    return [exact.get(each.key()) or by_name.pop(each.reference.key(), None) for each in asked]


def _note_result(item: dict[str, Any], result: VariableResult | None, *, secret: bool) -> None:
    if result is None:
        item["status"] = NOT_MENTIONED
        return
    item["status"] = result.status
    item["reason"] = " – ".join(filter(None, [result.reason_code, result.additional_info]))
    if result.value is not None:
        item["answer"] = HIDDEN if secret else result.value


def _heard(row: VariableRequest, wanted: VariableAsked, result: VariableResult) -> VariableResult:
    """A result with the value that the variable has now, under the name that was asked for."""
    value = wanted.value if row.kind == VariablesKind.SET else result.value
    return VariableResult(
        wanted.reference,
        wanted.attribute_type,
        result.status,
        value,
        mutability=result.mutability,
    )


def _item_of(result: VariableResult) -> dict[str, Any]:
    return {**result.reference.to_wire(), "attribute": result.attribute_type, "status": ""}


def _forget_secret(item: dict[str, Any]) -> None:
    """The call has ended: whatever came of it, the value is not needed any more."""
    if item.get("secret") and "value" in item:
        item["value"] = HIDDEN


def _judge(row: VariableRequest) -> None:
    waiting = row.calls.filter(status__in=OPEN).exists()
    row.status = judge([item["status"] for item in row.items], waiting=waiting)
    if not waiting:
        row.settled_at = now = timezone.now()
        _settled(row, now)
    row.save()
    publish_on_commit("variablerequest", row.pk, state=row.status)


def _settled(row: VariableRequest, now: datetime) -> None:
    profile_queue.mark(row.station)
    if row.purpose == VariableRequest.Purpose.LIMITS:
        if not StationInfo.objects.filter(station=row.station).update(limits_read_at=now):
            StationInfo.objects.create(station=row.station, limits_read_at=now)
        return
    if row.purpose == VariableRequest.Purpose.INVENTORY and row.status == VariablesStatus.DONE:
        device_model.note_inventory(row.station, now)
    note(
        station=row.station,
        kind="variables.settled",
        source=Source.STATION,
        now=now,
        good=sum(item["status"] == ACCEPTED for item in row.items),
        count=len(row.items),
        request=row.pk,
    )
