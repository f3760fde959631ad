"""Set, replace and clear monitors, and set the base and the level of all (N03 to N06).

What came back is recorded by `answers`; what the station reports, by `reports`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.monitor import EventNotificationType, MonitorEvent
from diagnostics.models import Monitor, OutboundCall, ProfileRun
from diagnostics.ocpp.batches import split
from diagnostics.ocpp.codecs.monitoring import BASE, CLEAR, LEVEL, SET, monitoring_codec
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.monitoring import BASES, SEVERITIES, MonitorSpec, mistake, settled
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.device_model.limits import get_limits
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.monitors.facts import watchable_of
from diagnostics.services.monitors.reports import reconcile
from diagnostics.services.timeline import Source, note

__all__ = [
    "check_monitors",
    "check_station",
    "clear_monitors",
    "encode_call",
    "reconcile",
    "set_monitoring_base",
    "set_monitoring_level",
    "set_monitors",
]

ACTIONS = (SET, CLEAR, BASE, LEVEL)


def set_monitors(
    *,
    station: Any,
    wanted: Sequence[MonitorSpec],
    requested_by: Any = None,
    run: ProfileRun | None = None,
) -> list[Monitor]:
    """Ask for monitors, in as many messages as the station's limits take (N04.FR.09).

    One row per monitor, in the order given, each with a state of its own: that a station takes
    some and refuses others is normal. `run` is the application of a profile that wants them.
    Raises RequestRefused, before any row is written, for what the version lacks or the station
    would refuse for certain.
    """
    wanted = [settled(spec, watchable_of(station, spec.target)) for spec in wanted]
    check_monitors(station=station, wanted=wanted)
    codec = monitoring_codec(spoken_by(station))
    batches = split(
        wanted,
        action=SET,
        payload=codec.set_payload,
        **_limits(station, SET),
    )
    with transaction.atomic():
        rows = [row for batch in batches for row in _ask(station, batch, requested_by, run)]
        for row in rows:
            _note(station, "monitor.requested", requested_by, monitor=str(row))
    return rows


def check_monitors(*, station: Any, wanted: Sequence[MonitorSpec]) -> None:
    """Raise RequestRefused, with a sentence, where these monitors cannot be set."""
    check_station(station)
    if not wanted:
        raise RequestRefused("Name at least one monitor to set.")
    codec, seen = monitoring_codec(spoken_by(station)), set()
    for spec in wanted:
        if spec.key() in seen:
            raise RequestRefused(
                f"{spec.target} is there twice with {spec.type} and severity {spec.severity}: "
                f"a station takes such a pair once (N04.FR.10)."
            )
        seen.add(spec.key())
        if found := mistake(spec, watchable_of(station, spec.target)):
            raise RequestRefused(f"{spec.target}: {found.sentence}")
        if spec.monitor_id is not None:
            _check_replaced(station, spec)
        try:
            codec.check_spec(spec)
        except OcppError as error:
            raise RequestRefused(str(error)) from error


def _check_replaced(station: Any, spec: MonitorSpec) -> None:
    """A station refuses to replace another variable's monitor, or a fixed one (FR.16, .18)."""
    old = _live(station).filter(monitor_id=spec.monitor_id).first()
    if old is None:
        return  # it may be one that we have not heard of
    if not old.watches(spec.target):
        raise RequestRefused(
            f"Monitor {spec.monitor_id} watches {old.reference}: a monitor is replaced by one of "
            "the same variable only."
        )
    if old.event_notification_type == EventNotificationType.HARD_WIRED:
        raise RequestRefused(
            f"Monitor {spec.monitor_id} is built into the station and cannot be replaced."
        )


def check_station(station: Any) -> None:
    """Raise RequestRefused where the station's OCPP version has no monitors."""
    try:
        monitoring_codec(spoken_by(station)).check()
    except OcppError as error:
        raise RequestRefused(str(error)) from error


def _ask(
    station: Any, batch: Sequence[MonitorSpec], requested_by: Any, run: ProfileRun | None
) -> list[Monitor]:
    now = timezone.now()
    call = calls.add_call(station=station, action=SET, placed_by=requested_by)
    rows = [
        Monitor(
            station=station,
            **Monitor.columns_of(spec),
            call=call,
            replaces=_replaced(station, spec.monitor_id),
            requested_by=requested_by,
            asked_here=True,
            by_profile=run is not None,
            run=run,
            created_at=now,
            changed_at=now,
        )
        for spec in batch
    ]
    for row in rows:
        row.save()
        monitor_facts.announce(row)
    return rows


def _replaced(station: Any, monitor_id: int | None) -> Monitor | None:
    return None if monitor_id is None else _live(station).filter(monitor_id=monitor_id).first()


