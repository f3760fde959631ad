"""What a station is asked of its own accord: its limits, and once per firmware all it has.

Both are settings, READ_LIMITS and READ_DEVICE_MODEL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.report import ReportKind
from diagnostics.lifecycles.variables import VariablesStatus
from diagnostics.models import Report, StationInfo, VariableRequest
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import reports
from diagnostics.services.device_model import variables

Purpose = VariableRequest.Purpose


def after_connecting(stations: Sequence[Any]) -> None:
    """Those that were never asked are; the others are when they boot."""
    known = StationInfo.objects.filter(station__in=stations, limits_read_at__isnull=False)
    asked = set(known.values_list("station", flat=True))
    _read_limits([station for station in stations if station.pk not in asked])


def after_boot(booted: Sequence[StationInfo]) -> None:
    """Limits may be others after a boot, and all may be after a new firmware (B07.FR.14)."""
    _read_limits([info.station for info in booted])
    for info in booted:
        if info.inventory_at is None or info.inventory_firmware != info.firmware_version:
            _read_device_model(info.station)


def _read_limits(stations: Sequence[Any]) -> None:
    if not app_settings.read_limits:
        return
    asked = _asked(stations, Purpose.LIMITS)
    speaking: dict[OcppVersion, list[Any]] = {}
    for station in stations:
        version = get_gateway().version(station)
        if version is not None and station.pk not in asked:
            speaking.setdefault(version, []).append(station)
    for version, some in speaking.items():
        wanted = [VariableAsked(reference) for reference in codec_for(version).limits]
        variables.get_variables_of_many(stations=some, asked=wanted, purpose=Purpose.LIMITS)


def _read_device_model(station: Any) -> None:
    version = get_gateway().version(station)
    if not app_settings.read_device_model or version is None:
        return
    try:
        _ask_everything(station, version)
    except RequestRefused:  # it can report nothing
        return


def _ask_everything(station: Any, version: OcppVersion) -> None:
    if codec_for(version).report_bases:
        running = Report.objects.open().filter(station=station, kind=ReportKind.BASE)
        if not running.exists():
            reports.request_base_report(station=station)
    elif station.pk not in _asked([station], Purpose.INVENTORY):
        variables.get_variables(station=station, everything=True, purpose=Purpose.INVENTORY)


def _asked(stations: Sequence[Any], purpose: str) -> set[Any]:
    """The keys of those that are being asked for that purpose."""
    waiting = VariableRequest.objects.filter(purpose=purpose, status=VariablesStatus.WAITING)
    return set(waiting.filter(station__in=stations).values_list("station", flat=True))
