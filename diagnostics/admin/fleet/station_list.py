"""The list of stations, in the host's own station admin: groups, selections, actions for many."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.contrib.admin.views.main import ChangeList
from django.db.models import CASCADE, Prefetch
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import TheirsOnly, is_unlimited
from diagnostics.admin.campaigns.start import RUN, start_campaign_action
from diagnostics.admin.fleet.actions import PERMISSION, request_logs_action
from diagnostics.admin.fleet.group_actions import (
    PERMISSIONS,
    SELECT,
    add_to_group_action,
    remove_from_group_action,
    save_selection_action,
)
from diagnostics.admin.fleet.group_filters import GroupFilter, SelectionFilter
from diagnostics.admin.fleet.health import HealthFilter
from diagnostics.admin.searches.actions import search_stations_action
from diagnostics.admin.searches.log_search import SEARCH
from diagnostics.models import GroupMember, StationGroup
from diagnostics.services import access
from diagnostics.services.retention import holds
from diagnostics.wording.retention import hold_sentence

COLUMN = "diagnostics_groups_"


class GroupedChangeList(ChangeList):
    """A page of stations comes with their groups, by one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if COLUMN in self.list_display:
            groups = access.visible_groups(request.user)
            rows: Any = self.result_list
            self.result_list = rows.prefetch_related(Prefetch("diagnostics_groups", groups))

    @property
    def filter_query(self) -> str:
        """What narrows the list, as the form of a selection reads it; "" where nothing does."""
        return self.get_query_string(remove=["p", "o", "all"]).lstrip("?")


class StationList(TheirsOnly):
    """A ModelAdmin for the host's station model."""

    change_list_template = "diagnostics/station/list.html"
    actions: Any = [
        request_logs_action,
        start_campaign_action,
        search_stations_action,
        add_to_group_action,
        remove_from_group_action,
        save_selection_action,
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new station is in no group: who is limited would not see it."""
        return is_unlimited(request) and super().has_add_permission(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        hosts = super().get_changelist(request, **kwargs)
        return type("StationChangeList", (GroupedChangeList, hosts), {})

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), HealthFilter, GroupFilter, SelectionFilter]

    def narrowed_by(self, request: HttpRequest) -> set[str]:
        """What a host's own links may use, too: the columns that it shows."""
        shown = [*self.list_display, *flatten(self.get_fields(request))]
        return super().narrowed_by(request) | {each for each in shown if isinstance(each, str)}

    def get_list_display(self, request: HttpRequest) -> Any:
        """The host's columns, and the groups where there are any."""
        columns = super().get_list_display(request)
        return [*columns, COLUMN] if StationGroup.objects.exists() else columns

    @admin.display(description=gettext_lazy("Groups"))
    def diagnostics_groups_(self, row: Any) -> SafeString:
        names = " · ".join(group.name for group in row.diagnostics_groups.all())
        return format_html("{}", names) if names else parts.NOTHING

    def get_actions(self, request: HttpRequest) -> Any:
        needed = {
            **PERMISSIONS,
            "request_logs_action": PERMISSION,
            "start_campaign_action": RUN,
            "search_stations_action": SEARCH,
        }
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name not in needed or request.user.has_perm(needed[name])
        }

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        extra = {"may_select": request.user.has_perm(SELECT), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """How much goes with the stations, counted: they may have a million rows, too many to name.

        Whoever may delete a station may delete what is known of it.
        """
        stations = list(objs)
        counts = {self.opts.verbose_name_plural: len(stations)}
        fields: Any = self.opts.get_fields(include_hidden=True)
        for relation in [each for each in fields if each.one_to_many or each.one_to_one]:
            if getattr(relation, "on_delete", None) is not CASCADE:
                continue
            if relation.related_model._meta.auto_created:  # names nothing that people know
                continue
            rows = relation.related_model._base_manager
            name = relation.related_model._meta.verbose_name_plural
            if count := rows.filter(**{f"{relation.field.name}__in": stations}).count():
                counts[name] = count
        held = [hold for station in stations for hold in holds.holds_on(station=station)]
        names = [str(station) for station in stations]
        return names, counts, set(), [hold_sentence(hold) for hold in held]


def stations_url(**query: Any) -> str:
    """The list of stations with filters of ours, or "" where the host's list does not have them."""
    model: Any = GroupMember._meta.get_field("station").related_model
    if not isinstance(admin.site._registry.get(model), StationList):
        return ""
    try:
        base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    return f"{base}?{urlencode(query)}"
