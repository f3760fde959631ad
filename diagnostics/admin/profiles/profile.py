"""Monitor profiles: which there are, how their stations stand, what each version said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin import home, parts
from diagnostics.admin.base import WholeFleet, page_media, require
from diagnostics.admin.profiles.editing import CHANGE, VIEW, ProfileEditing, page_of, version_of
from diagnostics.lifecycles.profile import ProfileState
from diagnostics.models import MonitorProfile, ProfileRun, ProfileVersion, StationProfile
from diagnostics.profiles.changes import changes
from diagnostics.services import access
from diagnostics.services.profiles import runs as profile_runs
from diagnostics.wording.monitors import severity_words
from diagnostics.wording.profiles import document_words, place_words, state_tone, wanted_condition

APPLY = "diagnostics.apply_monitorprofile"

# Versions that the page of a profile lists, and stations that the page to apply one names.
LISTED, NAMED = 50, 10

# Stations of these states gain something from being applied to.
_APPLIED = (ProfileState.DRIFTED, ProfileState.UNKNOWN, "")


@admin.register(MonitorProfile)
class MonitorProfileAdmin(ProfileEditing, WholeFleet):
    list_display = ("name_", "stations_", "for_", "version_", "repair_", "position")
    nothing_yet = gettext_lazy(
        "A monitor profile says which monitors the stations of a model or group should have; "
        "stations that run others are shown, and put right."
    )
    list_display_links = None
    search_fields = ("name", "description")
    show_full_result_count = False
    change_list_template = "diagnostics/profiles/list.html"

    @property
    def media(self) -> Media:
        return super().media + page_media()

    def get_queryset(self, request: HttpRequest) -> QuerySet[MonitorProfile]:
        rows = super().get_queryset(request).select_related("current__created_by")
        return rows.prefetch_related("selections")

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_monitorprofile"
        return [
            *self.editing_urls(wrap),
            path("<int:pk>/live/", wrap(self.live_view), name=f"{name}_live"),
            path("<int:pk>/apply/", wrap(self.apply_view), name=f"{name}_apply"),
            path("<int:pk>/version/", wrap(self.version_view), name=f"{name}_version"),
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
        return self._page(request, "page", row, subtitle=str(row), **facts(request, row))

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a profile's page that changes."""
        require(request, VIEW)
        shown = facts(request, self.find(request, pk))
        return render(request, "diagnostics/profiles/live.html", shown)

    def version_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What one version said, and what was different before."""
        require(request, VIEW)
        profile = self.find(request, pk)
        version = version_of(request, profile)
        if version is None:
            raise Http404(_("There is no such version."))
        before = profile.versions.filter(number__lt=version.number).first()
        differs = list(changes(before.document, version.document)) if before else []
        title = _("Version %(number)s of %(name)s") % {"number": version.number, "name": profile}
        return self._page(
            request, "version", profile, title=title, version=version, before=before,
            changes=differs, **said(version),
        )  # fmt: skip

    def apply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Says what will be asked of how many and which of them cannot, then does it."""
        require(request, APPLY)
        profile = self.find(request, pk)
        wanted = StationProfile.objects.filter(profile=profile, state__in=_APPLIED)
        if request.method == "POST":
            count = profile_runs.start_runs(stations=wanted, requested_by=request.user)
            text = ngettext(
                "One station is brought into step.",
                "%(count)d stations are brought into step; those that are away once they return.",
                count,
            )
            self.log_change(request, profile, f"applied to {count}")
            messages.success(request, text % {"count": count})
            return redirect(page_of(profile))
        title = _("Apply %(name)s?") % {"name": profile}
        some = [row.station for row in wanted.select_related("station").order_by("pk")[:NAMED]]
        return self._page(
            request, "apply", profile, title=title, some=some, total=wanted.count(),
            running=_running(profile), **said(profile.current), **counts_of(profile),
        )  # fmt: skip

    def _page(
        self, request: HttpRequest, template: str, row: MonitorProfile, **extra: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media("page"),
            "title": None,
            "profile": row,
            "back": page_of(row),
            **extra,
        }
        return TemplateResponse(request, f"diagnostics/profiles/{template}.html", context)

    @admin.display(description=gettext_lazy("Profile"), ordering="name")
    def name_(self, row: MonitorProfile) -> SafeString:
        return format_html(
            '<a href="{}"><strong>{}</strong></a><span class="dx-sentence">{}</span>',
            page_of(row), row.name, row.description,
        )  # fmt: skip

    @admin.display(description=gettext_lazy("Its stations"))
    def stations_(self, row: MonitorProfile) -> SafeString:
        counted = counts_of(row)["counts"]
        if not counted:
            return parts.NOTHING
        return format_html_join(
            " ", '<a href="{}">{}</a>', ((e["url"], e["badge"]) for e in counted)
        )

    @admin.display(description=gettext_lazy("For"))
    def for_(self, row: MonitorProfile) -> str:
        return ", ".join(str(each) for each in row.selections.all()) or _("no station yet")

    @admin.display(description=gettext_lazy("Version"))
    def version_(self, row: MonitorProfile) -> SafeString:
        if row.current is None:
            return parts.NOTHING
        return format_html("{} {}", row.current.number, parts.ago(row.current.created_at))

    @admin.display(description=gettext_lazy("Repair"), ordering="repair")
    def repair_(self, row: MonitorProfile) -> str:
        return _("by itself") if row.repair == MonitorProfile.Repair.AUTOMATIC else _("by hand")


