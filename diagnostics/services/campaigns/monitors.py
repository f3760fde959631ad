"""Monitors set and cleared by campaigns; see `operations`."""

from __future__ import annotations

from typing import Any

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.monitor import EventNotificationType
from diagnostics.models import Monitor
from diagnostics.ocpp.codecs.monitoring import CLEAR, SET, monitoring_codec
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.monitoring import MonitorSpec, StreamParams
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.services import monitors
from diagnostics.services.fleet import capabilities

Params = dict[str, Any]
Made = dict[str, Any]

# What a base or the factory set is not cleared by the way; 2.0.1 does not say who set a monitor.
_OURS = frozenset({EventNotificationType.CUSTOM, ""})

# Monitors: {"monitors": [a spec as `spec_to_params` writes it]}


def spec_to_params(spec: MonitorSpec) -> Params:
    """A monitor to set, as the params of a campaign keep it."""
    stream = spec.stream
    return {
        **spec.target.to_wire(),
        "type": spec.type,
        "value": spec.value,
        "severity": spec.severity,
        "transaction": spec.transaction,
        **({"stream": [stream.interval, stream.values]} if stream else {}),
    }


def specs_of(params: Params) -> list[MonitorSpec]:
    """The monitors that params name."""
    return [
        MonitorSpec(
            target=ComponentVariable.from_wire(each),
            type=str(each.get("type", "")),
            value=float(each.get("value", 0)),
            severity=int(each.get("severity", 5)),
            transaction=bool(each.get("transaction")),
            stream=StreamParams(*each["stream"]) if each.get("stream") else None,
        )
        for each in params.get("monitors", ())
    ]


def check_set(station: Any, params: Params) -> None:
    """What the version takes; whether the station has the variable is seen when it is asked."""
    monitors.check_station(station)
    capabilities.check(station, SET)
    wanted = specs_of(params)
    if not wanted:
        raise RequestRefused("Name at least one monitor to set.")
    codec = monitoring_codec(monitors.spoken_by(station))
    try:
        for spec in wanted:
            codec.check_spec(spec)
    except OcppError as error:
        raise RequestRefused(str(error)) from error


def start_set(station: Any, params: Params, user: Any) -> Made:
    """Those that run already, just so, are not set twice."""
    running = {_sameness(row.spec) for row in Monitor.objects.live().filter(station=station)}
    wanted = [spec for spec in specs_of(params) if _sameness(spec) not in running]
    if not wanted:
        raise RequestRefused("All of these monitors run on it already.")
    rows = monitors.set_monitors(station=station, wanted=wanted, requested_by=user)
    return {"monitors": rows}


def _sameness(spec: MonitorSpec) -> tuple[object, ...]:
    return (*spec.key(), spec.value, spec.transaction)


# Clear: {"named"?: [component and variable as on the wire], "all"?: true}; only what a CSMS set


def check_clear(station: Any, params: Params) -> None:
    monitors.check_station(station)
    capabilities.check(station, CLEAR)
    if not params.get("named") and not params.get("all"):
        raise RequestRefused("Name the variables whose monitors are cleared, or choose all.")


def start_clear(station: Any, params: Params, user: Any) -> Made:
    live = Monitor.objects.live().filter(station=station, monitor_id__isnull=False)
    rows = [row for row in live if row.event_notification_type in _OURS]
    named = [ComponentVariable.from_wire(each) for each in params.get("named", ())]
    if not params.get("all"):
        rows = [row for row in rows if any(_watches(row, each) for each in named)]
    if not rows:
        raise RequestRefused("No such monitor runs on it, as far as is known: nothing to clear.")
    monitors.clear_monitors(station=station, monitors=rows, requested_by=user)
    return {"monitors": rows}


def _watches(row: Monitor, named: ComponentVariable) -> bool:
    """A component alone stands for all of its variables."""
    if named.variable is not None:
        return row.watches(named)
    return row.reference.component == named.component
