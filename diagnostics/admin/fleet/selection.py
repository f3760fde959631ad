"""Saved selections of stations: a filter under a name, and how many it holds now."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import Precise, page_media, require
from diagnostics.admin.fleet.station_list import stations_url
from diagnostics.models import StationSelection
from diagnostics.models.selection import TIMED, Connectivity, OpenAlerts
from diagnostics.services import access
from diagnostics.services.fleet import selections
from diagnostics.services.fleet.selections import Criteria, stations_like, stations_of

VIEW = "diagnostics.view_stationselection"
NAMED = 10

# A filter of the list of stations -> the field of the form, and its value there.
FILTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "state": ("connectivity", {"connected": Connectivity.CONNECTED, "away": Connectivity.AWAY,
                               "dropped": Connectivity.AWAY_SHORTER, "never": Connectivity.NEVER}),
    "alerts": ("alerts", {"open": OpenAlerts.SOME}),
    "version": ("ocpp_version", {}),
    "vendor": ("vendor", {}),
    "model": ("model", {}),
    "firmware": ("firmware", {}),
    "q": ("text", {}),
    "group": ("groups", {}),
}  # fmt: skip
# "Away, was here this week" of the list.
WEEK = 7 * 24


class SelectionForm(forms.ModelForm):
    class Meta:
        model = StationSelection
        fields = (
            "name", "description", "vendor", "model", "firmware", "ocpp_version", "connectivity",
            "hours", "alerts", "text", "groups",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        timed = data.get("connectivity") in TIMED
        if timed and not data.get("hours"):
            self.add_error("hours", _("Say how many hours."))
        if not timed:
            data["hours"] = None
        return data

    @property
    def criteria(self) -> Criteria:
        """What the form says now, saved or not."""
        data = {key: self.cleaned_data.get(key) for key in self._meta.fields or ()}
        groups = [group.pk for group in data.pop("groups") or ()]
        listed = self.instance.pk is not None and self.instance.by_stations
        kept = self.instance.stations.values_list("pk", flat=True) if listed else None
        names = ("name", "description", "hours")
        texts = {key: value or "" for key, value in data.items() if key not in names}
        return Criteria(
            **texts,
            hours=data["hours"],
            groups=frozenset(groups) if groups else None,
            stations=None if kept is None else frozenset(kept),
        )


@admin.register(StationSelection)
class StationSelectionAdmin(Precise):
    """The form says at once how many stations it would hold: `preview.js` asks `preview/`."""

    form = SelectionForm
    list_display = ("name", "description", "made_by")  # and how many it holds
    nothing_yet = gettext_lazy(
        "No selection yet. It is a filter of stations under a name, for campaigns, schedules "
        "and monitor profiles."
    )
    search_fields = ("name", "description")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("name", "description")}),
        (gettext_lazy("Stations that are all of this"), {
            "description": gettext_lazy("What is left empty says nothing."),
            "fields": ("vendor", "model", "firmware", "ocpp_version", ("connectivity", "hours"),
                       "alerts", "text", "groups"),
        }),
    )  # fmt: skip
    change_form_template = "diagnostics/groups/selection.html"

    @property
    def media(self) -> Media:
        return super().media + page_media("preview")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StationSelection]:
        mine = access.visible_selections(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=mine).select_related("created_by")

    def get_list_display(self, request: HttpRequest) -> Any:
        def holds(row: StationSelection) -> SafeString:
            return _held(row, request.user)

        holds.short_description = gettext_lazy("Stations now")  # type: ignore[attr-defined]
        first, *others = super().get_list_display(request)
        return [first, holds, *others]

    @admin.display(description=gettext_lazy("Made by"))
    def made_by(self, row: StationSelection) -> str:
        return str(row.created_by or "–")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = access.visible_groups(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The filters of the list of stations, as far as a selection has them."""
        initial: dict[str, Any] = {}
        for name, value in request.GET.items():
            field, words = FILTERS.get(name, ("", {}))
            if field and (not words or value in words):
                initial[field] = words.get(str(value), value)
        if initial.get("connectivity") == Connectivity.AWAY_SHORTER:
            initial["hours"] = WEEK
        return initial

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET" and (lost := sorted(set(request.GET) - set(FILTERS))):
            text = _("A selection knows no such filter: %(names)s. It was left out.")
            messages.warning(request, text % {"names": ", ".join(lost)[:100]})
        return super().add_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        selections.settle_selection(form.instance, user=request.user)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None:
            context.update(_found(stations_of(row, request.user)))
            context["see"] = stations_url(selection=row.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name="diagnostics_stationselection_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """How many stations the fields of the form would hold, and some of them."""
        require(request, VIEW)
        key = request.GET.get("of", "")
        row = self.get_object(request, key) if key else None
        form: Any = self.get_form(request)(request.GET, instance=row)
        form.is_valid()  # a name that is missing yet does not matter
        wrong = {name: form.errors[name] for name in form.errors if name != "name"}
        found = {} if wrong else _found(stations_like(form.criteria, request.user))
        context = {**found, "wrong": wrong}
        return TemplateResponse(request, "diagnostics/groups/preview.html", context)


def _found(stations: QuerySet[Any]) -> dict[str, Any]:
    return {"found": stations.count(), "some": list(stations.order_by("pk")[:NAMED])}


def _held(row: StationSelection, user: Any) -> SafeString:
    count, url = stations_of(row, user).count(), stations_url(selection=row.pk)
    if not count:
        return parts.NOTHING
    return format_html('<a href="{}">{}</a>', url, count) if url else format_html("{}", count)
