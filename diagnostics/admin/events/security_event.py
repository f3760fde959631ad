"""What stations report of their security (SecurityEventNotification)."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin
from diagnostics.admin.filters import ReceivedAgeFilter
from diagnostics.models import SecurityEvent


@admin.register(SecurityEvent)
class SecurityEventAdmin(FactAdmin):
    list_display = ("kind", "station_", "happened", "received", "tech_info")
    nothing_yet = gettext_lazy(
        "No security event yet: stations report logins, certificates and tampering here."
    )
    list_display_links = None
    list_filter = (ReceivedAgeFilter,)
    search_help_text = gettext_lazy("A station, or # and a number.")
    fields = ("station", "type", "timestamp", "timestamp_text", "tech_info", "received_at")

    def narrowed_by(self, request: HttpRequest) -> set[str]:
        """Also by a type: Home counts what came by these, and leads here."""
        return super().narrowed_by(request) | {"type"}

    @admin.display(description=gettext_lazy("Event"))
    def kind(self, row: SecurityEvent) -> SafeString:
        url = f"../securityevent/{row.pk}/change/"
        return format_html('<a href="{}"><code>{}</code></a>', url, row.type)

    @admin.display(description=gettext_lazy("Happened"))
    def happened(self, row: SecurityEvent) -> SafeString | str:
        """The station's own time; its own words where they are no time."""
        return parts.ago(row.timestamp) if row.timestamp else row.timestamp_text

    @admin.display(description=gettext_lazy("Received"))
    def received(self, row: SecurityEvent) -> SafeString:
        return parts.ago(row.received_at)
