"""Campaigns: the list, and the page of one, from which it is steered."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from diagnostics.admin import parts
from diagnostics.admin.base import KeysetChangeList, require
from diagnostics.admin.campaigns.export import exported
from diagnostics.admin.campaigns.facts import bar, facts_of, meter
from diagnostics.admin.campaigns.start import RUN, page_of, start_page
from diagnostics.admin.campaigns.steering import SteeringViews, may_steer
from diagnostics.admin.filters import AgeFilter
from diagnostics.admin.home import Line, Section, register_section
from diagnostics.admin.live_list import LiveListAdmin
from diagnostics.admin.streaming import streamed
from diagnostics.models import Campaign
from diagnostics.services import campaigns
from diagnostics.wording.campaigns import (
    campaign_sentence,
    campaign_tone,
    what_words,
    whom_words,
)

VIEW = "diagnostics.view_campaign"
# Running campaigns named on the home page.
NAMED = 6


class CampaignChangeList(KeysetChangeList):
    """The campaigns of a page come with their counts, by one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = counted(self.result_list, request)


def counted(rows: Any, request: HttpRequest) -> list[Any]:
    """The campaigns with the counts that the user may see, as `counts` of each."""
    found = list(rows)
    tallies = campaigns.tally([row.pk for row in found], request.user)
    for row in found:
        row.counts = tallies[row.pk]
    return found


@admin.register(Campaign)
class CampaignAdmin(SteeringViews, LiveListAdmin):
    template = "diagnostics/campaigns/page.html"
    live_template = "diagnostics/campaigns/live.html"
    list_display = ("outcome", "what", "whom", "who", "when")
    nothing_yet = gettext_lazy("Nobody asked many stations for something yet.")
    list_filter = ("status", "operation", AgeFilter)
    list_per_page = 25
    search_help_text = gettext_lazy("A name, or # and the number of a campaign.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        rows = campaigns.visible_campaigns(request.user)
        return rows.select_related("created_by", "again_of").order_by("-pk")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "scope_name"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignChangeList

    @admin.display(description=gettext_lazy("Campaign"))
    def outcome(self, row: Any) -> SafeString:
        text = '<div class="dx-outcome" data-row="{}" data-cell="outcome">{}</div>'
        return format_html(text, row.pk, _outcome(row))

    @admin.display(description=gettext_lazy("What"))
    def what(self, row: Campaign) -> str:
        return what_words(row)

    @admin.display(description=gettext_lazy("Stations"))
    def whom(self, row: Campaign) -> str:
        return whom_words(row.scope, row.scope_name)

    @admin.display(description=gettext_lazy("Started by"))
    def who(self, row: Campaign) -> str:
        return str(row.created_by) if row.created_by else _("the system")

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: Campaign) -> SafeString:
        return parts.ago(row.created_at)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_campaign"
        return [
            path("start/", wrap(self.start_view), name=f"{name}_start"),
            path("<int:pk>/export/", wrap(require_GET(self.export_view)), name=f"{name}_export"),
            *self.steering_urls(wrap),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_run": request.user.has_perm(RUN), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def live_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> list[Any]:
        return counted(rows, request)

    def cells(self, row: Any) -> dict[str, Any]:
        return {"outcome": _outcome(row)}

    def _newest(self, request: HttpRequest) -> int:
        found = campaigns.visible_campaigns(request.user).aggregate(newest=Max("pk"))["newest"]
        return found or 0

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """What, whom and how fast; `?operation=`, `?group=` and others fill it."""
        require(request, RUN)
        return start_page(self, request, None)

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Every station with what became of it, as a table."""
        require(request, VIEW)
        row = self.find(request, pk)
        pieces = exported(row, request.user)
        return streamed(request, pieces, "text/csv", name=f"campaign-{row.pk}.csv")

    def page(self, request: HttpRequest, row: Campaign) -> dict[str, Any]:
        """Everything that the templates of one campaign show."""
        counts = campaigns.tally([row.pk], request.user)[row.pk]
        return {
            "row": row,
            "badge": badge(row, counts),
            "tone": campaign_tone(row, counts),
            "sentence": campaign_sentence(row, counts),
            "total": sum(counts.values()),
            "parts": bar(row, counts),
            "may_steer": may_steer(request, row),
            "may_delete": self.has_delete_permission(request, row),
            **facts_of(row, counts, request.user),
        }


def badge(row: Campaign, counts: campaigns.Counts) -> SafeString:
    return parts.badge(row.get_status_display(), campaign_tone(row, counts))


def _outcome(row: Any) -> SafeString:
    return format_html(
        '<a href="{}">{}</a> {} {}<span class="dx-sentence">{}</span>',
        f"../campaign/{row.pk}/change/",
        row.name,
        badge(row, row.counts),
        meter(row, row.counts),
        campaign_sentence(row, row.counts),
    )


def running(request: HttpRequest) -> Section | None:
    """The campaigns that are not over, for Home: where they are found again."""
    if not request.user.has_perm(VIEW):
        return None
    rows = campaigns.visible_campaigns(request.user).active().order_by("-pk")[:NAMED]
    lines = [
        Line(
            f"{row.name}: {campaign_sentence(row, row.counts)}",
            page_of(row),
            at=row.created_at,
            meter=meter(row, row.counts),
        )
        for row in counted(rows, request)
    ]
    return Section(_("Campaigns"), "busy", lines)


register_section(running, weight=31)
