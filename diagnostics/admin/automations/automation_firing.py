"""What automations did, and why they did nothing: the list, and the lines on other pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin
from diagnostics.admin.filters import AgeFilter
from diagnostics.admin.numbers import number_in
from diagnostics.models import Alert, Automation, AutomationFiring
from diagnostics.services import automations
from diagnostics.wording.automations import TONES, firing_sentence, firing_what

VIEW = "diagnostics.view_automationfiring"
# Of one alert.
MOST = 10


class FiredAgeFilter(AgeFilter):
    column = "fired_at"


class AutomationFilter(admin.SimpleListFilter):
    title = gettext_lazy("automation")
    parameter_name = "automation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = automations.visible_automations(request.user)[:100]
        return [(str(row.pk), row.name) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = number_in(self.value())
        return queryset if value is None else queryset.filter(automation=value)


@admin.register(AutomationFiring)
class AutomationFiringAdmin(FactAdmin):
    list_display = ("result", "automation_", "station_", "what_", "when")
    nothing_yet = gettext_lazy("No automation has acted yet.")
    list_display_links = None
    list_filter = ("outcome", AutomationFilter, FiredAgeFilter)
    search_help_text = gettext_lazy("A station, or # and a number.")
    fields = ("automation", "station", "at", "fired_at", "outcome", "alert", "log_request",
              "report", "held", "held_at")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[AutomationFiring]:
        return with_what_it_names(super().get_queryset(request))

    @admin.display(description=gettext_lazy("Outcome"))
    def result(self, row: AutomationFiring) -> SafeString:
        return format_html(
            '<div class="dx-outcome"><a href="{}">{}</a>'
            ' <span class="dx-sentence">{}</span> {}</div>',
            f"../automationfiring/{row.pk}/change/",
            badge(row),
            firing_sentence(row),
            links_of(row),
        )

    @admin.display(description=gettext_lazy("Automation"))
    def automation_(self, row: AutomationFiring) -> SafeString:
        return automation_link(row.automation)

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: AutomationFiring) -> SafeString:
        return parts.station_link(row.station)

    @admin.display(description=gettext_lazy("What happened"))
    def what_(self, row: AutomationFiring) -> str:
        return firing_what(row)

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: AutomationFiring) -> SafeString:
        return parts.ago(row.fired_at)


def with_what_it_names(rows: QuerySet[AutomationFiring]) -> QuerySet[AutomationFiring]:
    return rows.select_related("automation", "station", "alert", "log_request", "report")


def rows_of(firings: QuerySet[AutomationFiring], most: int) -> list[dict[str, Any]]:
    """Firings as the templates show them, newest first."""
    newest = with_what_it_names(firings.order_by("-pk"))[:most]
    return [
        {
            "row": row,
            "badge": badge(row),
            "what": firing_what(row),
            "sentence": firing_sentence(row),
            "links": links_of(row),
            "automation": automation_link(row.automation),
        }
        for row in newest
    ]


def firings_of(request: HttpRequest, alert: Alert) -> list[dict[str, Any]]:
    """What automations did about an alert, for those who may see it."""
    if not request.user.has_perm(VIEW):
        return []
    return rows_of(AutomationFiring.objects.filter(alert=alert), MOST)


def badge(row: AutomationFiring) -> SafeString:
    return parts.badge(row.get_outcome_display(), TONES[row.outcome])  # type: ignore[index]


def automation_link(row: Automation) -> SafeString:
    url = reverse("admin:diagnostics_automation_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, row.name)


def links_of(row: AutomationFiring) -> SafeString:
    """To the alert, the log request and the report behind a firing."""
    named = (
        ("alert", row.alert_id, _("alert")),
        ("logrequest", row.log_request_id, _("log request")),
        ("report", row.report_id, _("report")),
    )
    links = [
        (reverse(f"admin:diagnostics_{model}_change", args=[pk]), word, pk)
        for model, pk, word in named
        if pk is not None
    ]
    return format_html_join(SafeString("<br>"), '<a class="dx-size" href="{}">{} #{}</a>', links)
