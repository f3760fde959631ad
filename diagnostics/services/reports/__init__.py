"""Ask stations for reports on their device model (B07, B08) and their monitors (N02).

What comes back is recorded by `facts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.report import (
    ComponentCriterion,
    MonitoringCriterion,
    ReportBase,
    ReportKind,
    kind_of,
)
from diagnostics.models import OutboundCall, Report
from diagnostics.ocpp.batches import USUAL_ITEMS, split
from diagnostics.ocpp.codecs import Codec, codec_for
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.refusals import subjects_of
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_on_commit
from diagnostics.services import calls
from diagnostics.services.device_model.limits import get_limits
from diagnostics.services.fleet import capabilities
from diagnostics.services.many_rows import update_each
from diagnostics.services.timeline import Source, note_for_many

ACTIONS = {
    ReportKind.BASE: "GetBaseReport",
    ReportKind.CUSTOM: "GetReport",
    ReportKind.MONITORING: "GetMonitoringReport",
}

# Some stations gather a whole report before they answer (facts of timing, OCPP-J 4).
ANSWER_TIME = timedelta(seconds=90)


def request_base_report(
    *, station: Any, report_base: str = ReportBase.FULL, requested_by: Any = None
) -> Report:
    """Ask for everything a station has, its settings, or what is abnormal (B07).

    Raises RequestRefused, with a sentence for the operator, before any row is written.
    """
    return _request([station], ReportKind.BASE, {"reportBase": str(report_base)}, requested_by)[0]


def request_report(
    *,
    station: Any,
    criteria: Sequence[str] = (),
    named: Sequence[ComponentVariable] = (),
    requested_by: Any = None,
) -> Report:
    """Ask for components in a state, or for certain components and variables (B08).

    `criteria` are words of ComponentCriterion, joined with "or". Raises RequestRefused.
    """
    asked = criteria_of(ReportKind.CUSTOM, states=criteria, named=named)
    return _request([station], ReportKind.CUSTOM, asked, requested_by)[0]


def request_monitoring_report(
    *,
    station: Any,
    criteria: Sequence[str] = (),
    named: Sequence[ComponentVariable] = (),
    requested_by: Any = None,
) -> Report:
    """Ask which monitors run: all, of some kinds, on some variables, or both (N02).

    `criteria` are words of MonitoringCriterion. Raises RequestRefused.
    """
    asked = criteria_of(ReportKind.MONITORING, kinds=criteria, named=named)
    return _request([station], ReportKind.MONITORING, asked, requested_by)[0]


def criteria_of(
    what: str,
    *,
    states: Sequence[str] = (),
    kinds: Sequence[str] = (),
    named: Sequence[ComponentVariable] = (),
) -> dict[str, Any]:
    """What a report of `ASKED` is asked with, to be kept: as on the wire. Raises RequestRefused.

    `states` are of the components of a custom report, `kinds` of the monitors of a monitoring one.
    """
    if what == ReportKind.CUSTOM:
        if not states and not named:
            raise RequestRefused("Name at least one state, component or variable to report on.")
        return _criteria("componentCriteria", states, ComponentCriterion.values, named)
    if what == ReportKind.MONITORING:
        return _criteria("monitoringCriteria", kinds, MonitoringCriterion.values, named)
    return {"reportBase": str(what)}


def request_with(
    *, station: Any, what: str, criteria: dict[str, Any], requested_by: Any = None
) -> Report:
    """Ask for a report of `ASKED`, with what `criteria_of` made of it. Raises RequestRefused."""
    return _request([station], kind_of(what), criteria, requested_by)[0]


def request_again(row: Report, *, requested_by: Any = None) -> Report:
    """A new request for the same report; the old one keeps its history."""
    return _request([row.station], ReportKind(row.kind), row.criteria, requested_by)[0]


def request_of_many(*, stations: Sequence[Any], what: str) -> dict[Any, RequestRefused]:
    """Ask many stations for the same whole report of `ASKED`, by few statements for all.

    Those of which it cannot be asked are left out: returns why, by their keys.
    """
    kind, criteria = kind_of(what), criteria_of(what)
    lacks = capabilities.refusals(stations, subjects_of(ACTIONS[kind], criteria))
    refused = {}
    for station in stations:
        try:
            if station.pk in lacks:
                raise lacks[station.pk]
            _check_version(station, kind, criteria)
        except RequestRefused as error:
            refused[station.pk] = error
    able = [station for station in stations if station.pk not in refused]
    _place(able, kind, criteria, None)
    return refused


def _criteria(
    name: str, criteria: Sequence[str], known: Sequence[str], named: Sequence[ComponentVariable]
) -> dict[str, Any]:
    """As on the wire: what was not asked for is absent, no list is empty, nothing stands twice."""
    for word in criteria:
        if word not in known:
            raise RequestRefused(f"There is no criterion {word}. Known: {', '.join(known)}.")
    asked: dict[str, Any] = {}
    if criteria:
        asked[name] = list(dict.fromkeys(map(str, criteria)))
    if named:
        once = {each.key(): each for each in named}
        asked["componentVariable"] = [each.to_wire() for each in once.values()]
    return asked


def check_request(*, station: Any, kind: str, criteria: dict[str, Any]) -> None:
    """Raise RequestRefused where this report cannot be asked of this station, and say why."""
    _check_version(station, ReportKind(kind), criteria)
    capabilities.check(station, *subjects_of(ACTIONS[ReportKind(kind)], criteria))
    _check_limits(station, ACTIONS[ReportKind(kind)], criteria)


def _check_version(station: Any, kind: ReportKind, criteria: dict[str, Any]) -> None:
    version = get_gateway().version(station)
    if version is not None:
        try:
            _encode(codec_for(version), kind, 1, criteria)
        except OcppError as error:
            raise RequestRefused(str(error)) from error


def _check_limits(station: Any, action: str, criteria: dict[str, Any]) -> None:
    """A report cannot be divided: two of them are two reports (B08.FR.06, N02.FR.07)."""
    named, known = criteria.get("componentVariable", []), get_limits(station)
    most = known.items_per_message.get("GetReport", USUAL_ITEMS)
    batches = split(
        named,
        action=action,
        payload=lambda some: {"requestId": 2**31 - 1, **criteria, "componentVariable": list(some)},
        most_items=most,
        most_bytes=known.bytes_per_message.get("GetReport"),
    )
    if len(batches) > 1:
        raise RequestRefused(
            f"This station takes {len(batches[0])} components or variables in one request, and "
            f"{len(named)} are named: ask in {len(batches)} requests."
        )


def _request(
    stations: Sequence[Any], kind: ReportKind, criteria: dict[str, Any], requested_by: Any
) -> list[Report]:
    for station in stations:
        check_request(station=station, kind=kind, criteria=criteria)
    return _place(stations, kind, criteria, requested_by)


@transaction.atomic
def _place(
    stations: Sequence[Any], kind: ReportKind, criteria: dict[str, Any], requested_by: Any
) -> list[Report]:
    """The same report of each, in the order of the stations."""
    ids, now = calls.allocate_request_ids([station.pk for station in stations]), timezone.now()
    rows = Report.objects.bulk_create(
        (
            Report(
                station=station,
                kind=kind,
                criteria=criteria,
                requested_by=requested_by,
                request_id=ids[station.pk],
                created_at=now,
            )
            for station in stations
        ),
        batch_size=500,
    )
    asked = calls.add_calls(
        {
            "station": row.station,
            "action": ACTIONS[kind],
            "report": row,
            "request_id": row.request_id,
            "timeout": ANSWER_TIME,
            "placed_by": requested_by,
        }
        for row in rows
    )
    for row, call in zip(rows, asked, strict=True):
        row.call = call
        publish_on_commit("report", row.pk, state=row.status)
    update_each(Report, {row.pk: {"call_id": row.call_id} for row in rows})
    _note_requested(rows, now)
    return rows


def _note_requested(rows: Sequence[Report], now: datetime) -> None:
    for row in rows[:1]:  # all are asked by the same, for the same
        name, by = row.criteria.get("reportBase") or row.kind, row.requested_by
        note_for_many(
            [(each.station_id, now, {"report": f"{name} #{each.pk}"}) for each in rows],
            kind="report.requested",
            source=Source.OPERATOR if by else Source.SYSTEM,
            user=by,
        )


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """The request in the words of the version that the station speaks now.

    Raises UnsupportedAction when that version has no such report.
    """
    row = call.report
    if row is None or call.request_id is None:
        raise ValueError(f"call {call.pk} asks for no report")
    return _encode(codec_for(version), ReportKind(row.kind), call.request_id, row.criteria)


def _encode(codec: Codec, kind: ReportKind, request_id: int, criteria: dict[str, Any]) -> WireCall:
    named = [ComponentVariable.from_wire(each) for each in criteria.get("componentVariable", [])]
    if kind is ReportKind.BASE:
        return codec.encode_base_report(request_id, criteria.get("reportBase", ""))
    if kind is ReportKind.CUSTOM:
        return codec.encode_report(request_id, criteria.get("componentCriteria", []), named)
    return codec.encode_monitoring_report(request_id, criteria.get("monitoringCriteria", []), named)
