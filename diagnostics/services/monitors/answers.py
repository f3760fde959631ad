"""What a station's answer about monitors, or the lack of one, means (N03 to N06)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from diagnostics.lifecycles.call import NO_ANSWER, CallStatus
from diagnostics.lifecycles.monitor import (
    BY_BASE,
    CLEAR_RESULTS,
    ID_REUSED,
    NO_RESULT,
    SET_RESULTS,
    EventNotificationType,
    MonitorEvent,
    MonitorStatus,
)
from diagnostics.models import Monitor, MonitoringInfo, OutboundCall
from diagnostics.ocpp.codecs.monitoring import BASE, CLEAR, LEVEL, SET, monitoring_codec
from diagnostics.ocpp.errors import RpcErrorCode, parse_error_code
from diagnostics.ocpp.monitoring import MonitorResult, MonitorSpec
from diagnostics.ocpp.refusals import too_much_at_once
from diagnostics.services import calls
from diagnostics.services.events import alerts
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.monitors import spoken_by
from diagnostics.services.monitors.watch import read_again
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.timeline import Source, note

E = MonitorEvent

NOT_KNOWN = frozenset({RpcErrorCode.NOT_IMPLEMENTED, RpcErrorCode.NOT_SUPPORTED})


def call_moved(call: OutboundCall) -> None:
    """A call about monitors was settled: draw the consequences."""
    if call.status in (CallStatus.PENDING, CallStatus.SENT):
        return
    monitor_facts.hold(call.station)
    if call.status == CallStatus.ANSWERED:
        monitor_facts.learn_support(call.station, True)
        _ANSWERED[call.action](call)
    else:
        if call.status == CallStatus.REFUSED and _code(call) in NOT_KNOWN:
            monitor_facts.learn_support(call.station, False)
        _failed(call)
    monitor_facts.announce_station(call.station)
    profile_queue.mark(call.station)


# SetVariableMonitoring


def _set_answered(call: OutboundCall) -> None:
    results = monitoring_codec(spoken_by(call.station)).decode_set(call.answer or {})
    waiting = list(
        call.monitors.filter(status__in=[MonitorStatus.PENDING, MonitorStatus.UNANSWERED])
    )
    waiting += _set_by_hand(call) if call.raw else []
    for row, result in _matched(waiting, results):
        _settle_set(row, result)


def _set_by_hand(call: OutboundCall) -> list[Monitor]:
    """Rows for a SetVariableMonitoring that was written in the wire's words."""
    specs = monitoring_codec(spoken_by(call.station)).decode_specs(call.wire_payload or {})
    now = timezone.now()
    rows = [
        Monitor(
            station=call.station,
            **Monitor.columns_of(spec),
            call=call,
            requested_by=call.placed_by,
            asked_here=True,
            created_at=now,
            changed_at=now,
        )
        for spec in specs
        if spec.target.variable is not None
    ]
    return Monitor.objects.bulk_create(rows)


def _matched(
    rows: Sequence[Monitor], results: Sequence[MonitorResult]
) -> list[tuple[Monitor, MonitorResult | None]]:
    """Pair rows with results, whose order is free: by names, type and severity.

    A station that echoes type or severity wrongly is understood as far as the names tell; a row
    without a result is paired with None.
    """
    left = list(results)
    pairs: list[tuple[Monitor, MonitorResult | None]] = []
    for narrow in (_exactly, _by_name):
        for row in [row for row in rows if row not in [done for done, _ in pairs]]:
            found = next((result for result in left if narrow(row.spec, result)), None)
            if found is not None:
                left.remove(found)
                pairs.append((row, found))
    done = {row.pk for row, _ in pairs}
    return [*pairs, *((row, None) for row in rows if row.pk not in done)]


def _exactly(spec: MonitorSpec, result: MonitorResult) -> bool:
    return spec.key() == result.key()


def _by_name(spec: MonitorSpec, result: MonitorResult) -> bool:
    return spec.target.key() == result.target.key()


def _settle_set(row: Monitor, result: MonitorResult | None) -> None:
    if result is None:
        monitor_facts.move(row, E.TIME_OUT, reason_code=NO_RESULT)
        return
    event = SET_RESULTS[result.status]
    said = {"reason_code": result.reason_code, "reason_info": result.additional_info}
    if event is E.ACCEPT:
        _activate(row, result, said)
    else:
        monitor_facts.move(row, event, **said)
    _note(row.station, "monitor.result", monitor=str(row), status=result.status, **_why(result))


def _activate(row: Monitor, result: MonitorResult, said: dict[str, str]) -> None:
    """The monitor runs; one that it replaced, or whose id it got, does not any more."""
    monitor_id = result.monitor_id if result.monitor_id is not None else row.monitor_id
    if monitor_id is not None:
        was_wanted = row.monitor_id == monitor_id
        event, reason = (E.REPLACE, "") if was_wanted else (E.LOSE, ID_REUSED)
        monitor_facts.take_id(row, monitor_id, event, reason)
    monitor_facts.move(
        row,
        E.ACCEPT,
        monitor_id=monitor_id,
        event_notification_type=EventNotificationType.CUSTOM,  # N04.FR.15, a replaced one too
        **said,
    )
    if monitor_id is not None:  # it may have fired before the station answered
        alerts.learn_severities(row.station, {monitor_id: row.severity})


# ClearVariableMonitoring