def facts(request: HttpRequest, profile: MonitorProfile) -> dict[str, Any]:
    """The template's words for a profile."""
    versions = profile.versions.select_related("created_by")
    may_apply, counted = request.user.has_perm(APPLY), counts_of(profile)
    return {
        "profile": profile,
        "selections": list(profile.selections.all()),
        "versions": list(versions[:LISTED]),
        "running": _running(profile),
        "may_change": request.user.has_perm(CHANGE),
        "may_delete": request.user.has_perm("diagnostics.delete_monitorprofile"),
        "may_apply": may_apply and bool(counted["to_apply"]),
        **said(profile.current),
        **counted,
    }


def said(version: ProfileVersion | None) -> dict[str, Any]:
    """What a version says, as its table shows it."""
    if version is None:
        return {"heads": [], "entries": []}
    document = version.document
    entries = [
        {
            "wanted": each,
            "place": place_words(each),
            "condition": wanted_condition(each),
            "severity": severity_words(each.severity),
        }
        for each in document.monitors
    ]
    return {"heads": document_words(document), "entries": entries}


def counts_of(profile: MonitorProfile) -> dict[str, Any]:
    """How many of its stations are in which state, each with the list of them."""
    rows = StationProfile.objects.filter(profile=profile)
    by_state = dict(rows.values_list("state").annotate(Count("pk")).order_by())
    counted = [
        {
            "state": state.value,
            "count": by_state[state],
            "badge": parts.badge(f"{by_state[state]} {state.label}", state_tone(state)),
            "url": list_url(profile, state),
        }
        for state in ProfileState
        if by_state.get(state)
    ]
    return {
        "counts": counted,
        "all_stations": sum(by_state.values()),
        "to_compare": by_state.get("", 0),
        "to_apply": sum(by_state.get(state, 0) for state in _APPLIED),
        "all_url": list_url(profile),
    }


def list_url(profile: MonitorProfile, state: str = "") -> str:
    """The list of its stations, or of those in one state."""
    query: dict[str, str | int] = {"profile": profile.pk}
    if state:
        query["state__exact"] = state
    return f"{reverse('admin:diagnostics_stationprofile_changelist')}?{urlencode(query)}"


def _running(profile: MonitorProfile) -> int:
    return ProfileRun.objects.open().filter(version__profile=profile).count()


def drifted(request: HttpRequest) -> home.Section | None:
    """Stations that run other monitors than their profile says, for Home."""
    if not request.user.has_perm(VIEW) or not request.user.has_perm(
        "diagnostics.view_stationprofile"
    ):
        return None
    lines = [
        home.Line(str(profile), list_url(profile, ProfileState.DRIFTED), count)
        for profile, count in _drifted(request)
    ]
    title = _("Stations that run other monitors than their profile says")
    return home.Section(title, "bad", lines[: home.MOST_LINES], more=0)


def _drifted(request: HttpRequest) -> Iterable[tuple[MonitorProfile, int]]:
    rows = StationProfile.objects.filter(state=ProfileState.DRIFTED, profile__isnull=False)
    counted: dict[int, int] = defaultdict(int)
    for profile, count in (
        access.visible(rows, request.user).values_list("profile").annotate(Count("pk")).order_by()
    ):
        counted[profile] = count
    found = MonitorProfile.objects.in_bulk(list(counted))
    return [(found[pk], count) for pk, count in counted.items() if pk in found]


home.register_section(drifted, weight=25)
