"""The base and the level of a station's monitoring, from whoever told last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnostics.models import MonitoringInfo, StationInfo
from diagnostics.services.device_model.limits import Limits, read_limits


@dataclass(frozen=True, slots=True)
class Overall:
    """What holds for all monitors of a station; "" and None are what nobody knows."""

    base: str
    level: int | None
    enabled: bool | None
    available: bool | None


def overall(info: MonitoringInfo | None, station_info: StationInfo | None) -> Overall:
    """What was set from here, unless the station has told something else since."""
    info = info or MonitoringInfo()
    told: Limits = read_limits(station_info.limits if station_info else None)
    told_at = station_info.limits_read_at if station_info else None
    return Overall(
        _newer(info.base, info.base_at, told.monitoring_base, told_at),
        _newer(info.level, info.level_at, told.monitoring_level, told_at),
        told.monitoring_enabled,
        told.monitoring_available,
    )


def _newer(ours: Any, ours_at: datetime | None, told: Any, told_at: datetime | None) -> Any:
    if ours_at is None or (told not in (None, "") and told_at is not None and told_at > ours_at):
        return told
    return ours
