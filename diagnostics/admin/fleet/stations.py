"""What can be said and done about any station, whatever model the host keeps it in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import LogType
from diagnostics.models import StationInfo, TimelineEntry
from diagnostics.services import logs
from diagnostics.services.fleet import capabilities
from diagnostics.wording import duration

_PRESENCE = ("station.connected", "station.disconnected")


@dataclass(frozen=True, slots=True)
class StationHeader:
    """The facts that stay in sight on a station's page."""

    station: Any
    identity: str
    online: bool
    since: datetime | None
    version: str
    info: StationInfo | None

    @property
    def clock_is_off(self) -> bool:
        skew = self.info.clock_skew if self.info else None
        limit = app_settings.health_clock_skew.total_seconds()
        return skew is not None and abs(skew) >= limit

    @property
    def skew_words(self) -> str:
        """ "5 min fast", "2 h slow"."""
        skew = (self.info and self.info.clock_skew) or 0.0
        words = _("%(span)s fast") if skew > 0 else _("%(span)s slow")
        return words % {"span": duration(timedelta(seconds=abs(skew)))}


def header_of(station: Any, *, since: datetime | None = None) -> StationHeader:
    """The header; without `since` the timeline says when the station came or went."""
    gateway = get_gateway()
    version = gateway.version(station)
    info = StationInfo.objects.filter(station=station).first()
    seen = info.seen_at if info else None  # timelines are not kept for ever
    return StationHeader(
        station=station,
        identity=gateway.identity(station),
        online=gateway.is_online(station),
        since=since or _since(station) or seen,
        version=version.value if version else "",
        info=info,
    )


def _since(station: Any) -> datetime | None:
    last = TimelineEntry.objects.filter(station=station, kind__in=_PRESENCE).order_by("-id").first()
    return last.last_at if last else None


def log_problems(station: Any) -> dict[str, str]:
    """Log type -> why it cannot be asked of this station, in a sentence; "" where it can."""
    return {log_type: log_problem(station, log_type) for log_type in LogType.values}


def log_problem(station: Any, log_type: str) -> str:
    try:
        logs.check_request(station=station, log_type=log_type)
    except RequestRefused as error:
        return str(error)
    return ""


# Whether more stations than these are connected is not looked up one by one.
MOST_LOOKED_UP = 200


@dataclass(slots=True)
class Prospect:
    """What asking many stations would come to; `away` is None where nobody looked."""

    able: list[Any]
    away: int | None
    refused: dict[str, list[Any]]  # by reason


def prospect(stations: Iterable[Any], log_type: str) -> Prospect:
    """Who of `stations` can be asked for a log, who is away, and who cannot and why.

    Stations of one version that know the same have one answer: it is asked for once.
    """
    gateway, stations = get_gateway(), list(stations)
    found = Prospect([], None, {})
    known = capabilities.findings(stations, ("GetLog", "GetDiagnostics"))
    problems: dict[Any, str] = {}
    for station in stations:
        found_out = known.get(station.pk, {})
        likeness = (gateway.version(station), frozenset(found_out.items()))
        if likeness not in problems:
            problems[likeness] = log_problem(station, log_type)
        if problem := problems[likeness]:
            found.refused.setdefault(problem, []).append(station)
        else:
            found.able.append(station)
    if len(found.able) <= MOST_LOOKED_UP:
        found.away = sum(not gateway.is_online(station) for station in found.able)
    return found