def clear_monitors(
    *,
    station: Any,
    monitors: Sequence[Monitor] = (),
    ids: Sequence[int] = (),
    requested_by: Any = None,
) -> list[OutboundCall]:
    """Ask the station to clear monitors, in as many messages as it takes (N06.FR.04).

    By row, by the station's id, or both; an id that nobody here knows is asked for all the same.
    A row that is not active any more is left alone. Raises RequestRefused for nothing to clear.
    """
    check_station(station)
    rows = list(_live(station).filter(pk__in=[row.pk for row in monitors]).order_by("pk"))
    rows += list(_live(station).filter(monitor_id__in=ids).exclude(pk__in=[r.pk for r in rows]))
    known = {row.monitor_id: row for row in rows if row.monitor_id is not None}
    wanted = [*known, *(number for number in dict.fromkeys(ids) if number not in known)]
    if not wanted:
        raise RequestRefused("None of these monitors is active any more: nothing to clear.")
    batches = split(
        wanted, action=CLEAR, payload=lambda part: {"id": list(part)}, **_limits(station, CLEAR)
    )
    with transaction.atomic():
        placed = [
            _ask_to_clear(station, batch, [known[n] for n in batch if n in known], requested_by)
            for batch in batches
        ]
        _note(station, "monitor.clear_requested", requested_by, ids=_list(wanted))
    return placed


def _ask_to_clear(
    station: Any, ids: Sequence[int], rows: Sequence[Monitor], requested_by: Any
) -> OutboundCall:
    foreign = sorted(set(ids) - {row.monitor_id for row in rows})
    call = calls.add_call(
        station=station, action=CLEAR, payload={"ids": foreign}, placed_by=requested_by
    )
    for row in rows:
        monitor_facts.move(row, MonitorEvent.CLEAR, call=call, reason_code="", reason_info="")
    return call


def set_monitoring_base(*, station: Any, base: str, requested_by: Any = None) -> OutboundCall:
    """Ask for a monitoring base: All, FactoryDefault or HardWiredOnly (N03).

    Once the station accepts, what the base wipes is cleared here too, and the monitors are read
    again. Raises RequestRefused for a base that does not exist, or a version without monitors.
    """
    if base not in BASES:
        raise RequestRefused(f"There is no base called {base}. Known: {', '.join(BASES)}.")
    return _place(station, BASE, {"base": base}, "monitor.base_requested", requested_by, base=base)


def set_monitoring_level(*, station: Any, severity: int, requested_by: Any = None) -> OutboundCall:
    """Ask the station to report events of this severity or worse only (N05): 0 worst, 9 all.

    Raises RequestRefused outside 0 to 9, or for a version without monitors.
    """
    if severity not in SEVERITIES:
        raise RequestRefused("A level goes from 0 (only what endangers lives) to 9 (everything).")
    return _place(
        station,
        LEVEL,
        {"severity": severity},
        "monitor.level_requested",
        requested_by,
        level=severity,
    )


def _place(
    station: Any, action: str, payload: dict[str, Any], kind: str, user: Any, **data: Any
) -> OutboundCall:
    check_station(station)
    with transaction.atomic():
        call = calls.add_call(station=station, action=action, payload=payload, placed_by=user)
        _note(station, kind, user, **data)
        monitor_facts.announce_station(station)
    return call


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """A call of this module in the words of the version that the station speaks now.

    Raises UnsupportedAction when that version has no monitors, or not of this type.
    """
    codec = monitoring_codec(version)
    if call.action == BASE:
        return codec.encode_base(str(call.payload["base"]))
    if call.action == LEVEL:
        return codec.encode_level(int(call.payload["severity"]))
    rows = call.monitors.open().order_by("pk")
    if call.action == SET:
        return codec.encode_set([row.spec for row in rows])
    ours = [row.monitor_id for row in rows if row.monitor_id is not None]
    return codec.encode_clear([*ours, *call.payload.get("ids", ())])


def spoken_by(station: Any) -> OcppVersion:
    """The version of the station's connection; 2.0.1 for one that never connected."""
    return get_gateway().version(station) or OcppVersion.V201


def _limits(station: Any, action: str) -> dict[str, int | None]:
    limits = get_limits(station)
    return {
        "most_items": limits.items_per_message.get(action),
        "most_bytes": limits.bytes_per_message.get(action),
    }


def _live(station: Any) -> Any:
    return Monitor.objects.live().filter(station=station)


def _list(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))


def _note(station: Any, kind: str, user: Any, **data: Any) -> None:
    source = Source.OPERATOR if user else Source.SYSTEM
    note(station=station, kind=kind, source=source, user=user, **data)
