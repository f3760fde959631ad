"""What the host knows of its stations, asked for many at once.

A gateway that has the methods of `FleetGateway` answers with one query each. One that has not is
asked station by station, which some thousand stations can bear.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.models import StationInfo
from diagnostics.models.selection import Connectivity
from diagnostics.ocpp.versions import OcppVersion

Stations = QuerySet[Any]


def is_quick() -> bool:
    """Whether the gateway says with one query who is connected."""
    return callable(getattr(get_gateway(), "online", None))


def online(stations: Stations) -> Stations:
    """Those that are connected now."""
    gateway: Any = get_gateway()
    if is_quick():
        return gateway.online(stations)  # type: ignore[no-any-return]
    return _one_by_one(stations, gateway.is_online)


def speaking(stations: Stations, version: str) -> Stations:
    """Those whose connection is, or last was, of this OCPP version ("1.6", "2.0.1", "2.1")."""
    gateway: Any = get_gateway()
    spoken = OcppVersion(version)
    if hasattr(gateway, "speaking"):
        return gateway.speaking(stations, spoken)  # type: ignore[no-any-return]
    return _one_by_one(stations, lambda station: gateway.version(station) == spoken)


def matching(stations: Stations, text: str) -> Stations:
    """Those with the text in what people call them, or in their serial number."""
    gateway: Any = get_gateway()
    numbered = StationInfo.objects.filter(serial_number__icontains=text).values("station")
    if hasattr(gateway, "matching"):
        named = gateway.matching(stations, text)
    else:
        wanted = text.casefold()
        named = _one_by_one(stations, lambda station: wanted in _names(gateway, station))
    return stations.filter(Q(pk__in=named.values("pk")) | Q(pk__in=numbered))


def connected(
    stations: Stations, how: str, hours: int | None, now: datetime | None = None
) -> Stations:
    """Those whose connection is as a `Connectivity` says."""
    if how == Connectivity.CONNECTED:
        return online(stations)
    away = stations.exclude(pk__in=online(stations).values("pk"))
    seen = StationInfo.objects.filter(seen_at__isnull=False)
    if how == Connectivity.NEVER:
        return away.exclude(pk__in=seen.values("station"))
    if how == Connectivity.AWAY:
        return away
    since = (now or timezone.now()) - timedelta(hours=hours or 0)
    lately = seen.filter(seen_at__gte=since).values("station")
    if how == Connectivity.AWAY_SHORTER:
        return away.filter(pk__in=lately)
    return away.exclude(pk__in=lately)


def _names(gateway: Any, station: Any) -> str:
    return f"{gateway.identity(station)}\n{station}".casefold()


def _one_by_one(stations: Stations, holds: Callable[[Any], bool]) -> Stations:
    keys = [station.pk for station in stations.order_by() if holds(station)]
    return stations.filter(pk__in=keys)
