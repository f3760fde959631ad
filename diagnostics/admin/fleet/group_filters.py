"""Lists narrowed to a group of stations, or to a saved selection of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from diagnostics.admin.numbers import row_in
from diagnostics.models import GroupMember, StationGroup, StationSelection
from diagnostics.services import access
from diagnostics.services.fleet.selections import stations_of

# Groups that a list offers; the others are reached from their own pages.
MOST_GROUPS = 100


class GroupFilter(admin.SimpleListFilter):
    """Rows of the stations in one group. It vanishes where there is no group."""

    title = _("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        groups = access.visible_groups(request.user)
        offered = list(groups[:MOST_GROUPS])
        chosen = row_in(groups, request.GET.get(self.parameter_name, ""))
        if chosen is not None and chosen not in offered:
            offered.append(chosen)
        return [(str(group.pk), group.name) for group in offered]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        group: StationGroup | None = row_in(access.visible_groups(request.user), self.value())
        if group is None:
            return queryset.none()
        members = GroupMember.objects.filter(group=group).values("station")
        model: Any = queryset.model
        return queryset.filter(**{f"{access.station_path(model)}__in": members})


class SelectionFilter(admin.SimpleListFilter):
    """Rows of the stations of a saved selection; reached by links, so it offers only that one."""

    title = _("selection")
    parameter_name = "selection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = access.visible_selections(request.user)
        chosen = row_in(rows, request.GET.get(self.parameter_name, ""))
        return [(str(chosen.pk), chosen.name)] if chosen is not None else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        rows = access.visible_selections(request.user)
        chosen: StationSelection | None = row_in(rows, self.value())
        if chosen is None:
            return queryset.none()
        model: Any = queryset.model
        stations = stations_of(chosen, request.user).values("pk")
        return queryset.filter(**{f"{access.station_path(model)}__in": stations})
