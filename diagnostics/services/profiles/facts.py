"""What is known of many stations, as `profiles.plan` compares it: a few queries for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Lower

from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CONNECTION_LOST, NO_ANSWER, CallStatus
from diagnostics.lifecycles.monitor import NO_RESULT, MonitorStatus
from diagnostics.lifecycles.report import DAMAGED, ReportKind
from diagnostics.models import (
    Monitor,
    MonitoringInfo,
    Report,
    ReportedVariable,
    StationInfo,
    StationProfile,
)
from diagnostics.models.monitor import stream_of
from diagnostics.ocpp.monitoring import Watchable
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.profiles.document import Document
from diagnostics.profiles.station import Present, Station
from diagnostics.services.monitors.overall import overall

_SWITCH = ("monitoringctrlr", "enabled")
# The columns of `models.naming` that name a variable of a component.
_TARGET = ("component", "component_instance", "evse_id", "connector_id", "variable",
           "variable_instance")  # fmt: skip
# Reasons of ours for a monitor that was to be cleared and is still there: the station did not say.
_NO_WORD = {"", NO_RESULT, NO_ANSWER, CONNECTION_LOST, *CallStatus.values}

Variables = dict[tuple[object, ...], tuple[ComponentVariable, Watchable]]


@dataclass(slots=True)
class _Found:
    """The rows of one batch of stations, by the key of the station."""

    infos: dict[Any, StationInfo] = field(default_factory=dict)
    monitoring: dict[Any, MonitoringInfo] = field(default_factory=dict)
    present: dict[Any, list[Present]] = field(default_factory=lambda: defaultdict(list))
    variables: dict[Any, Variables] = field(default_factory=lambda: defaultdict(dict))
    components: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    partly_read: set[tuple[Any, str]] = field(default_factory=set)


def stations_of(rows: Sequence[StationProfile]) -> dict[Any, Station]:
    """What is known of the stations of these rows, by their keys; `refused` is the rows' own."""
    keys = [row.station_id for row in rows]
    documents = {row.profile.current_id: row.profile.document for row in rows if row.profile}
    found = _Found(
        infos={each.station_id: each for each in StationInfo.objects.filter(station__in=keys)},
        monitoring={
            each.station_id: each for each in MonitoringInfo.objects.filter(station__in=keys)
        },
    )
    _add_monitors(found, keys)
    _add_variables(found, keys, documents.values())
    _add_partly_read(found, keys)
    return {row.station_id: _station(row, found) for row in rows}


def _station(row: StationProfile, found: _Found) -> Station:
    key = row.station_id
    info, monitoring = found.infos.get(key), found.monitoring.get(key)
    whole, variables = overall(monitoring, info), found.variables[key]
    firmware = info.firmware_version if info else ""
    has_model = info is not None and info.inventory_at is not None
    return Station(
        version=get_gateway().version(row.station),
        lacks_monitors=whole.available is False or _said_no(monitoring, firmware),
        monitors_read=bool(monitoring and monitoring.read_at)
        or (key, ReportKind.MONITORING) in found.partly_read,
        model_read=has_model,
        model_partly=(key, ReportKind.BASE) in found.partly_read,
        variables=variables,
        components=found.components[key],
        base=whole.base,
        level=whole.level,
        enabled=whole.enabled,
        has_switch=whole.enabled is not None or not has_model or _has_switch(variables),
        present=found.present[key],
        refused=row.refused if row.refused_firmware == firmware else {},
    )


def _said_no(info: MonitoringInfo | None, firmware: str) -> bool:
    return bool(info and info.supported is False and info.supported_firmware == firmware)


def _has_switch(variables: Variables) -> bool:
    return any((key[0], key[4]) == _SWITCH for key in variables)


def _add_monitors(found: _Found, keys: Collection[Any]) -> None:
    active = Monitor.objects.filter(station__in=keys, status=MonitorStatus.ACTIVE)
    rows = active.exclude(monitor_id=None).order_by("pk")
    for row in rows.values_list(
        "station", *_TARGET, "monitor_id", "type", "value", "severity", "transaction",
        "stream_interval", "stream_values", "event_notification_type", "by_profile", "asked_here",
        "reason_code", named=True,
    ):  # fmt: skip
        found.present[row.station].append(
            Present(
                monitor_id=row.monitor_id,
                target=_target(row),
                type=row.type,
                value=row.value,
                severity=row.severity,
                transaction=row.transaction,
                stream=stream_of(row.stream_interval, row.stream_values),
                origin=row.event_notification_type,
                ours=row.by_profile,
                asked_here=row.asked_here,
                kept="" if row.reason_code in _NO_WORD else row.reason_code,
            )
        )


def _add_variables(found: _Found, keys: Collection[Any], documents: Iterable[Document]) -> None:
    """Only what the documents name: a station may have thousands of variables."""
    names = {(each.component.lower(), each.variable.lower())
             for document in documents for each in document.monitors} | {_SWITCH}  # fmt: skip
    rows = ReportedVariable.objects.filter(station__in=keys).annotate(lower=Lower("component"))
    rows = rows.filter(lower__in=sorted({component for component, _variable in names}))
    for row in rows.order_by("pk").values_list(
        "station", *_TARGET, "data_type", "unit", "min_limit", "max_limit", "supports_monitoring",
        named=True,
    ):  # fmt: skip
        target = _target(row)
        place = target.key()
        found.components[row.station].add(place[0])
        if (place[0], place[4]) in names:
            known = Watchable(
                row.data_type, row.unit, row.min_limit, row.max_limit,
                row.supports_monitoring is not False,
            )  # fmt: skip
            found.variables[row.station][place] = (target, known)


def _target(row: Any) -> ComponentVariable:
    return ComponentVariable(
        Component(row.component, row.component_instance, row.evse_id, row.connector_id),
        Variable(row.variable, row.variable_instance),
    )


def _add_partly_read(found: _Found, keys: Collection[Any]) -> None:
    """Some stations never report anything whole: what came is all that can be known."""
    unread = [
        key
        for key in keys
        if (info := found.infos.get(key)) is None
        or info.inventory_at is None
        or (monitoring := found.monitoring.get(key)) is None
        or monitoring.read_at is None
    ]
    if unread:
        damaged = Report.objects.filter(station__in=unread, reason=DAMAGED)
        found.partly_read.update(damaged.values_list("station", "kind").distinct().order_by())