def _clear_answered(call: OutboundCall) -> None:
    results = monitoring_codec(spoken_by(call.station)).decode_clear(call.answer or {})
    live = Monitor.objects.live().filter(station=call.station)
    rows = {row.monitor_id: row for row in live}
    for result in results:
        row = rows.get(result.monitor_id)
        if row is not None:
            event = CLEAR_RESULTS[result.status]
            said = {"reason_code": result.reason_code, "reason_info": result.additional_info}
            if event is E.KEEP:
                said["reason_code"] = said["reason_code"] or "Rejected"
            monitor_facts.move(row, event, **said)
        _note(
            call.station,
            "monitor.clear_result",
            monitor_id=result.monitor_id,
            status=result.status,
            **_why(result),
        )
    for row in call.monitors.filter(status=MonitorStatus.CLEARING):
        monitor_facts.move(row, E.KEEP, reason_code=NO_RESULT, reason_info="")


# SetMonitoringBase, SetMonitoringLevel


def _base_answered(call: OutboundCall) -> None:
    verdict = monitoring_codec(spoken_by(call.station)).decode_verdict(call.answer or {})
    base = str((call.wire_payload or {}).get("monitoringBase", ""))
    _note(call.station, "monitor.base", base=base, status=verdict.status, **_why(verdict))
    if verdict.status != "Accepted":
        return
    monitor_facts.info_of(call.station)
    MonitoringInfo.objects.filter(station=call.station).update(base=base, base_at=timezone.now())
    wiped = [row for row in _live(call.station) if _is_wiped(row, base)]
    for row in wiped:
        monitor_facts.move(row, E.CLEARED, reason_code=BY_BASE, reason_info=base)
    read_again(call.station, call.placed_by)


def _is_wiped(row: Monitor, base: str) -> bool:
    """What a base takes away (N03.FR.03 to .05); monitors of unknown origin are left to the report.

    FactoryDefault also undoes changed preconfigured monitors: the report shows the originals.
    """
    wiped = {
        "FactoryDefault": {EventNotificationType.CUSTOM},
        "HardWiredOnly": {EventNotificationType.CUSTOM, EventNotificationType.PRECONFIGURED},
    }
    return row.event_notification_type in wiped.get(base, set())


def _level_answered(call: OutboundCall) -> None:
    verdict = monitoring_codec(spoken_by(call.station)).decode_verdict(call.answer or {})
    level = (call.wire_payload or {}).get("severity")
    _note(call.station, "monitor.level", level=level, status=verdict.status, **_why(verdict))
    if verdict.status == "Accepted":
        monitor_facts.info_of(call.station)
        known = MonitoringInfo.objects.filter(station=call.station)
        known.update(level=level, level_at=timezone.now())


_ANSWERED: dict[str, Callable[[OutboundCall], None]] = {
    SET: _set_answered,
    CLEAR: _clear_answered,
    BASE: _base_answered,
    LEVEL: _level_answered,
}


# Calls that brought no answer


_SET_FAILED = {
    CallStatus.REFUSED: E.REFUSE,
    CallStatus.TIMED_OUT: E.TIME_OUT,
    CallStatus.EXPIRED: E.GIVE_UP,
    CallStatus.CANCELED: E.GIVE_UP,
}


def _failed(call: OutboundCall) -> None:
    rows = list(call.monitors.open().order_by("pk"))
    too_much = call.status == CallStatus.REFUSED and too_much_at_once(call.error_code)
    if too_much and _ask_in_halves(call, rows):
        return
    why = {
        "reason_code": call.error_code or call.status,
        "reason_info": call.error_description,
    }
    for row in rows:
        clearing = row.status == MonitorStatus.CLEARING
        event = E.KEEP if clearing else _SET_FAILED[CallStatus(call.status)]
        monitor_facts.move(row, event, **why)
    _note(
        call.station,
        "monitor.failed",
        Source.STATION if call.status == CallStatus.REFUSED else Source.SYSTEM,
        action=call.action,
        why=call.error_code or call.status,
        info=call.error_description,
    )
    if call.action == CLEAR and call.error_code == NO_ANSWER:
        read_again(call.station, call.placed_by)


def _ask_in_halves(call: OutboundCall, rows: Sequence[Monitor]) -> bool:
    """Ask again for each half: the station took the message for too long. False: for one only."""
    foreign = call.payload.get("ids", []) if not call.raw else []
    parts: list[Any] = [*rows, *foreign]
    if call.raw or len(parts) < 2:
        return False
    middle = len(parts) // 2
    for half in (parts[:middle], parts[middle:]):
        again = calls.add_call(
            station=call.station,
            action=call.action,
            payload={"ids": [n for n in half if isinstance(n, int)]},
            expires_at=call.expires_at,
            placed_by=call.placed_by,
        )
        Monitor.objects.filter(pk__in=[r.pk for r in half if isinstance(r, Monitor)]).update(
            call=again
        )
    _note(call.station, "monitor.halved", Source.SYSTEM, action=call.action, count=len(parts))
    return True


def _code(call: OutboundCall) -> RpcErrorCode | None:
    return parse_error_code(call.error_code)


def _live(station: Any) -> Any:
    return Monitor.objects.live().filter(station=station)


def _why(result: Any) -> dict[str, str]:
    return {"reason": result.reason_code, "info": result.additional_info}


def _note(station: Any, kind: str, source: str = Source.STATION, **data: Any) -> None:
    note(station=station, kind=kind, source=source, **data)
