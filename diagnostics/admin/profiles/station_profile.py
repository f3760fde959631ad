"""How stations stand to their monitor profile: the list over the fleet, and the plan of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, is_unlimited, page_media, require
from diagnostics.admin.monitors.tab import lines_of
from diagnostics.admin.numbers import number_in
from diagnostics.admin.profiles.editing import page_of
from diagnostics.admin.profiles.profile import APPLY
from diagnostics.admin.profiles.standing import VIEW, plan_url, state_badge
from diagnostics.exceptions import RequestClosed
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.profile import OPEN_RUNS, RunStatus
from diagnostics.models import MonitorProfile, ProfileRun, StationProfile
from diagnostics.profiles.steps import Action, Plan, Setting, Step
from diagnostics.services import access, profiles
from diagnostics.services.profiles import runs as profile_runs
from diagnostics.services.profiles import states as profile_states
from diagnostics.wording.monitors import severity_words
from diagnostics.wording.profiles import (
    action_tone,
    action_words,
    condition_of,
    run_sentence,
    run_tone,
    setting_sentence,
    setting_words,
    state_sentence,
    state_tone,
    step_sentence,
    summary,
    version_words,
)

# Applications that a page lists, and the monitors that it shows of the last one.
RUNS, RESULTS = 10, 200


class ProfileFilter(admin.SimpleListFilter):
    """The profiles that stations have which the user may see."""

    title = gettext_lazy("profile")
    parameter_name = "profile"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = MonitorProfile.objects.all()
        if not is_unlimited(request):
            mine = access.visible(StationProfile.objects.all(), request.user)
            rows = rows.filter(pk__in=mine.values("profile"))
        return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = number_in(self.value())
        return queryset if chosen is None else queryset.filter(profile=chosen)


@admin.register(StationProfile)
class StationProfileAdmin(FactAdmin):
    list_display = ("state_", "station_", "profile_", "version_", "checked")
    nothing_yet = gettext_lazy(
        "No station has a monitor profile yet. Stations get one by the selections that a "
        "profile names."
    )
    list_display_links = None
    list_filter: ClassVar[Any] = (
        ("state", admin.ChoicesFieldListFilter),
        ProfileFilter,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StationProfile]:
        return super().get_queryset(request).select_related("profile__current", "applied")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_stationprofile"
        return [
            path("<int:pk>/live/", wrap(self.live_view), name=f"{name}_live"),
            path("<int:pk>/apply/", wrap(require_POST(self.apply_view)), name=f"{name}_apply"),
            path("<int:pk>/cancel/", wrap(require_POST(self.cancel_view)), name=f"{name}_cancel"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        require(request, VIEW)
        row = self.find(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            **facts(request, row),
            "opts": self.opts,
            "media": page_media("page"),
            "title": None,
            "subtitle": get_gateway().identity(row.station),
        }
        return TemplateResponse(request, "diagnostics/profiles/station.html", context)

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes."""
        require(request, VIEW)
        shown = facts(request, self.find(request, pk))
        return render(request, "diagnostics/profiles/station_live.html", shown)

    def apply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what the plan says."""
        require(request, APPLY)
        row = self.find(request, pk)
        mine = StationProfile.objects.filter(pk=row.pk)
        if profile_runs.start_runs(stations=mine, requested_by=request.user):
            messages.success(request, _("The station is brought into step."))
        else:
            messages.error(request, _("It is being brought into step already, or has no profile."))
        return redirect(plan_url(row))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End what is being applied."""
        require(request, APPLY)
        row = self.find(request, pk)
        run = ProfileRun.objects.open().filter(station=row.station).first()
        try:
            if run is not None:
                profile_runs.cancel_run(run, canceled_by=request.user)
        except RequestClosed as error:
            messages.error(request, str(error))
        return redirect(plan_url(row))

    @admin.display(description=gettext_lazy("State"))
    def state_(self, row: StationProfile) -> SafeString:
        return format_html(
            '<div class="dx-outcome"><a href="{}">{}</a> <span class="dx-sentence">{}</span></div>',
            plan_url(row), state_badge(row), state_sentence(row),
        )  # fmt: skip

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: StationProfile) -> SafeString:
        return parts.station_link(row.station)

    @admin.display(description=gettext_lazy("Profile"))
    def profile_(self, row: StationProfile) -> SafeString | str:
        return parts.NOTHING if row.profile is None else str(row.profile)

    @admin.display(description=gettext_lazy("Has"))
    def version_(self, row: StationProfile) -> str:
        return version_words(row)

    @admin.display(description=gettext_lazy("Compared"))
    def checked(self, row: StationProfile) -> SafeString:
        return parts.ago(row.checked_at)


