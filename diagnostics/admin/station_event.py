"""Everything that stations reported: facts, newest first."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.alert_filters import TriggerFilter, UnreadFilter
from diagnostics.admin.base import FactAdmin
from diagnostics.admin.filters import ReceivedAgeFilter
from diagnostics.models import StationEvent


@admin.register(StationEvent)
class StationEventAdmin(FactAdmin):
    list_display = ("about", "station_", "value", "trigger", "happened", "received")
    list_display_links = None
    list_filter = (TriggerFilter, ReceivedAgeFilter, UnreadFilter)
    search_help_text = gettext_lazy("A station, or # and a number.")
    fields = (
        "station", "source", "component", "component_instance", "evse_id", "connector_id",
        "variable", "variable_instance", "actual_value", "trigger", "event_id", "cause",
        "timestamp", "received_at", "generated_at", "seq_no", "severity", "cleared",
        "event_notification_type", "variable_monitoring_id", "tech_code", "tech_info",
        "transaction_id", "unread",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("About"))
    def about(self, row: StationEvent) -> SafeString:
        return parts.event_name(row)

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: StationEvent) -> SafeString:
        return parts.station_link(row.station)

    @admin.display(description=gettext_lazy("Value"))
    def value(self, row: StationEvent) -> str:
        return parts.event_value(row)

    @admin.display(description=gettext_lazy("Happened"))
    def happened(self, row: StationEvent) -> SafeString:
        return parts.ago(row.timestamp)

    @admin.display(description=gettext_lazy("Received"))
    def received(self, row: StationEvent) -> SafeString:
        return parts.ago(row.received_at)
