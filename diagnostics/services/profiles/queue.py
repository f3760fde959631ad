"""Which stations are to be compared with their profile, and when: `StationProfile.due_at`.

Whatever may change what a station runs calls `mark`. Workers take a few rows at a time, by a lease
in the same column: one that dies leaves them due again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.jobs import enqueue
from diagnostics.models import MonitorProfile, ProfileRun, StationProfile

TASK = "diagnostics.tasks.compare_profiles"
ASSIGN = "diagnostics.tasks.assign_profiles"
# How often it is found out anew which station has which profile, and how often `wake` is called.
MINUTE, TICK = 60, 10
# As long as a worker may take for what it took; after that another one does it.
LEASE = timedelta(minutes=2)


def mark(*stations: Any) -> None:
    """What these stations run, have or are may have changed: compare them again soon.

    One that is being brought into step goes on at once, the others with the next sweep.
    """
    marked = mark_all(StationProfile.objects.filter(station__in=stations))
    if marked and ProfileRun.objects.open().filter(station__in=stations).exists():
        hurry()


def mark_all(rows: QuerySet[StationProfile], at: datetime | None = None) -> int:
    """Have many stations compared; returns how many they are."""
    return rows.filter(profile__isnull=False).update(due_at=at or timezone.now())


def wake(now: datetime) -> None:
    """Have a worker do what is due. Called every ten seconds; once a minute it assigns too.

    Workers do it rather than the caller: comparing thousands of stations takes its time.
    """
    _call_waiting(now)
    if now.timestamp() % MINUTE < TICK and MonitorProfile.objects.exists():
        enqueue(ASSIGN)
    elif StationProfile.objects.filter(due_at__lte=now).exists():
        enqueue(TASK)


def places() -> int:
    """How many more stations may be brought into step now: of a fleet, so many at a time."""
    most: int = app_settings.profiles_at_once
    return most - ProfileRun.objects.running().count()


def _call_waiting(now: datetime) -> None:
    """Have as many compared of those that wait for a place as there are places, the oldest first.

    Those have no `due_at`: nothing else calls them, unless something happens at their station.
    """
    idle = StationProfile.objects.filter(due_at=None, profile__isnull=False)
    waiting = ProfileRun.objects.waiting().filter(station__in=idle.values("station"))
    if waiting.exists() and (free := places()) > 0:
        called = list(waiting.order_by("pk").values_list("station", flat=True)[:free])
        mark_all(StationProfile.objects.filter(station__in=called), now)


def hurry() -> None:
    """Have a worker look at the queue once this is committed, rather than with the next sweep."""
    transaction.on_commit(lambda: enqueue(TASK))


@transaction.atomic
def take(most: int, now: datetime) -> list[StationProfile]:
    """Some rows that are due, for the caller alone as long as the lease lasts."""
    due = StationProfile.objects.filter(due_at__lte=now).order_by("due_at")
    pks = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most])
    StationProfile.objects.filter(pk__in=pks).update(due_at=now + LEASE)
    rows = StationProfile.objects.filter(pk__in=pks)
    return list(rows.select_related("station").prefetch_related("profile__current"))


def give_back(rows: Sequence[StationProfile], at: datetime | None = None) -> None:
    """End the lease: `at` is when to compare again, None for when something happens.

    What was marked meanwhile stays due.
    """
    for lease in {row.due_at for row in rows}:
        mine = StationProfile.objects.filter(pk__in=[row.pk for row in rows if row.due_at == lease])
        mine.filter(due_at=lease).update(due_at=at)
