"""Who may see which stations. Operators may be limited to groups; everything that shows or takes
rows for a user asks here, and what is not theirs looks as if it did not exist.

    access.visible(LogRequest.objects.all(), request.user)

Commands, tasks and stations are no users: they pass None, which has no limit.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import ForeignKey, Model, Q, QuerySet

from diagnostics.gateway import get_gateway
from diagnostics.models import GroupLimit, GroupMember, StationGroup, StationSelection

M = TypeVar("M", bound=Model)

# Where a user keeps its limit, once it was looked up: as long as its permissions.
_KEPT = "_diagnostics_limit"


def limit_of(user: Any) -> frozenset[int] | None:
    """The keys of the station groups that a user is limited to; None for no limit.

    One small query for each request of a user who is no superuser, none for the others.
    """
    if user is None or user.is_superuser:
        return None
    if not hasattr(user, _KEPT):
        setattr(user, _KEPT, _looked_up(user))
    kept: frozenset[int] | None = getattr(user, _KEPT)
    return kept


def _looked_up(user: Any) -> frozenset[int] | None:
    mine = Q(user=user.pk)
    if hasattr(user, "groups"):  # a host's own user model may have none
        mine |= Q(user_group__in=user.groups.all())
    found = list(GroupLimit.objects.filter(mine).values_list("groups", flat=True))
    return frozenset(pk for pk in found if pk is not None) if found else None


def visible(rows: QuerySet[M], user: Any, *, station: str = "") -> QuerySet[M]:
    """Those of `rows` that belong to stations the user may see, by one subquery.

    `station` is the path from a row to its station; without it the shortest one is taken. Raises
    ImproperlyConfigured for rows that have none: say whose they are with `own`.
    """
    groups = limit_of(user)
    if groups is None:
        return rows
    members = GroupMember.objects.filter(group__in=groups).values("station")
    return rows.filter(**{f"{station or station_path(rows.model)}__in": members})


def own(rows: QuerySet[M], user: Any, *, by: str = "created_by") -> QuerySet[M]:
    """Of rows that belong to no station: all, or for a limited user those that it made itself."""
    return rows if limit_of(user) is None else rows.filter(**{by: user})


def sees(user: Any, station: Any) -> bool:
    """Whether the user may see this station."""
    groups = limit_of(user)
    if groups is None:
        return True
    return GroupMember.objects.filter(group__in=groups, station=station).exists()


def find_station(identity: str, user: Any) -> Any | None:
    """The station of this identity, as the gateway finds it; None if it is not the user's."""
    if not identity or "\0" in identity:  # which PostgreSQL takes for no text
        return None
    station = get_gateway().find(identity)
    return station if station is not None and sees(user, station) else None


def visible_groups(user: Any) -> QuerySet[StationGroup]:
    """The groups a user may see: all, or those it is limited to."""
    groups = limit_of(user)
    rows = StationGroup.objects.all()
    return rows if groups is None else rows.filter(pk__in=groups)


def visible_selections(user: Any) -> QuerySet[StationSelection]:
    """The selections a user may see: all, or those that stay within the groups of its limit."""
    groups = limit_of(user)
    rows = StationSelection.objects.all()
    if groups is None:
        return rows
    beyond = StationGroup.objects.exclude(pk__in=groups).values("selections")
    within = StationGroup.objects.filter(pk__in=groups).values("selections")
    return rows.filter(pk__in=within).exclude(pk__in=beyond.filter(selections__isnull=False))


def has_station(model: type[Model]) -> bool:
    """Whether rows of a model belong to stations."""
    try:
        return bool(station_path(model))
    except ImproperlyConfigured:
        return False


@cache
def station_path(model: type[Model]) -> str:
    """The shortest way along foreign keys from a model to its station: "log_request__station".

    "pk" for the stations themselves. Raises ImproperlyConfigured where there is none.
    """
    goal = GroupMember._meta.get_field("station").related_model
    ways: deque[tuple[Any, str]] = deque([(model, "")])
    known: set[Any] = {model}
    while ways:
        here, way = ways.popleft()
        if here is goal:
            return way or "pk"
        for field in here._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model not in known:
                known.add(field.related_model)
                ways.append((field.related_model, f"{way}__{field.name}" if way else field.name))
    raise ImproperlyConfigured(f"{model.__name__} belongs to no station.")