@dataclass(frozen=True, slots=True)
class StepLine:
    """One monitor of a plan as its table shows it."""

    badge: SafeString
    place: str
    condition: str
    severity: str
    sentence: str
    monitor_id: int | None
    is_quiet: bool


def facts(request: HttpRequest, row: StationProfile) -> dict[str, Any]:
    """Everything that the page of one station's plan shows."""
    found = profile_states.plans_of([row]).get(row.station_id) if row.profile else None
    runs = list(
        ProfileRun.objects.filter(station=row.station)
        .select_related("version__profile", "requested_by")
        .order_by("-pk")[:RUNS]
    )
    online = get_gateway().is_online(row.station)
    return {
        "row": row,
        "station": row.station,
        "online": online,
        "badge": state_badge(row),
        "tone": state_tone(row.state),
        "sentence": state_sentence(row),
        "version": version_words(row),
        "may_apply": request.user.has_perm(APPLY) and row.profile is not None,
        "profile_url": _profile_url(request, row.profile),
        "others": profiles.matching_profiles(row.station)[1:] if is_unlimited(request) else [],
        "runs": [(run, run_badge(run), run_sentence(run, online=online)) for run in runs],
        "open_run": next((run for run in runs if run.status in OPEN_RUNS), None),
        "results": _results(row, runs),
        "tired": _is_tired(row),
        **_plan_facts(found),
    }


def _plan_facts(found: Plan | None) -> dict[str, Any]:
    if found is None:
        return {"plan": None}
    return {
        "plan": found,
        "summary": summary(found),
        "settings": [_setting_line(each) for each in found.settings],
        "steps": [_step_line(step) for step in found.steps],
    }


def _setting_line(each: Setting) -> tuple[SafeString, str, str]:
    word = _("to change") if each.action is Action.SET else action_words(each.action)
    badge = parts.badge(word, action_tone(each.action))
    return badge, setting_words(each.name, each.wanted), setting_sentence(each)


def _step_line(step: Step) -> StepLine:
    about = step.spec or step.present
    present = step.present.monitor_id if step.present else None
    return StepLine(
        badge=parts.badge(action_words(step.action), action_tone(step.action)),
        place=str(about.target) if about else "",
        condition=condition_of(about, step.known) if about else "",
        severity=severity_words(about.severity) if about else "",
        sentence=step_sentence(step),
        monitor_id=present,
        is_quiet=step.action is Action.KEEP,
    )


def _results(row: StationProfile, runs: list[ProfileRun]) -> list[Any]:
    """What became of each monitor that the last application asked for."""
    if not runs:
        return []
    asked = runs[0].monitors.select_related("requested_by").order_by("pk")
    return lines_of(asked[:RESULTS])


def _is_tired(row: StationProfile) -> bool:
    """Whether it was repaired by itself as often as the profile allows for a day."""
    if row.profile is None or row.profile.repair != MonitorProfile.Repair.AUTOMATIC:
        return False
    lately = profile_states.repairs_lately([row.station_id]).get(row.station_id, 0)
    return lately >= row.profile.repairs_per_day


def _profile_url(request: HttpRequest, profile: MonitorProfile | None) -> str:
    may = request.user.has_perm("diagnostics.view_monitorprofile") and is_unlimited(request)
    return page_of(profile) if profile is not None and may else ""


def run_badge(run: ProfileRun) -> SafeString:
    return parts.badge(RunStatus(run.status).label, run_tone(run.status))
