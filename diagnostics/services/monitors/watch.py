"""When to read a station's monitors again (N03, N04.FR.19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.report import ReportKind, ReportStatus
from diagnostics.models import Monitor, MonitoringInfo, Report, StationInfo
from diagnostics.services import monitors, reports
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.timeline import Source, note


def read_again(station: Any, requested_by: Any = None) -> None:
    """Ask for the whole list: what is known here may not be what the station runs."""
    if _asked([station]):
        return
    try:
        monitors.check_station(station)
        reports.request_monitoring_report(station=station, requested_by=requested_by)
    except RequestRefused as error:
        _note_refusal(station, error)


def _asked(stations: Sequence[Any]) -> set[Any]:
    """The keys of those with a request that waits: it reads what is true when it goes out."""
    waiting = Report.objects.filter(station__in=stations, kind=ReportKind.MONITORING)
    queued = waiting.filter(criteria={}, status=ReportStatus.QUEUED)
    return set(queued.values_list("station", flat=True))


def _note_refusal(station: Any, error: RequestRefused) -> None:
    note(station=station, kind="monitor.not_read", source=Source.SYSTEM, info=str(error))


def after_boot(booted: Sequence[StationInfo]) -> None:
    """Ask again after a reboot, since ids may have changed, where there were monitors.

    And once of every station: factory monitors tell how bad the events of 2.0.1 are. A station that
    said it knows none is not asked until its firmware changes.
    """
    stations = [told.station_id for told in booted]
    known = {row.station_id: row for row in MonitoringInfo.objects.filter(station__in=stations)}
    live = Monitor.objects.live().filter(station__in=stations)
    monitored = set(live.values_list("station", flat=True))
    to_read = {}
    for told in booted:
        info = known.get(told.station_id)
        if monitor_facts.lacks_monitors(told, info) or not _has_them(told.station):
            continue
        was_read = info is not None and info.read_at is not None
        if told.station_id in monitored or (app_settings.read_device_model and not was_read):
            to_read[told.station_id] = told.station
    _read_all_again(to_read)


def _read_all_again(stations: Mapping[Any, Any]) -> None:
    """`read_again` for many stations that speak of monitors, by their keys."""
    unasked = [stations[key] for key in stations.keys() - _asked(list(stations.values()))]
    refused = reports.request_of_many(stations=unasked, what=ReportKind.MONITORING)
    for key, error in refused.items():
        _note_refusal(stations[key], error)


def _has_them(station: Any) -> bool:
    try:
        monitors.check_station(station)
    except RequestRefused:
        return False
    return True
