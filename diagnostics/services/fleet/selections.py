"""Which stations a saved selection holds, found out whenever it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from diagnostics.models import Alert, GroupMember, StationInfo, StationSelection
from diagnostics.models.selection import OpenAlerts
from diagnostics.services import access, fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What stations must be like. See `StationSelection`.

    An empty text says nothing, and so does None; an empty set of groups or stations holds none.
    """

    vendor: str = ""
    model: str = ""
    firmware: str = ""
    ocpp_version: str = ""
    connectivity: str = ""
    hours: int | None = None
    alerts: str = ""
    text: str = ""
    groups: frozenset[int] | None = None
    stations: frozenset[Any] | None = None


def stations_of(selection: StationSelection, user: Any = None) -> QuerySet[Any]:
    """The stations that a selection holds now, as far as the user may see them.

    Whatever works on "a selection of stations" asks here, with the user on whose behalf it works;
    None stands for the system, which has no limit. In no order.
    """
    return stations_like(criteria_of(selection), user)


def stations_like(criteria: Criteria, user: Any = None) -> QuerySet[Any]:
    """The same for criteria that are saved nowhere."""
    manager: Any = GroupMember._meta.get_field("station").related_model
    stations = access.visible(manager._default_manager.order_by(), user)
    if criteria.groups is not None:
        members = GroupMember.objects.filter(group__in=criteria.groups)
        stations = stations.filter(pk__in=members.values("station"))
    if criteria.stations is not None:
        stations = stations.filter(pk__in=criteria.stations)
    if like := _of_a_make(criteria):
        stations = stations.filter(pk__in=StationInfo.objects.filter(like).values("station"))
    if criteria.alerts:
        alarmed = Alert.objects.unseen().values("station")
        wanted = Q(pk__in=alarmed)
        stations = stations.filter(wanted if criteria.alerts == OpenAlerts.SOME else ~wanted)
    return _as_the_host_knows(stations, criteria)


def _of_a_make(criteria: Criteria) -> Q:
    wanted = {
        "vendor": criteria.vendor,
        "model": criteria.model,
        "firmware_version": criteria.firmware,
    }
    like = Q()
    for column, value in wanted.items():
        if value.endswith("*"):
            like &= Q(**{f"{column}__istartswith": value[:-1]})
        elif value:
            like &= Q(**{f"{column}__iexact": value})
    return like


def _as_the_host_knows(stations: QuerySet[Any], criteria: Criteria) -> QuerySet[Any]:
    """Last, since some hosts are asked for each station that is left."""
    if criteria.ocpp_version:
        stations = fleet.speaking(stations, criteria.ocpp_version)
    if criteria.connectivity:
        stations = fleet.connected(stations, criteria.connectivity, criteria.hours)
    return fleet.matching(stations, criteria.text) if criteria.text else stations


def criteria_of(selection: StationSelection) -> Criteria:
    """The criteria of a saved selection."""
    groups = selection.groups.values_list("pk", flat=True) if selection.by_groups else None
    stations = selection.stations.values_list("pk", flat=True) if selection.by_stations else None
    return Criteria(
        vendor=selection.vendor,
        model=selection.model,
        firmware=selection.firmware,
        ocpp_version=selection.ocpp_version,
        connectivity=selection.connectivity,
        hours=selection.hours,
        alerts=selection.alerts,
        text=selection.text,
        groups=None if groups is None else frozenset(groups),
        stations=None if stations is None else frozenset(stations),
    )


@transaction.atomic
def select_stations(
    *, name: str, stations: Iterable[Any], created_by: Any = None
) -> StationSelection:
    """Save a selection of exactly these stations (or their keys)."""
    selection = StationSelection.objects.create(name=name, created_by=created_by, by_stations=True)
    selection.stations.add(*stations)
    settle_selection(selection, user=created_by)
    return selection


def settle_selection(selection: StationSelection, *, user: Any = None) -> None:
    """Make firm what a user saved, once its groups are saved too.

    What a limited user saves stays within the groups of its limit for good: whatever uses the
    selection later, on whoever's behalf, gets no other stations.
    """
    chosen = set(selection.groups.values_list("pk", flat=True))
    limit = access.limit_of(user)
    if limit is not None:
        chosen = chosen & limit or set(limit)
        selection.groups.set(chosen)
    selection.by_groups = bool(chosen) or limit is not None
    selection.save(update_fields=["by_groups"])
