"""Schedules: the list, the form with the next times, the page of one with its history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.base import page_media, require
from diagnostics.admin.campaigns.schedule_forms import ScheduleForms
from diagnostics.admin.campaigns.start import RUN, offers
from diagnostics.admin.filters import SwitchedOnFilter
from diagnostics.admin.pages import PageAdmin
from diagnostics.exceptions import DiagnosticsError
from diagnostics.lifecycles.campaign import Operation
from diagnostics.lifecycles.schedule import RunOutcome
from diagnostics.models import Schedule
from diagnostics.services import access, campaigns
from diagnostics.services.campaigns import schedules
from diagnostics.services.campaigns.operations import OPERATIONS
from diagnostics.wording.campaigns import pace_words, what_words, whom_words
from diagnostics.wording.schedules import run_sentence, run_tone, schedule_sentence, when_words

# Times that are foretold, and runs that the page of a schedule lists.
FORETOLD, LISTED = 5, 50


@admin.register(Schedule)
class ScheduleAdmin(PageAdmin):
    template = "diagnostics/schedules/page.html"
    live_template = "diagnostics/schedules/live.html"
    list_display = ("outcome", "what", "whom", "due", "made_by")
    nothing_yet = gettext_lazy("Nothing starts by itself yet.")
    list_filter = (("enabled", SwitchedOnFilter), "operation")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        rows = schedules.visible_schedules(request.user)
        return rows.select_related("group", "selection", "created_by").order_by("-pk")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name"]

    @admin.display(description=gettext_lazy("Schedule"))
    def outcome(self, row: Schedule) -> SafeString:
        return parts.outcome(row, badge(row), f"{row.name}. {schedule_sentence(row)}")

    @admin.display(description=gettext_lazy("What"))
    def what(self, row: Schedule) -> str:
        return what_words(row)

    @admin.display(description=gettext_lazy("Stations"))
    def whom(self, row: Schedule) -> str:
        return whom_words(row.scope, row.scope_name)

    @admin.display(description=gettext_lazy("When"))
    def due(self, row: Schedule) -> str:
        return when_words(row)

    @admin.display(description=gettext_lazy("Made by"))
    def made_by(self, row: Schedule) -> str:
        return str(row.created_by or "–")

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_schedule"
        now, switch = require_POST(self.run_view), require_POST(self.switch_view)
        return [
            path("make/", wrap(self.make_view), name=f"{name}_make"),
            path("preview/", wrap(self.preview_view), name=f"{name}_preview"),
            path("<int:pk>/edit/", wrap(self.edit_view), name=f"{name}_edit"),
            path("<int:pk>/switch/", wrap(switch), name=f"{name}_switch"),
            path("<int:pk>/run/", wrap(now), name=f"{name}_run"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj) and may_change(request, obj)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_make": request.user.has_perm(RUN), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """A new one: first what, then whom and when; `?group=` and `?selection=` fill it."""
        require(request, RUN)
        operation = request.POST.get("operation") or request.GET.get("operation", "")
        if operation not in OPERATIONS:
            context = {**self.chrome(request), "title": _("Make a schedule")}
            context["offers"] = offers(request)
            return TemplateResponse(request, "diagnostics/campaigns/what.html", context)
        row = _new(request, operation)
        return self._form(request, row, _("Make a schedule"))

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._changeable(request, pk)
        return self._form(request, row, _("Change the schedule"))

    def _form(self, request: HttpRequest, row: Schedule, title: str) -> HttpResponse:
        require(request, OPERATIONS[row.operation].permission)
        forms = ScheduleForms.of(request, row, request.POST if "save" in request.POST else None)
        if "save" in request.POST and forms.are_valid():
            schedules.save_schedule(forms.fill())
            return redirect(page_of(row))
        context = {
            **self.chrome(request),
            "title": title,
            "subtitle": row.get_operation_display(),
            "forms": forms,
            "operation": row.operation,
            "media": page_media("preview"),
        }
        return TemplateResponse(request, "diagnostics/schedules/form.html", context)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """The next times of what the form says now, and of how many stations."""
        require(request, RUN)
        operation = request.GET.get("operation", "")
        row = _new(request, operation if operation in OPERATIONS else Operation.LOG)
        forms = ScheduleForms.of(request, row, request.GET)
        forms.are_valid()  # what is not filled in yet does not matter
        asked = [(form[name].label, errors) for form in (forms.when, forms.whom)
                 for name, errors in form.errors.items() if name in form.fields]  # fmt: skip
        wrong = [f"{label}: {errors[0]}" for label, errors in asked]
        wrong += [*forms.when.non_field_errors(), *forms.whom.non_field_errors()]
        context: dict[str, Any] = {"wrong": wrong}
        if not wrong:
            row.group = forms.whom.cleaned_data["group"]
            context |= {"coming": coming(row), "found": forms.whom.stations.count()}
        return TemplateResponse(request, "diagnostics/schedules/preview.html", context)

    def switch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._changeable(request, pk)
        schedules.switch(row, on=not row.enabled)
        return redirect(page_of(row))

    def run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start it now, whatever its times are."""
        row = self._changeable(request, pk)
        try:
            run = schedules.run_now(row, started_by=request.user)
        except DiagnosticsError as error:
            messages.error(request, str(error))
            return redirect(page_of(row))
        if run.outcome != RunOutcome.STARTED:
            messages.error(request, run_sentence(run))
        return redirect(page_of(row))

    def _changeable(self, request: HttpRequest, pk: int) -> Schedule:
        """Raises Http404, and PermissionDenied for who may not change it."""
        row: Schedule = self.find(request, pk)
        if not may_change(request, row):
            raise PermissionDenied
        return row

    def page(self, request: HttpRequest, row: Schedule) -> dict[str, Any]:
        """Everything that the templates of one schedule show."""
        runs = list(row.runs.select_related("campaign", "started_by").order_by("-pk")[:LISTED])
        mine = campaigns.visible_campaigns(request.user)
        seen = set(mine.filter(schedule_runs__in=runs).values_list("pk", flat=True))
        return {
            "row": row,
            "badge": badge(row),
            "sentence": schedule_sentence(row),
            "tone": "good" if row.enabled else "quiet",
            "what": what_words(row),
            "whom": whom_words(row.scope, row.scope_name),
            "when": when_words(row),
            "pace": pace_words(row),
            "coming": coming(row) if row.enabled else [],
            "runs": [
                (run, run_tone(run), run_sentence(run), run.campaign_id in seen) for run in runs
            ],
            "listed": LISTED,
            "may_change": may_change(request, row),
        }


def _new(request: HttpRequest, operation: str) -> Schedule:
    maker: Any = request.user
    return Schedule(operation=operation, created_by=maker)


def may_change(request: HttpRequest, row: Schedule | None) -> bool:
    """Whoever may start the campaign that it starts."""
    if row is None:
        return bool(request.user.has_perm(RUN))
    permissions = (RUN, OPERATIONS[row.operation].permission)
    mine = access.own(Schedule.objects.filter(pk=row.pk), request.user)
    return request.user.has_perms(permissions) and mine.exists()


def coming(row: Schedule) -> list[Any]:
    """Its next times, by its own clock."""
    table = row.timetable
    return [timezone.localtime(due, table.zone) for due in table.coming(timezone.now(), FORETOLD)]


def badge(row: Schedule) -> SafeString:
    return parts.badge(_("On"), "good") if row.enabled else parts.badge(_("Off"), "quiet")


def page_of(row: Schedule) -> str:
    return reverse("admin:diagnostics_schedule_change", args=[row.pk])
