"""Everything that stations reported: facts, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, page_media, require
from diagnostics.admin.events.filters import TriggerFilter, UnreadFilter
from diagnostics.admin.filters import ReceivedAgeFilter
from diagnostics.models import Alert, StationEvent

# What the page of one event shows, as far as the event has it.
FACTS = (
    "source", "actual_value", "trigger", "cleared", "component", "component_instance", "evse_id",
    "connector_id", "variable", "variable_instance", "tech_code", "tech_info", "event_id", "cause",
    "variable_monitoring_id", "event_notification_type", "transaction_id", "timestamp",
    "received_at", "generated_at", "seq_no",
)  # fmt: skip


@admin.register(StationEvent)
class StationEventAdmin(FactAdmin):
    list_display = ("about", "station_", "value", "trigger", "happened", "received")
    nothing_yet = gettext_lazy("No event yet: what monitors and stations report will stand here.")
    list_display_links = None
    list_filter = (TriggerFilter, ReceivedAgeFilter, UnreadFilter)
    search_help_text = gettext_lazy("A station, or # and a number.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        require(request, "diagnostics.view_stationevent")
        row = self.find(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media(),
            "title": None,
            "subtitle": str(row),
            "row": row,
            "name": parts.event_words(row),
            "facts": _facts(row),
            "alert": Alert.objects.filter(key=row.alert_key).order_by("-pk").first(),
        }
        return TemplateResponse(request, "diagnostics/event.html", context)

    @admin.display(description=gettext_lazy("About"))
    def about(self, row: StationEvent) -> SafeString:
        return parts.event_name(row)

    @admin.display(description=gettext_lazy("Value"))
    def value(self, row: StationEvent) -> str:
        return parts.event_value(row)

    @admin.display(description=gettext_lazy("Happened"))
    def happened(self, row: StationEvent) -> SafeString:
        return parts.ago(row.timestamp)

    @admin.display(description=gettext_lazy("Received"))
    def received(self, row: StationEvent) -> SafeString:
        return parts.ago(row.received_at)


def _facts(row: StationEvent) -> list[tuple[str, Any]]:
    """Pairs of label and value, without what the station left out."""
    pairs = []
    for name in FACTS:
        value = getattr(row, name)
        if value in (None, ""):
            continue
        field: Any = StationEvent._meta.get_field(name)
        pairs.append((str(capfirst(field.verbose_name)), _shown(row, name, value)))
    return pairs


def _shown(row: StationEvent, name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return parts.ago(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    display = getattr(row, f"get_{name}_display", None)
    return display() if display else value
