"""Monitors of all stations, and the pages that set, clear and read those of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, KeysetChangeList, page_media, require
from diagnostics.admin.monitors.page import facts
from diagnostics.admin.monitors.tab import known_of
from diagnostics.admin.monitors.views import VIEW, MonitorViews
from diagnostics.models import Monitor
from diagnostics.ocpp.monitoring import NOTHING_KNOWN
from diagnostics.services.monitors.facts import watchable
from diagnostics.wording.monitors import (
    condition,
    monitor_sentence,
    monitor_tone,
    origin_words,
    severity_words,
)


class MonitorChangeList(KeysetChangeList):
    """With what is known of the variables of one page, for the words of the rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        known = known_of(self.result_list)
        for row in self.result_list:
            row.known = watchable(known.get(row.pk))


@admin.register(Monitor)
class MonitorAdmin(MonitorViews, FactAdmin):
    """The list over the fleet; a station's own monitors are a tab of its page."""

    list_display = ("state", "station_", "watched", "when", "how_bad", "number", "origin")
    nothing_yet = gettext_lazy(
        "No monitor is known yet. They are set, and read from a station, on the tab Monitors "
        "of its page."
    )
    list_display_links = None
    list_filter = (
        ("status", admin.ChoicesFieldListFilter),
        ("type", admin.ChoicesFieldListFilter),
        ("event_notification_type", admin.ChoicesFieldListFilter),
    )
    search_help_text = gettext_lazy("A station, or # and a number.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[MonitorChangeList]:
        return MonitorChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Monitor]:
        return super().get_queryset(request).select_related("requested_by")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        row = path("<int:pk>/live/", wrap(self.row_view), name="diagnostics_monitor_row")
        return [*self.monitor_urls(wrap), row, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        require(request, VIEW)
        context = {
            **self.admin_site.each_context(request),
            **facts(request, self.find(request, object_id)),
            "opts": self.opts,
            "title": None,
            "media": page_media("page"),
        }
        context["subtitle"] = str(context["row"])
        return TemplateResponse(request, "diagnostics/monitor.html", context)

    def row_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a monitor's page that changes."""
        require(request, VIEW)
        shown = facts(request, self.find(request, pk))
        return render(request, "diagnostics/monitor_live.html", shown)

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: Monitor) -> SafeString:
        return format_html("{} {}", badge(row), monitor_sentence(row))

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: Monitor) -> SafeString:
        return parts.station_link(row.station, tab="monitors")

    @admin.display(description=gettext_lazy("Watches"))
    def watched(self, row: Monitor) -> SafeString:
        return format_html('<a href="../monitor/{}/change/">{}</a>', row.pk, row.reference)

    @admin.display(description=gettext_lazy("Reports"))
    def when(self, row: Monitor) -> str:
        return condition(row, getattr(row, "known", NOTHING_KNOWN))

    @admin.display(description=gettext_lazy("Severity"))
    def how_bad(self, row: Monitor) -> str:
        return severity_words(row.severity)

    @admin.display(description=gettext_lazy("Id"))
    def number(self, row: Monitor) -> str:
        return "" if row.monitor_id is None else str(row.monitor_id)

    @admin.display(description=gettext_lazy("Set by"))
    def origin(self, row: Monitor) -> str:
        return origin_words(row)


def badge(row: Monitor) -> SafeString:
    return parts.badge(row.get_status_display(), monitor_tone(row.status))


def page_url(name: str, station: Any) -> str:
    """The address of a page about one station's monitors."""
    return parts.about(station, f"admin:diagnostics_monitor_{name}")
