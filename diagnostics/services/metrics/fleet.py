"""Figures of stations and of what goes over their connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.models import HealthProblem, StationHealth, StationInfo
from diagnostics.models.health import LATENCIES, LATENCY_COLUMNS, hour_of
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import fleet
from diagnostics.services.metrics.metric import Distribution, Kind, Metric, one

# The tallies are kept by the hour, so they begin anew with each.
_ANEW = "Begins anew at each full hour, which rate() and increase() take for a restart."
# By figure and label the columns of `StationHealth`.
_COUNTED = {
    "diagnostics_messages": (
        "Messages that went by. " + _ANEW,
        "direction",
        {"received": "received", "sent": "sent"},
    ),
    "diagnostics_message_faults": (
        "Messages that came to no good: errors that a station answered, errors that it was "
        "answered, messages that break the standard, calls without an answer. " + _ANEW,
        "fault",
        {
            "error_by_station": "errors_by_station",
            "error_by_us": "errors_by_us",
            "unreadable": "unreadable",
            "unanswered": "unanswered",
        },
    ),
    "diagnostics_connections": (
        "Connections that stations opened, and attempts turned away for a wrong password or "
        "none. " + _ANEW,
        "outcome",
        {"accepted": "connections", "turned_away": "turned_away"},
    ),
}


def metrics() -> Iterator[Metric | Distribution]:
    """Stations, who is connected, what is wrong with connections, and messages of this hour."""
    stations = _stations()
    yield one("diagnostics_stations", "Stations known here, now.", stations.count())
    if fleet.is_quick():
        yield Metric(
            "diagnostics_stations_connected",
            "Stations connected now, by the version of OCPP.",
            _connected(stations),
            ("version",),
        )
    found = dict(HealthProblem.objects.values_list("kind").annotate(Count("pk")).order_by())
    yield Metric(
        "diagnostics_connection_problems",
        "Stations whose connection has this problem now; one may have several.",
        {(kind,): found.get(kind, 0) for kind in HealthProblem.Kind.values},
        ("kind",),
    )
    yield from _messages()


def _stations() -> Any:
    model: Any = StationInfo._meta.get_field("station").related_model
    return model._default_manager.order_by()


def _connected(stations: Any) -> dict[tuple[str, ...], float]:
    """One statement for all, and one for each version where the gateway tells them apart."""
    here = fleet.online(stations)
    versions: dict[tuple[str, ...], float] = {}
    if hasattr(get_gateway(), "speaking"):
        versions = {(each.value,): fleet.speaking(here, each.value).count() for each in OcppVersion}
    return versions | {("unknown",): here.count() - sum(versions.values())}


def _messages() -> Iterator[Metric | Distribution]:
    columns = [column for *_, each in _COUNTED.values() for column in each.values()]
    hour = StationHealth.objects.filter(hour=hour_of(timezone.now()))
    sums = hour.aggregate(**{name: Sum(name, default=0) for name in (*columns, *LATENCY_COLUMNS)})
    for name, (words, label, each) in _COUNTED.items():
        values: dict[tuple[str, ...], float] = {
            (value,): sums[column] for value, column in each.items()
        }
        yield Metric(name, words, values, (label,), Kind.COUNTER)
    yield Distribution(
        "diagnostics_answer_seconds",
        "How long stations took to answer calls. " + _ANEW,
        _buckets(sums),
    )


def _buckets(sums: Mapping[str, int]) -> list[tuple[float, int]]:
    """Counts by step as counts up to the end of each step."""
    ends = [*(milliseconds / 1000 for milliseconds in LATENCIES), float("inf")]
    return list(zip(ends, accumulate(sums[name] for name in LATENCY_COLUMNS), strict=True))
