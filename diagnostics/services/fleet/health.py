"""How the connections of stations are: what is wrong with which, drawn from the counters.

The counters of this hour and the last one decide, so that a full hour is always looked at. What is
wrong now is a row of `HealthProblem`, for lists and Home; the sweep keeps these true.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Sum
from django.db.models.functions import Abs
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.message_log.tally import add_counts
from diagnostics.models import HealthProblem, StationHealth, StationInfo
from diagnostics.models.health import LATENCY_COLUMNS, hour_of, percentile
from diagnostics.services import fleet
from diagnostics.services.many_rows import update_each

Kind = HealthProblem.Kind
Found = dict[tuple[Any, str], dict[str, Any]]

# Seconds between two looks of one process.
PAUSE = 60.0
# Fewer answers say nothing about how fast a station is.
FEW_ANSWERS = 5
# And how many errors, in an hour or two, are few.
FEW_ERRORS = 5
# Stations of which a gateway is asked one by one whether they are connected.
MOST_ASKED = 500
COUNTERS = ("received", "connections", "turned_away", "errors_by_station", "errors_by_us",
            "unreadable", "unanswered", *LATENCY_COLUMNS)  # fmt: skip

_looked_at = float("-inf")


def count(counter: str, *stations: Any, now: datetime | None = None) -> None:
    """Add one to a counter, by its column ("connections", "turned_away", …), of each station, by
    its primary key."""
    hour = hour_of(now or timezone.now())
    add_counts({(station_id, hour): {counter: 1} for station_id in stations})


def window(now: datetime) -> datetime:
    """The beginning of what is looked at."""
    return hour_of(now) - timedelta(hours=1)


def sweep_health(now: datetime) -> None:
    """Keep the problems true; by one process not more often than once a minute."""
    global _looked_at
    if time.monotonic() - _looked_at >= PAUSE:
        _looked_at = time.monotonic()
        look(now)


@transaction.atomic
def look(now: datetime) -> None:
    """Find what is wrong with which connections, and change the rows that say otherwise."""
    found = find_problems(now)
    rows = {(row.station_id, row.kind): row for row in HealthProblem.objects.all()}
    gone = [row.pk for key, row in rows.items() if key not in found]
    HealthProblem.objects.filter(pk__in=gone).delete()
    update_each(
        HealthProblem,
        {
            row.pk: {"figures": found[key]}
            for key, row in rows.items()
            if key in found and row.figures != found[key]
        },
    )
    HealthProblem.objects.bulk_create(
        (
            HealthProblem(station_id=station, kind=kind, figures=figures, since=now)
            for (station, kind), figures in found.items()
            if (station, kind) not in rows
        ),
        ignore_conflicts=True,
    )


def find_problems(now: datetime) -> Found:
    """What is wrong: by station and kind the figures that say so."""
    found: Found = {}
    stations: Any = StationInfo._meta.get_field("station").related_model
    hours = StationHealth.objects.filter(hour__gte=window(now))
    known = hours.filter(Exists(stations._default_manager.filter(pk=OuterRef("station"))))
    sums: Any = known.values("station").annotate(**{name: Sum(name) for name in COUNTERS})
    for counts in sums.iterator():
        for kind, figures in _counted(counts):
            found[counts["station"], kind] = figures
    for station, skew in _wrong_clocks():
        found[station, Kind.CLOCK] = {"seconds": round(skew)}
    for station, heard_at in _silent(now):
        found[station, Kind.SILENT] = {"heard_at": heard_at.isoformat() if heard_at else None}
    return found


def _counted(counts: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the counters of one station say is wrong."""
    if 0 < app_settings.health_flapping <= counts["connections"]:
        yield Kind.FLAPPING, {"count": counts["connections"]}
    if 0 < app_settings.health_turned_away <= counts["turned_away"]:
        yield Kind.CREDENTIALS, {"count": counts["turned_away"]}
    errors = counts["errors_by_station"] + counts["errors_by_us"]
    if errors >= FEW_ERRORS and errors >= app_settings.health_error_rate * counts["received"]:
        yield Kind.ERRORS, {"count": errors, "of": counts["received"]}
    if 0 < app_settings.health_unreadable <= counts["unreadable"]:
        yield Kind.UNREADABLE, {"count": counts["unreadable"]}
    if 0 < app_settings.health_unanswered <= counts["unanswered"]:
        yield Kind.UNANSWERED, {"count": counts["unanswered"]}
    latencies = [counts[name] for name in LATENCY_COLUMNS]
    slow = percentile(latencies, 0.95)
    limit = app_settings.health_slow.total_seconds() * 1000
    if slow is not None and sum(latencies) >= FEW_ANSWERS and slow >= limit:
        yield Kind.SLOW, {"milliseconds": slow, "answers": sum(latencies)}


def _wrong_clocks() -> Any:
    skewed = StationInfo.objects.alias(off=Abs("clock_skew"))
    limit = app_settings.health_clock_skew.total_seconds()
    return skewed.filter(off__gte=limit).values_list("station", "clock_skew")


def _silent(now: datetime) -> Any:
    """Connected long enough, and nothing heard: the socket is open and nobody may be there.

    Nothing is known of this where messages are not recorded: nobody at all was heard then.
    """
    since = now - app_settings.health_silence
    heard = StationHealth.objects.filter(hour__gte=hour_of(since), heard_at__gte=since)
    if not app_settings.message_log or not heard.exists():
        return []
    stations: Any = StationInfo._meta.get_field("station").related_model
    quiet = stations._default_manager.filter(diagnostics_info__seen_at__lt=since)
    quiet = quiet.exclude(pk__in=heard.values("station"))
    if not fleet.is_quick() and quiet.count() > MOST_ASKED:
        return []
    keys = list(fleet.online(quiet).values_list("pk", flat=True))
    last = StationHealth.objects.filter(station__in=keys).values("station")
    times = dict(last.annotate(at=Max("heard_at")).values_list("station", "at"))
    return [(key, times.get(key)) for key in keys]


def hours_of(station: Any, now: datetime, hours: int = 48) -> list[StationHealth]:
    """The newest hours of a station in which something was counted, newest first."""
    since = hour_of(now) - timedelta(hours=hours - 1)
    rows = StationHealth.objects.filter(station=station, hour__gte=since)
    return list(rows.order_by("-hour"))


def problems_of(station: Any) -> list[HealthProblem]:
    """What is wrong with the connection of a station now."""
    return list(HealthProblem.objects.filter(station=station).order_by("since", "pk"))
