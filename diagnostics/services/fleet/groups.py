"""Put stations into groups and take them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.models import GroupMember, StationGroup
from diagnostics.services.retention.holds import refuse_leaving

BATCH = 1000


@transaction.atomic
def add_stations(
    *,
    group: StationGroup,
    stations: Iterable[Any],
    added_by: Any = None,
    now: datetime | None = None,
) -> int:
    """Put stations (or their keys) into a group; returns how many were not in it before."""
    now, members = now or timezone.now(), GroupMember.objects.filter(group=group)
    before = members.count()
    for keys in _batches(stations):
        rows = [
            GroupMember(group=group, station_id=key, added_at=now, added_by=added_by)
            for key in keys
        ]
        GroupMember.objects.bulk_create(rows, ignore_conflicts=True)
    return members.count() - before


@transaction.atomic
def remove_stations(*, group: StationGroup, stations: Iterable[Any]) -> int:
    """Take stations (or their keys) out of a group; returns how many were in it.

    Raises RequestRefused where the group is on legal hold.
    """
    members, removed = GroupMember.objects.filter(group=group), 0
    for keys in _batches(stations):
        refuse_leaving(group)
        removed += members.filter(station__in=keys).delete()[0]
    return removed


def _batches(stations: Iterable[Any]) -> Iterable[Sequence[Any]]:
    keys = (getattr(station, "pk", station) for station in stations)
    while batch := list(islice(keys, BATCH)):
        yield batch
