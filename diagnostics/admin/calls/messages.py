"""The log of messages: the list over all stations, one message beside its answer, the export."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.asked_station import find_station
from diagnostics.admin.base import FactAdmin, require
from diagnostics.admin.calls.message_form import MESSAGE_SPANS, MessageFilterForm
from diagnostics.admin.calls.message_parts import latency, outcome_badge, way
from diagnostics.admin.streaming import streamed
from diagnostics.gateway import get_gateway
from diagnostics.models import MessageRecord
from diagnostics.models.message import OK
from diagnostics.services.calls import messages

EXPORT = "diagnostics.export_messages"
LINES = 500

# The actions that are looked for most; the others by address, or on a station's page.
ACTIONS = (
    "BootNotification", "StatusNotification", "TransactionEvent", "NotifyEvent", "NotifyReport",
    "NotifyMonitoringReport", "NotifyCustomerInformation", "NotifyPeriodicEventStream",
    "SecurityEventNotification", "LogStatusNotification", "GetLog", "GetVariables", "SetVariables",
    "TriggerMessage",
)  # fmt: skip


class ActionFilter(admin.SimpleListFilter):
    title = gettext_lazy("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name, "")[:64]
        known = ACTIONS if chosen in ("", *ACTIONS) else (*ACTIONS, chosen)
        return [(action, action) for action in known]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = gettext_lazy("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(messages.TROUBLES, gettext_lazy("Only troubles")), (OK, gettext_lazy("Good"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == messages.TROUBLES:
            return queryset.troubles()  # type: ignore[attr-defined]
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class MessageAgeFilter(admin.SimpleListFilter):
    title = gettext_lazy("when")
    parameter_name = "hours"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(MESSAGE_SPANS)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value not in dict(MESSAGE_SPANS):
            return queryset
        return queryset.filter(at__gte=timezone.now() - timedelta(hours=int(value)))


@admin.register(MessageRecord)
class MessageAdmin(FactAdmin):
    list_display = ("when", "station_", "way", "what", "outcome_", "took", "length")
    nothing_yet = gettext_lazy(
        "No message was recorded yet: what stations and this server say to each other will "
        "stand here."
    )
    list_display_links = None
    list_filter = (
        ("direction", admin.ChoicesFieldListFilter), ActionFilter, OutcomeFilter, MessageAgeFilter,
    )  # fmt: skip
    search_help_text = gettext_lazy(
        "A station, and after a blank what its messages should hold: an id, an action, a text."
    )
    why_gone = gettext_lazy(
        "It may have been deleted with its time, or belong to a station that you do not see."
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.export_view))
        name = "diagnostics_messagerecord_export"
        return [path("export/", view, name=name), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What messages hold is looked for in those of one station: there is no index for all."""
        identity, _blank, text = search_term.strip().partition(" ")
        station = get_gateway().find(identity) if text.strip() else None
        if station is None:
            return super().get_search_results(request, queryset, search_term)
        found = messages.find_messages(station, messages.Wanted(text=text.strip()))
        return queryset.filter(station=station, pk__in=found.values("pk")), False

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: MessageRecord) -> SafeString:
        return parts.ago(row.at)

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: MessageRecord) -> SafeString:
        return parts.station_link(row.station)

    @admin.display(description=gettext_lazy("Direction"))
    def way(self, row: MessageRecord) -> SafeString:
        return way(row)

    @admin.display(description=gettext_lazy("Message"))
    def what(self, row: MessageRecord) -> SafeString:
        return format_html(
            '<a href="{}"><code>{}</code></a> <span class="dx-quiet">{}</span>',
            f"../messagerecord/{row.pk}/change/",
            row.action or _("text"),
            row.get_message_type_display() or "",
        )

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome_(self, row: MessageRecord) -> SafeString:
        return outcome_badge(row)

    @admin.display(description=gettext_lazy("Took"))
    def took(self, row: MessageRecord) -> str:
        return latency(row)

    @admin.display(description=gettext_lazy("Size"))
    def length(self, row: MessageRecord) -> str:
        return parts.size(row.size)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        require(request, "diagnostics.view_messagerecord")
        row = self.find(request, object_id)
        halves = MessageRecord.objects.other_halves(row).order_by("-pk")[:5]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": None,
            "subtitle": str(row),
            "message": row,
            "others": list(halves),
            "media": self.media,
        }
        return TemplateResponse(request, "diagnostics/message.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The messages that the station's tab shows, as JSON lines; that it was done is noted."""
        require(request, "diagnostics.view_messagerecord")
        require(request, EXPORT)
        station, form = find_station(request), MessageFilterForm(request.POST)
        lines = _lines(messages.export_messages(station, form.wanted, exported_by=request.user))
        name = f"messages-{slugify(get_gateway().identity(station))}.jsonl"
        return streamed(request, lines, "application/x-ndjson", name=name)


def _lines(rows: Iterator[dict[str, Any]]) -> Generator[bytes, None, None]:
    """Some hundred lines at a time."""
    while some := list(islice(rows, LINES)):
        text = "\n".join(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) for row in some)
        yield f"{text}\n".encode()
