"""Compare stations with their profiles, many at a time, and set in motion what follows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from diagnostics.lifecycles.profile import ProfileState, RunCause
from diagnostics.models import MonitorProfile, ProfileRun, StationProfile
from diagnostics.profiles.document import Document
from diagnostics.profiles.plan import plan
from diagnostics.profiles.station import Station
from diagnostics.profiles.steps import Action, Plan, State, Why
from diagnostics.progress import publish_on_commit
from diagnostics.services import fleet
from diagnostics.services.many_rows import update_each
from diagnostics.services.profiles import facts as profile_facts
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.profiles import runs as profile_runs
from diagnostics.services.timeline import Source, note

# Stations that are compared by one set of queries.
BATCH = 100
# Seconds after which a worker lets other work go first.
SLICE = 8.0
DAY = timedelta(hours=24)
# When one that was repaired too often is looked at again, and one that waits for its station.
LATER = timedelta(hours=1)

# Those of which a report, asked for by the repair itself, tells more.
_READABLE = frozenset({Why.NOT_READ, Why.NO_MODEL})


def compare_due(now: datetime | None = None) -> int:
    """Compare the stations that are due, until none is or others should have their turn."""
    begun, done = time.monotonic(), 0
    while rows := profile_queue.take(BATCH, now or timezone.now()):
        compare(rows)
        done += len(rows)
        if time.monotonic() - begun > SLICE:
            break
    return done


def compare(rows: Sequence[StationProfile]) -> None:
    """Compare these stations, go on with what is being applied, and begin repairs."""
    profile_queue.give_back([row for row in rows if row.profile is None])
    rows = [row for row in rows if row.profile is not None]
    open_runs = ProfileRun.objects.open().filter(station__in=[row.station_id for row in rows])
    runs = {run.station_id: run for run in open_runs}
    for row in rows:
        if row.station_id in runs:
            profile_runs.collect(row, runs[row.station_id])
    plans = plans_of(rows)
    _record(rows, plans, timezone.now())
    idle = [row for row in rows if row.station_id not in runs]
    _repair(idle, plans)
    for row in rows:
        if row.station_id in runs:
            again = profile_runs.advance(row, runs[row.station_id], plans[row.station_id])
            profile_queue.give_back([row], again)


def plans_of(rows: Sequence[StationProfile]) -> dict[Any, Plan]:
    """What is to be done at each station, by its key, as far as is known now."""
    known = profile_facts.stations_of(rows)
    documents: dict[Any, Document] = {}
    plans: dict[Any, Plan] = {}
    for row in rows:
        profile: MonitorProfile | None = row.profile
        if profile is not None:
            document = documents.setdefault(profile.pk, profile.document)
            plans[row.station_id] = plan_for(document, known[row.station_id], profile)
    return plans


def plan_for(document: Document, station: Station, profile: MonitorProfile) -> Plan:
    """A plan as the options of a profile have it."""
    clears_custom = profile.clears == MonitorProfile.Clears.CUSTOM
    return plan(document, station, clears_custom=clears_custom)


def _record(rows: Sequence[StationProfile], plans: Mapping[Any, Plan], now: datetime) -> None:
    changes: dict[int, dict[str, Any]] = {}
    for row in rows:
        was = (row.state, row.compared_id, _counts(row))
        columns = _columns(row, plans[row.station_id], now)
        changes[row.pk] = columns
        if row.state == ProfileState.IN_STEP and columns["state"] == ProfileState.DRIFTED:
            _note_drift(row)
        for name, value in columns.items():
            setattr(row, name, value)
        if (row.state, row.compared_id, _counts(row)) != was:
            publish_on_commit("monitors", row.station_id)
            publish_on_commit("monitorprofile", row.profile_id)
    update_each(StationProfile, changes)


def _columns(row: StationProfile, found: Plan, now: datetime) -> dict[str, Any]:
    current = row.profile.current_id if row.profile else None
    columns = {
        "state": str(found.state),
        "why": str(found.why or ""),
        "to_switch": len(found.to_switch),
        "to_set": found.count(Action.SET),
        "to_replace": found.count(Action.REPLACE),
        "to_clear": found.count(Action.CLEAR),
        "unchanged": found.count(Action.KEEP),
        "cannot": found.count(Action.CANNOT) + found.refused_settings,
        "compared_id": current,
        "checked_at": now,
        "applied_id": row.applied_id,
        "applied_at": row.applied_at,
    }
    if found.state in (State.IN_STEP, State.CANNOT) and row.applied_id != current:
        columns |= {"applied_id": current, "applied_at": now}
    return columns


def _counts(row: StationProfile) -> tuple[int, ...]:
    return (row.to_switch, row.to_set, row.to_replace, row.to_clear, row.unchanged, row.cannot)


def _note_drift(row: StationProfile) -> None:
    note(
        station=row.station,
        kind="profile.drifted",
        source=Source.SYSTEM,
        profile=str(row.profile),
    )


def _repair(rows: Sequence[StationProfile], plans: Mapping[Any, Plan]) -> None:
    """Begin to repair those whose profile says so, as often as it allows, if they are here."""
    wanting = [row for row in rows if _wants_repair(row, plans[row.station_id])]
    here = _here(wanting)
    lately = repairs_lately([row.station_id for row in wanting])
    begun = [
        row
        for row in wanting
        if row.station_id in here
        and lately.get(row.station_id, 0) < (row.profile.repairs_per_day if row.profile else 0)
    ]
    tired = [row for row in wanting if row.station_id in here and row not in begun]
    if begun:
        profile_runs.begin(begun, cause=RunCause.REPAIR)
        profile_queue.give_back(begun, timezone.now())
    if tired:
        profile_queue.give_back(tired, timezone.now() + LATER)
    busy = {row.pk for row in (*begun, *tired)}
    profile_queue.give_back([row for row in rows if row.pk not in busy])


def _wants_repair(row: StationProfile, found: Plan) -> bool:
    automatic = bool(row.profile and row.profile.repair == MonitorProfile.Repair.AUTOMATIC)
    return automatic and (found.state is State.DRIFTED or found.why in _READABLE)


def _here(rows: Sequence[StationProfile]) -> set[Any]:
    if not rows:
        return set()
    stations = type(rows[0].station)._default_manager.filter(pk__in=[r.station_id for r in rows])
    return set(fleet.online(stations).values_list("pk", flat=True))


def repairs_lately(stations: Sequence[Any], now: datetime | None = None) -> dict[Any, int]:
    """How often each station was repaired by itself in the last 24 hours."""
    since = (now or timezone.now()) - DAY
    lately = ProfileRun.objects.filter(
        station__in=stations, cause=RunCause.REPAIR, created_at__gte=since
    )
    return dict(lately.values_list("station").annotate(Count("pk")).order_by())
