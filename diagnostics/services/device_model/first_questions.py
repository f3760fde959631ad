"""What a station is asked of its own accord: its limits, and once per firmware all it has.

Both are settings, READ_LIMITS and READ_DEVICE_MODEL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.report import ReportBase, ReportKind
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
    _read_device_models(
        [
            info.station
            for info in booted
            if info.inventory_at is None or info.inventory_firmware != info.firmware_version
        ]
    )


def _read_limits(stations: Sequence[Any]) -> None:
    if not app_settings.read_limits:
        return
    for version, some in _by_version(stations):
        wanted = [VariableAsked(reference) for reference in codec_for(version).limits]
        unasked = _unasked(some, Purpose.LIMITS)
        variables.get_variables_of_many(stations=unasked, asked=wanted, purpose=Purpose.LIMITS)


def _read_device_models(stations: Sequence[Any]) -> None:
    if not app_settings.read_device_model:
        return
    for version, some in _by_version(stations):
        if codec_for(version).report_bases:
            running = Report.objects.open().filter(station__in=some, kind=ReportKind.BASE)
            asked = set(running.values_list("station", flat=True))
            unasked = [station for station in some if station.pk not in asked]
            reports.request_of_many(stations=unasked, what=ReportBase.FULL)
        else:
            unasked = _unasked(some, Purpose.INVENTORY)
            variables.get_variables_of_many(stations=unasked, asked=(), purpose=Purpose.INVENTORY)


def _by_version(stations: Sequence[Any]) -> Iterable[tuple[OcppVersion, list[Any]]]:
    """Those of which it is known, by the version that they speak."""
    speaking: dict[OcppVersion, list[Any]] = {}
    for station in stations:
        version = get_gateway().version(station)
        if version is not None:
            speaking.setdefault(version, []).append(station)
    return speaking.items()


def _unasked(stations: Sequence[Any], purpose: str) -> list[Any]:
    """Those that are not being asked for that purpose."""
    waiting = VariableRequest.objects.filter(purpose=purpose, status=VariablesStatus.WAITING)
    asked = set(waiting.filter(station__in=stations).values_list("station", flat=True))
    return [station for station in stations if station.pk not in asked]
