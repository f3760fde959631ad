"""Monitor profiles: what they say, version by version, and which stations have which.

What stations are to do about it is in `states` and `runs`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.exceptions import RequestRefused
from diagnostics.jobs import enqueue
from diagnostics.lifecycles.profile import NOT_FOR_IT, RunStatus
from diagnostics.models import (
    MonitorProfile,
    ProfileRun,
    ProfileVersion,
    StationProfile,
    StationSelection,
)
from diagnostics.profiles.document import Document, flaws_of
from diagnostics.progress import publish_on_commit
from diagnostics.services.fleet.selections import stations_of
from diagnostics.services.profiles import queue as profile_queue

BATCH = 1000


@transaction.atomic
def save_document(
    *, profile: MonitorProfile, document: Document, note: str = "", saved_by: Any = None
) -> ProfileVersion:
    """Make what a profile says a new version; what has not changed makes none.

    Its stations are compared with it. Raises RequestRefused for a document with flaws.
    """
    if flaws := flaws_of(document):
        raise RequestRefused(flaws[0].sentence)
    held = MonitorProfile.objects.select_for_update().get(pk=profile.pk)
    current: ProfileVersion | None = held.current
    if current is not None and current.content == document.plain():
        return current
    version = ProfileVersion.objects.create(
        profile=held,
        number=current.number + 1 if current else 1,
        content=document.plain(),
        note=note,
        created_at=timezone.now(),
        created_by=saved_by,
    )
    MonitorProfile.objects.filter(pk=held.pk).update(current=version)
    profile.current = version
    settle_profile(profile)
    return version


def settle_profile(profile: MonitorProfile) -> None:
    """Draw the consequences of a change: who has it is found out anew, and all are compared."""
    profile_queue.mark_all(StationProfile.objects.filter(profile=profile))
    publish_on_commit("monitorprofile", profile.pk)
    transaction.on_commit(lambda: enqueue(profile_queue.ASSIGN))


def check_selection(selection: StationSelection) -> None:
    """Raise RequestRefused for a selection whose stations come and go by the hour."""
    if selection.connectivity or selection.alerts:
        text = _(
            "%(name)s selects by connection or by alerts, which change by the hour: its stations "
            "would win and lose their monitors with them. Choose one by group, model or firmware."
        )
        raise RequestRefused(text % {"name": selection.name})


def assign_profiles(now: datetime | None = None) -> None:
    """Find out which station has which profile, and have those compared that have another one."""
    now, wanted = now or timezone.now(), _wanted()
    known = dict(StationProfile.objects.values_list("station_id", "profile_id"))
    fresh = [
        StationProfile(station_id=station, profile_id=profile, due_at=now)
        for station, profile in wanted.items()
        if station not in known
    ]
    StationProfile.objects.bulk_create(fresh, batch_size=BATCH, ignore_conflicts=True)
    moved: dict[int | None, list[Any]] = defaultdict(list)
    for station, profile in known.items():
        if wanted.get(station) != profile:
            moved[wanted.get(station)].append(station)
    for target, stations in moved.items():
        for batch in _batches(stations):
            _move(batch, target, now)
    _forget_deleted()
    for profile in {*known.values(), *wanted.values()} - {None} if fresh or moved else ():
        publish_on_commit("monitorprofile", profile)


def _forget_deleted() -> None:
    """Where a profile was deleted, what its stations were like in comparison means nothing."""
    left = StationProfile.objects.filter(profile=None).exclude(state="")
    left.update(state="", why="", due_at=None)


def _wanted() -> dict[Any, int]:
    """The profile of each station that one is for: the first in the order that matches."""
    wanted: dict[Any, int] = {}
    for profile in _in_order():
        for selection in profile.selections.all():
            for station in stations_of(selection).values_list("pk", flat=True):
                wanted.setdefault(station, profile.pk)
    return wanted


def _in_order() -> Iterable[MonitorProfile]:
    profiles = MonitorProfile.objects.filter(current__isnull=False).order_by("position", "pk")
    return profiles.prefetch_related("selections")


@transaction.atomic
def _move(stations: list[Any], profile: int | None, now: datetime) -> None:
    StationProfile.objects.filter(station__in=stations).update(
        profile=profile, state="", why="", due_at=now if profile else None
    )
    if profile is None:
        runs = ProfileRun.objects.open().filter(station__in=stations)
        runs.update(status=RunStatus.CANCELED, reason=NOT_FOR_IT, ended_at=now)


def _batches(keys: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(keys)
    while batch := list(islice(left, BATCH)):
        yield batch


def matching_profiles(station: Any) -> list[MonitorProfile]:
    """The profiles that are for a station, in the order that decides: it has the first."""
    return [
        profile
        for profile in _in_order()
        if any(
            stations_of(selection).filter(pk=station.pk).exists()
            for selection in profile.selections.all()
        )
    ]


def profile_of(station: Any) -> StationProfile | None:
    """How a station stands to its profile; None for one that never had any."""
    rows = StationProfile.objects.select_related("profile__current", "applied", "station")
    return rows.filter(station=station).first()
