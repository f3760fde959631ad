"""The health of connections: on the page of a station, in lists and on Home."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import home, parts
from diagnostics.admin.bar_chart import Bar, bar_chart
from diagnostics.admin.base import FactAdmin
from diagnostics.admin.fleet.capability import capabilities_context
from diagnostics.conf import app_settings
from diagnostics.models import HealthProblem, StationHealth
from diagnostics.models.health import hour_of
from diagnostics.services import access
from diagnostics.services.fleet import health
from diagnostics.wording.health import problem_sentence, slow_words

VIEW = "diagnostics.view_healthproblem"
Kind = HealthProblem.Kind


class HealthFilter(admin.SimpleListFilter):
    """Stations whose connection has a problem now."""

    title = gettext_lazy("connection")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", gettext_lazy("Any problem")), *Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted, problems = self.value(), HealthProblem.objects.all()
        if wanted in Kind.values:
            problems = problems.filter(kind=wanted)
        return queryset.filter(pk__in=problems.values("station")) if wanted else queryset


@admin.register(HealthProblem)
class HealthProblemAdmin(FactAdmin):
    list_display = ("station_", "what", "since_")
    nothing_yet = gettext_lazy(
        "Nothing is wrong with any connection: those that come and go, wrong clocks and slow "
        "answers would stand here."
    )
    list_display_links = None
    list_filter = ("kind",)
    list_per_page = 100
    search_help_text = gettext_lazy("A station, or # and a number.")
    fields = ("station", "kind", "since", "figures")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: HealthProblem) -> SafeString:
        return parts.station_link(row.station, "health")

    @admin.display(description=gettext_lazy("What is wrong"))
    def what(self, row: HealthProblem) -> SafeString:
        return parts.outcome(row, problem_badge(row), problem_sentence(row))

    @admin.display(description=gettext_lazy("Since"))
    def since_(self, row: HealthProblem) -> SafeString:
        return parts.ago(row.since)


def problem_badge(row: HealthProblem) -> SafeString:
    return parts.badge(row.get_kind_display(), "bad")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a station's last hours, and what it shows in words."""

    title: Any
    svg: SafeString


def health_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """What is wrong with a station's connection, its last hours, and what it does not know."""
    hours = health.hours_of(station, timezone.now())
    return {
        **capabilities_context(request, station),
        "problems": [
            (problem_badge(row), problem_sentence(row), row.since)
            for row in health.problems_of(station)
        ],
        "hours": [(row, slow_words(row.slow)) for row in hours],
        "charts": _charts(hours),
        "counts_messages": app_settings.message_log,
    }


def _charts(hours: Sequence[StationHealth]) -> list[Chart]:
    """Of what happened at all; a chart of nothing says nothing."""
    shown: list[tuple[Any, Callable[[StationHealth], int]]] = [
        (_("Messages from the station, by hour"), lambda row: row.received),
        (_("Connections, by hour"), lambda row: row.connections),
        (_("Errors on either side, by hour"), lambda row: row.errors),
        (_("Calls without an answer, by hour"), lambda row: row.unanswered),
    ]
    now = hour_of(timezone.now())
    charts = []
    for title, figure in shown:
        bars = [Bar(row.hour, figure(row)) for row in hours]
        if any(bar.value for bar in bars):
            charts.append(Chart(title, bar_chart(bars, until=now, label=title)))
    return charts


def problems(request: HttpRequest) -> home.Section | None:
    """How many stations have which problem, each linked to the list of them."""
    if not request.user.has_perm(VIEW):
        return None
    rows = access.visible(HealthProblem.objects.all(), request.user)
    counts = dict(rows.values_list("kind").annotate(Count("pk")).order_by())
    url = reverse("admin:diagnostics_healthproblem_changelist")
    lines = [
        home.Line(str(kind.label), f"{url}?kind__exact={kind.value}", counts[kind])
        for kind in Kind
        if counts.get(kind)
    ]
    return home.Section(_("Connections with a problem"), "bad", lines)


home.register_section(problems, weight=12)
