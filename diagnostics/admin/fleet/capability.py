"""What stations do not know, as they said when they were asked; and asking them all the same."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, require
from diagnostics.models import StationCapability
from diagnostics.services.fleet import capabilities

VIEW, AGAIN = "diagnostics.view_stationcapability", "diagnostics.forget_capability"
LIST = "admin:diagnostics_stationcapability_changelist"


@admin.register(StationCapability)
class StationCapabilityAdmin(FactAdmin):
    list_display = ("what", "station_", "state", "firmware", "found")
    nothing_yet = gettext_lazy(
        "Nothing is known yet of what stations can do. It is noted as they answer."
    )
    list_display_links = None
    list_filter = ("known",)
    search_help_text = gettext_lazy("A station, or # and a number.")
    why_gone = gettext_lazy("It may have been forgotten already.")
    fields = ("station", "subject", "known", "code", "firmware", "learnt_at")

    @admin.display(description=gettext_lazy("What"))
    def what(self, row: StationCapability) -> SafeString:
        return format_html("<code>{}</code>", row.subject)

    @admin.display(description=gettext_lazy("The station"))
    def state(self, row: StationCapability) -> SafeString:
        if row.known:
            return parts.badge(_("knows it"), "good")
        return format_html("{} {}", parts.badge(_("does not know it"), "bad"), row.code)

    @admin.display(description=gettext_lazy("Found out"))
    def found(self, row: StationCapability) -> SafeString:
        return parts.ago(row.learnt_at)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_stationcapability_again"
        again = path("<int:pk>/again/", wrap(require_POST(self.again_view)), name=name)
        return [again, *super().get_urls()]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Offer again what the station said it does not know."""
        require(request, AGAIN)
        row = self.find(request, pk)
        station, subject = row.station, row.subject
        capabilities.ask_again(row, user=request.user)
        messages.success(request, _("%(what)s can be asked for again.") % {"what": subject})
        url = parts.station_url(station)
        return redirect(f"{url}?tab=health" if url else LIST)


def capabilities_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """What the station is known to lack, for its page."""
    return {
        "lacking": list(capabilities.lacking(station).values()),
        "may_ask_again": request.user.has_perm(AGAIN),
        "sees_capabilities": request.user.has_perm(VIEW),
    }
