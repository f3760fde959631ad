"""Legal holds: place one on a station, a group, a request or a file, and release it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.asked_station import station_of
from diagnostics.admin.base import FactAdmin, page_media, require
from diagnostics.admin.numbers import row_in
from diagnostics.exceptions import DiagnosticsError
from diagnostics.models import LegalHold, LogFile, LogRequest
from diagnostics.services import access
from diagnostics.services.retention import holds
from diagnostics.wording.retention import hold_sentence

VIEW, PLACE = "diagnostics.view_legalhold", "diagnostics.place_hold"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=holds.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=gettext_lazy("A case number, and who asked for it: those who come later need to "
                               "know when it can end."),
    )  # fmt: skip


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", gettext_lazy("Active")), ("released", gettext_lazy("Released"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("active", "released"):
            return queryset
        return queryset.filter(released_at__isnull=self.value() == "active")


@admin.register(LegalHold)
class LegalHoldAdmin(FactAdmin):
    list_display = ("held", "state", "reason", "who", "when")
    nothing_yet = gettext_lazy(
        "Nothing is on legal hold. A hold is placed from the page of a log request, of a "
        "station's logs, or of a group."
    )
    list_display_links = None
    list_filter = (StateFilter, "scope")
    search_help_text = gettext_lazy("A station, or # and a number.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalHold]:
        related = ("placed_by", "released_by", "group", "log_request", "log_file__log_request")
        return super().get_queryset(request).select_related(*related)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: that something was held stays on record."""
        return False

    @admin.display(description=gettext_lazy("Held"))
    def held(self, row: LegalHold) -> SafeString:
        url = reverse("admin:diagnostics_legalhold_change", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, row)

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: LegalHold) -> SafeString:
        return state_of(row)

    @admin.display(description=gettext_lazy("Placed by"))
    def who(self, row: LegalHold) -> str:
        return str(row.placed_by) if row.placed_by else _("the system")

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: LegalHold) -> SafeString:
        return parts.ago(row.placed_at)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_legalhold"
        release = require_POST(self.release_view)
        return [
            path("place/", wrap(self.place_view), name=f"{name}_place"),
            path("<int:pk>/release/", wrap(release), name=f"{name}_release"),
            *super().get_urls(),
        ]

    def place_view(self, request: HttpRequest) -> HttpResponse:
        """Hold what `?station=`, `?group=`, `?log_request=` or `?log_file=` names."""
        require(request, PLACE)
        held = _target(request)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            hold = holds.place_hold(reason=reason, placed_by=request.user, **held)
            messages.success(request, _("Nothing of it is deleted until the hold is released."))
            return redirect("admin:diagnostics_legalhold_change", hold.pk)
        context = {**self._chrome(request), "form": form, "title": _("Place a legal hold")}
        context["held"] = next(iter(held.values()))
        return TemplateResponse(request, "diagnostics/retention/hold_place.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(request, VIEW)
        row = self.find(request, object_id)
        context = {
            **self._chrome(request),
            "row": row,
            "state": state_of(row),
            "sentence": hold_sentence(row),
            "title": None,
            "subtitle": str(row),
            "may_release": request.user.has_perm(PLACE) and row.released_at is None,
        }
        return TemplateResponse(request, "diagnostics/retention/hold.html", context)

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, PLACE)
        row = self.find(request, pk)
        reason = request.POST.get("reason", "").replace("\0", "")
        try:
            holds.release_hold(row, reason=reason, released_by=request.user)
            messages.success(request, _("Released: the retention rules decide again."))
        except DiagnosticsError as error:
            messages.error(request, str(error))
        return redirect("admin:diagnostics_legalhold_change", row.pk)

    def _chrome(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": page_media()}


def state_of(row: LegalHold) -> SafeString:
    if row.released_at is None:
        return parts.badge(_("Active"), "busy")
    return parts.badge(_("Released"), "quiet")


def _target(request: HttpRequest) -> dict[str, Any]:
    """What the address names, as a keyword of the service. Raises Http404."""
    rows: dict[str, QuerySet[Any]] = {
        "log_file": access.visible(LogFile.objects.all(), request.user),
        "log_request": access.visible(LogRequest.objects.all(), request.user),
        "group": access.visible_groups(request.user),
    }
    for name, found in rows.items():
        if row := row_in(found, request.GET.get(name)):
            return {name: row}
    if (station := station_of(request)) is not None:
        return {"station": station}
    raise Http404(_("There is nothing like that to hold."))


def station_holds(request: HttpRequest, station: Any) -> dict[str, Any]:
    """What the logs of a station's page say of holds."""
    return {
        "holds": [hold_sentence(hold) for hold in holds.holds_on(station=station)],
        "may_hold": request.user.has_perm(PLACE),
        "hold_url": place_url(station=station),
    }


def place_url(**named: Any) -> str:
    """Where a hold is placed on what is named."""
    ((name, row),) = named.items()
    return f"{reverse('admin:diagnostics_legalhold_place')}?{name}={row.pk}"
