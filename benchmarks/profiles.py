"""What comparing stations with a monitor profile costs: `python -m benchmarks.profiles`.

A fleet on a real PostgreSQL: each station has a device model and runs most of the monitors that the
profile wants. Rounds are interleaved, the table has medians for one station. "plan" is the pure
comparison alone; "bare" reads the same monitors and variables of as many stations and does nothing
with them: what is above it is ours.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import django

from benchmarks import servers
from benchmarks.figures import number, ratio, table

EVSES = 4
SENSORS = 8
# Variables that no profile names: a station has hundreds.
OTHERS = 150


def document() -> Any:
    """Monitors on each sensor and each connector: one rule for all, and some by name."""
    from diagnostics.profiles.document import Document, Wanted

    hot = Wanted(component="TemperatureSensor", instance="*", variable="Temperature",
                 type="UpperThreshold", value=70, severity=4)  # fmt: skip
    state = Wanted(component="Connector", evse="*", connector="*", variable="AvailabilityState",
                   type="Delta", severity=6)  # fmt: skip
    named = [
        Wanted(component="TemperatureSensor", instance=f"T{i}", variable="Temperature",
               type="UpperThreshold", value=85, severity=2)
        for i in range(SENSORS)
    ]  # fmt: skip
    return Document(base="All", level=7, monitors=(hot, state, *named))


def build(count: int) -> None:
    """The stations, what they reported, and what they run: all but one of what is wanted."""
    from django.utils import timezone

    from diagnostics import models
    from diagnostics.ocpp.types import Component, ComponentVariable, Variable
    from stations.models import ChargingStation

    now = timezone.now()
    stations = ChargingStation.objects.bulk_create(
        [ChargingStation(identity=f"BENCH-{i}", ocpp_version="2.0.1") for i in range(count)]
    )
    models.StationInfo.objects.bulk_create(
        models.StationInfo(station=each, inventory_at=now, vendor="Acme", limits_read_at=now)
        for each in stations
    )
    models.MonitoringInfo.objects.bulk_create(
        models.MonitoringInfo(station=each, read_at=now, base="All", base_at=now, level=7,
                              level_at=now)
        for each in stations
    )  # fmt: skip
    heat = [ComponentVariable(Component("TemperatureSensor", f"T{i}"), Variable("Temperature"))
            for i in range(SENSORS)]  # fmt: skip
    states = [ComponentVariable(Component("Connector", "", e, 1), Variable("AvailabilityState"))
              for e in range(1, EVSES + 1)]  # fmt: skip
    others = [ComponentVariable(Component(f"Part{i % 30}"), Variable(f"Variable{i}"))
              for i in range(OTHERS)]  # fmt: skip
    for each in stations:
        models.ReportedVariable.objects.bulk_create(
            models.ReportedVariable(
                station=each, **models.ReportedVariable.columns(target),
                digest=models.variable.digest_of(target), supports_monitoring=True,
                data_type="OptionList" if target in states else "decimal", updated_at=now,
            )
            for target in (*heat, *states, *others)
        )  # fmt: skip
        wanted = [(target, "UpperThreshold", value, severity)
                  for target in heat for value, severity in ((70.0, 4), (85.0, 2))]  # fmt: skip
        wanted += [(target, "Delta", 1.0, 6) for target in states[1:]]
        models.Monitor.objects.bulk_create(
            models.Monitor(
                station=each, **models.Monitor.columns(target), type=kind, value=value,
                severity=severity, monitor_id=100 + i, status="Active", created_at=now,
                changed_at=now, by_profile=True,
            )
            for i, (target, kind, value, severity) in enumerate(wanted)
        )  # fmt: skip


def timed(work: Callable[[], Any], stations: int) -> float:
    """Microseconds for one station."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) / stations * 1e6


def due(most: int) -> list[Any]:
    """As a worker takes stations from the queue."""
    from django.utils import timezone

    from diagnostics.services.profiles import queue as profile_queue

    return profile_queue.take(most, timezone.now())


def mark() -> None:
    from diagnostics.models import StationProfile
    from diagnostics.services.profiles import queue as profile_queue

    profile_queue.mark_all(StationProfile.objects.all())


def measured(count: int, rounds: int) -> dict[str, float]:
    """Medians of every way, by its name."""
    from diagnostics.models import Monitor, ReportedVariable, StationProfile
    from diagnostics.services import profiles
    from diagnostics.services.profiles import facts as profile_facts
    from diagnostics.services.profiles import states as profile_states

    rows = list(StationProfile.objects.select_related("station", "profile__current"))
    batches = [rows[i : i + profile_states.BATCH] for i in range(0, count, profile_states.BATCH)]
    facts = [profile_facts.stations_of(batch) for batch in batches]
    said, profile = rows[0].profile.document, rows[0].profile

    def plan() -> None:
        for known in facts:
            for each in known.values():
                profile_states.plan_for(said, each, profile)

    def bare() -> None:
        for batch in batches:
            keys = [row.station_id for row in batch]
            list(Monitor.objects.filter(station__in=keys).values_list())
            named = ReportedVariable.objects.filter(
                station__in=keys, component__in=("TemperatureSensor", "Connector")
            )
            list(named.values_list())

    def many() -> None:
        mark()
        profile_states.compare_due()

    def one_by_one() -> None:
        mark()
        for _turn in range(count):
            profile_states.compare(due(1))

    ways: Sequence[tuple[str, Callable[[], Any]]] = (
        ("plan", plan), ("bare", bare), ("compared, 100 at a time", many),
        ("compared, one by one", one_by_one), ("assigned", profiles.assign_profiles),
    )  # fmt: skip
    found: dict[str, list[float]] = {name: [] for name, _work in ways}
    for _round in range(rounds):
        for name, work in ways:
            found[name].append(timed(work, count))
    return {name: median(times) for name, times in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken over these")
    given = parser.parse_args()
    with servers.prepared_environment():
        django.setup()
        servers.prepare_database()
        from diagnostics.models import MonitorProfile, StationSelection
        from diagnostics.services import profiles
        from diagnostics.services.profiles import states as profile_states

        build(given.stations)
        profile = MonitorProfile.objects.create(name="Bench")
        profile.selections.add(StationSelection.objects.create(name="Bench", vendor="Acme"))
        profiles.save_document(profile=profile, document=document())
        profiles.assign_profiles()
        profile_states.SLICE = 600.0
        found = measured(given.stations, given.rounds)
    rows = [[name, number(each), ratio(each, found["bare"])] for name, each in found.items()]
    print(table(["a station is", "µs", "beside bare"], rows))


if __name__ == "__main__":
    main()
