"""Whom a campaign asks: who can, who cannot and why, and in which wave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from math import ceil
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.campaign import CANNOT, StationState
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models import Campaign, CampaignStation, GroupMember
from diagnostics.models.campaign import CampaignPlan
from diagnostics.models.group import GroupKind
from diagnostics.progress import publish_on_commit
from diagnostics.services import fleet
from diagnostics.services.campaigns.operations import CampaignOperation, operation_of
from diagnostics.services.campaigns.wakeup import wake_on_commit
from diagnostics.services.fleet import capabilities

BATCH = 1000
# Stations that a survey names for each reason.
NAMED = 50
# Whether more stations than these are connected is not asked one by one.
MOST_LOOKED_UP = 200


@dataclass(slots=True)
class Survey:
    """What a campaign would come to: how many can be asked, how many of them are away (None where
    nobody looked), and by reason how many cannot and some of them."""

    able: int = 0
    away: int | None = None
    refused: dict[str, int] = field(default_factory=dict)
    some: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def unable(self) -> int:
        return sum(self.refused.values())


def survey(*, operation: str, params: dict[str, Any], stations: QuerySet[Any]) -> Survey:
    """Look at every station without asking it. Raises RequestRefused for no such operation."""
    found = Survey()
    able: list[Any] = []
    for batch in _batches(stations):
        for station, problem in _problems(operation_of(operation), params, batch):
            if not problem:
                able.append(station.pk)
                continue
            found.refused[problem] = found.refused.get(problem, 0) + 1
            named = found.some.setdefault(problem, [])
            if len(named) < NAMED:
                named.append(station)
    found.able = len(able)
    if fleet.is_quick() or len(able) <= MOST_LOOKED_UP:
        found.away = len(able) - len(_online(stations, able))
    return found


def _batches(stations: QuerySet[Any]) -> Iterator[list[Any]]:
    rows = stations.order_by("pk").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _problems(
    operation: CampaignOperation, params: dict[str, Any], stations: list[Any]
) -> Iterator[tuple[Any, str]]:
    """Why each station cannot be asked, or "". Stations that are alike have one answer."""
    gateway, answers = get_gateway(), {}
    known = capabilities.findings(stations)
    for station in stations:
        likeness = (gateway.version(station), frozenset(known.get(station.pk, {}).items()))
        if likeness not in answers:
            answers[likeness] = _problem(operation, params, station)
        yield station, answers[likeness]


def _problem(operation: CampaignOperation, params: dict[str, Any], station: Any) -> str:
    try:
        operation.check(station, params)
    except RequestRefused as error:
        return str(error)
    return ""


def _online(stations: QuerySet[Any], keys: Iterable[Any]) -> set[Any]:
    wanted = set(keys)
    if fleet.is_quick():
        here = fleet.online(stations.order_by()).values_list("pk", flat=True)
        return wanted.intersection(here)
    asked = stations.filter(pk__in=list(islice(wanted, MOST_LOOKED_UP)))
    return set(fleet.online(asked).values_list("pk", flat=True))


@transaction.atomic
def start_campaign(
    *,
    name: str,
    operation: str,
    stations: QuerySet[Any],
    params: dict[str, Any] | None = None,
    scope: str = StationScope.STATIONS,
    scope_name: str = "",
    created_by: Any = None,
    again_of: Campaign | None = None,
    now: datetime | None = None,
    **pace: Any,
) -> Campaign:
    """Write a campaign and a row for each of the stations; the driver does the rest.

    `pace` are columns of `CampaignPlan`; absent ones have their defaults. Stations that cannot are
    written down with why. Raises RequestRefused for no station, for none that can, and for an
    operation that does not exist, and for a pace that makes no sense.
    """
    now = now or timezone.now()
    campaign = Campaign(
        name=name[:100] or operation,
        operation=operation,
        params=params or {},
        scope=scope,
        scope_name=scope_name[:255],
        created_by=created_by,
        created_at=now,
        again_of=again_of,
        **pace,
    )
    _check_pace(campaign)
    campaign.expires_at = now + timedelta(hours=campaign.wait_hours)
    campaign.save()
    able, refused = _write_stations(campaign, stations)
    if not able:
        raise RequestRefused(refused or "There is no station like that: nobody is asked.")
    _divide_into_waves(campaign, stations, able)
    publish_on_commit("campaign", campaign.pk, state=campaign.status)
    wake_on_commit()
    return campaign


def _check_pace(campaign: Campaign) -> None:
    """What forms look at, for who comes without one."""
    labels = {each.name: each.verbose_name for each in Campaign._meta.fields}
    own = {each.name for each in CampaignPlan._meta.get_fields()} - {"operation", "params"}
    try:
        campaign.clean_fields(exclude=labels.keys() - own)
    except ValidationError as error:
        name, (problem, *_others) = next(iter(error.message_dict.items()))
        raise RequestRefused(f"{labels[name]}: {problem}") from None


def _write_stations(campaign: Campaign, stations: QuerySet[Any]) -> tuple[list[Any], str]:
    """A row for each station; returns the keys of those that can be asked, and one refusal."""
    operation, able, refused = operation_of(campaign.operation), [], ""
    groups = _pace_groups(stations) if campaign.at_once_per_group else {}
    for batch in _batches(stations):
        rows = []
        for station, problem in _problems(operation, campaign.params, batch):
            row = CampaignStation(
                campaign=campaign, station=station, pace_group_id=groups.get(station.pk)
            )
            if problem:
                row.state, row.code, row.info = StationState.SKIPPED, CANNOT, problem[:500]
                row.settled_at, refused = campaign.created_at, problem
            else:
                able.append(station.pk)
            rows.append(row)
        CampaignStation.objects.bulk_create(rows)
    return able, refused


def _pace_groups(stations: QuerySet[Any]) -> dict[Any, int]:
    """Station -> the group it is paced with: its site, or else the oldest group it is in."""
    members = GroupMember.objects.filter(station__in=stations.order_by().values("pk"))
    found: dict[Any, int] = {}
    sites: dict[Any, int] = {}
    for station, group, kind in members.order_by("-group").values_list(
        "station", "group", "group__kind"
    ):
        (sites if kind == GroupKind.SITE else found)[station] = group
    return {**found, **sites}


def _divide_into_waves(campaign: Campaign, stations: QuerySet[Any], able: list[Any]) -> None:
    """The first wave: some of those that are connected, spread over the fleet; all others later."""
    first = campaign.first_wave
    if campaign.first_wave_percent:
        first = ceil(len(able) * min(first, 100) / 100)
    if not 0 < first < len(able):
        return
    here = _online(stations, able)
    chosen = _spread([key for key in able if key in here], first)
    chosen += _spread([key for key in able if key not in here], first - len(chosen))
    rows = CampaignStation.objects.filter(campaign=campaign)
    rows.waiting().update(wave=2)
    for start in range(0, len(chosen), BATCH):
        rows.filter(station__in=chosen[start : start + BATCH]).update(wave=1)


def _spread(keys: list[Any], count: int) -> list[Any]:
    """So many of the keys, evenly spaced: neighbours are often of one site and one make."""
    count = min(count, len(keys))
    return [keys[index * len(keys) // count] for index in range(count)]
