"""The stations of campaigns: reached from a campaign's page, narrowed to it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin
from diagnostics.admin.campaigns.start import page_of
from diagnostics.admin.numbers import row_in
from diagnostics.lifecycles.campaign import StationState
from diagnostics.models import Campaign, CampaignStation
from diagnostics.services.campaigns import visible_campaigns
from diagnostics.wording.campaigns import TONES, reason_sentence, station_sentence

# What was made for a station -> the permission and the page to see it.
MADE = {
    "log_request": ("diagnostics.view_logrequest", "diagnostics_logrequest_change"),
    "report": ("diagnostics.view_report", "diagnostics_report_change"),
    "variable_request": ("diagnostics.view_variablerequest", "diagnostics_variablerequest_change"),
    "call": ("diagnostics.view_outboundcall", "diagnostics_outboundcall_change"),
}


def _chosen(request: HttpRequest, key: str | None) -> Campaign | None:
    """The campaign of this key, as it stands in an address."""
    return row_in(visible_campaigns(request.user), key)


class CampaignFilter(admin.SimpleListFilter):
    """One campaign; reached from its page, so it offers only that one."""

    title = gettext_lazy("campaign")
    parameter_name = "campaign"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = _chosen(request, request.GET.get(self.parameter_name, ""))
        return [(str(found.pk), found.name)] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        found = _chosen(request, self.value())
        return queryset.filter(campaign=found) if found else queryset.none()


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(StationState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class WhyFilter(admin.SimpleListFilter):
    """One reason; reached from a campaign's page, so it offers only the one that is chosen."""

    title = gettext_lazy("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        code = request.GET.get(self.parameter_name, "")[:64]
        found = _chosen(request, request.GET.get("campaign"))
        if not code or found is None:
            return []
        state = request.GET.get("state", StationState.FAILED)
        words = reason_sentence(found.operation, state, code, request.GET.get("info", "")[:200])
        return [(code, words or code)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(code=self.value()) if self.value() else queryset


class InfoFilter(admin.SimpleListFilter):
    """Of those that were left out, one sentence."""

    title = gettext_lazy("explanation")
    parameter_name = "info"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        text = request.GET.get(self.parameter_name, "")[:500]
        return [(text, text)] if text else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(info=self.value()) if self.value() else queryset


@admin.register(CampaignStation)
class CampaignStationAdmin(FactAdmin):
    list_display = (
        "state_",
        "station_",
        "attempt_",
        "asked",
        "settled",
        "campaign_",
    )  # and what came
    nothing_yet = gettext_lazy("No campaign has asked a station yet.")
    list_display_links = None
    list_filter = (CampaignFilter, StateFilter, WhyFilter, InfoFilter)
    search_help_text = gettext_lazy("A station.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CampaignStation]:
        return super().get_queryset(request).select_related("campaign")

    def get_list_display(self, request: HttpRequest) -> Any:
        def made(row: CampaignStation) -> SafeString:
            return _made(row, request.user)

        made.short_description = gettext_lazy("What came")  # type: ignore[attr-defined]
        first, station, *others = super().get_list_display(request)
        return [first, station, made, *others]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are a part of their campaign."""
        return request.user.has_perm("diagnostics.view_campaign")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """It is no list to begin with: campaigns lead to it."""
        return False

    @admin.display(description=gettext_lazy("State"))
    def state_(self, row: CampaignStation) -> SafeString:
        return format_html(
            '<div class="dx-outcome">{} <span class="dx-sentence">{}</span></div>',
            parts.badge(row.get_state_display(), TONES[StationState(row.state)]),
            station_sentence(row, row.campaign),
        )

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: CampaignStation) -> SafeString:
        return parts.station_link(row.station)

    @admin.display(description=gettext_lazy("Attempt"))
    def attempt_(self, row: CampaignStation) -> Any:
        return row.attempt or parts.NOTHING

    @admin.display(description=gettext_lazy("Asked"))
    def asked(self, row: CampaignStation) -> SafeString:
        return parts.ago(row.asked_at)

    @admin.display(description=gettext_lazy("Ended"))
    def settled(self, row: CampaignStation) -> SafeString:
        return parts.ago(row.settled_at)

    @admin.display(description=gettext_lazy("Campaign"))
    def campaign_(self, row: CampaignStation) -> SafeString:
        return format_html('<a href="{}">{}</a>', page_of(row.campaign), row.campaign)


def _made(row: CampaignStation, user: Any) -> SafeString:
    """A link to the last attempt's log request, report or call, for those who may see it."""
    for column, (permission, page) in MADE.items():
        key = getattr(row, f"{column}_id")
        if key is not None and user.has_perm(permission):
            label = row._meta.get_field(column).verbose_name  # type: ignore[union-attr]
            return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}", args=[key]), label)
    return parts.NOTHING
