"""Who was connected when, and why it ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin
from diagnostics.wording import duration
from stations.admin.certificate import certificate_of
from stations.admin.filters import OpenFilter
from stations.models import StationConnection

ROWS = 25


def connections_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The newest connections of a station, and its certificate, for its page."""
    return {
        "rows": station.connections.order_by("-opened_at")[:ROWS],
        "station": station,
        "certificate": certificate_of(station),
    }


@admin.register(StationConnection)
class StationConnectionAdmin(FactAdmin):
    list_display = ("station_", "state", "ocpp_version", "remote_address", "opened", "lasted")
    nothing_yet = gettext_lazy("No station has connected yet.")
    change_list_template = "admin/diagnostics/change_list.html"
    list_display_links = None
    list_filter = (
        OpenFilter,
        ("close_reason", admin.ChoicesFieldListFilter),
    )
    search_help_text = gettext_lazy("A station, or # and a number.")
    fields = (
        "station", "ocpp_version", "remote_address", "user_agent", "is_encrypted", "opened_at",
        "closed_at", "close_reason", "server",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: StationConnection) -> SafeString:
        return state_of(row)

    @admin.display(description=gettext_lazy("Opened"))
    def opened(self, row: StationConnection) -> SafeString:
        return parts.ago(row.opened_at)

    @admin.display(description=gettext_lazy("Lasted"))
    def lasted(self, row: StationConnection) -> str:
        return lasted(row)


def state_of(row: StationConnection) -> SafeString:
    if row.closed_at is None:
        return format_html('<span class="dx-on">{}</span>', _("open"))
    return format_html('<span class="dx-off">{}</span>', row.get_close_reason_display())


def lasted(row: StationConnection) -> str:
    return duration((row.closed_at or timezone.now()) - row.opened_at)
