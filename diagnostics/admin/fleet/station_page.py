"""The page of one station, for the host's own station admin.

    class ChargeBoxAdmin(StationPage, ModelAdmin): ...

turns its change page into tabs: the timeline, the log requests and the calls of the station, and
the host's form under "Settings"; its list is a `StationList`. Hosts that keep their own page use
the template tags instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import page_media
from diagnostics.admin.calls.message_form import MessageFilterForm
from diagnostics.admin.customer_information.certificates import certificates_context
from diagnostics.admin.device_model.tab import variables_context
from diagnostics.admin.fleet.actions import PERMISSION
from diagnostics.admin.fleet.health import health_context
from diagnostics.admin.fleet.station_list import StationList
from diagnostics.admin.fleet.stations import StationHeader, header_of, log_problems
from diagnostics.admin.fleet.upload_settings import UploadSettings
from diagnostics.admin.keeping.hold import station_holds
from diagnostics.admin.monitors.event_stream import streams_context
from diagnostics.admin.monitors.tab import monitors_context
from diagnostics.admin.numbers import number_in
from diagnostics.admin.searches.log_search import may_search
from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import LogType
from diagnostics.models import (
    Alert,
    CustomerInformation,
    LogRequest,
    OutboundCall,
    SecurityEvent,
    StationEvent,
    TimelineEntry,
)
from diagnostics.ocpp.codecs import codec_for
from diagnostics.services.calls.messages import find_messages
from diagnostics.services.fleet import capabilities

SETTINGS = "settings"
ROWS = 25
ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its name in the address, its title, its template, and what fills that.

    `permission` is what it takes to see it; `context` is called with the request and the station.
    `is_live`: what it shows is fetched again when something happens; not for tabs with forms.
    """

    name: str
    title: Any
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any]]
    permission: str = "diagnostics.view_logrequest"
    is_live: bool = False
    needs: str = ""

    def is_shown(self, request: HttpRequest, station: Any) -> bool:
        """Whether the user may see it, and the station's version has the message it `needs`."""
        if not request.user.has_perm(self.permission):
            return False
        version = get_gateway().version(station) if self.needs else None
        return version is None or codec_for(version).knows(self.needs)


def _older(request: HttpRequest, rows: list[Any], limit: int) -> tuple[list[Any], str]:
    """One page of rows fetched with one row to spare, and the query of the next page."""
    if len(rows) <= limit:
        return rows, ""
    query = request.GET.copy()
    query["before"] = str(rows[limit - 1].pk)
    return rows[:limit], f"?{query.urlencode()}"


def _page(request: HttpRequest, rows: Any, limit: int) -> dict[str, Any]:
    before = number_in(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    shown, older = _older(request, list(rows.order_by("-pk")[: limit + 1]), limit)
    return {"rows": shown, "older": older, "paged": before is not None}


def timeline_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's timeline, newest first; `?source=` and `?before=` narrow it."""
    entries = TimelineEntry.objects.filter(station=station).select_related("user")
    source = request.GET.get("source", "")
    if source in TimelineEntry.Source.values:
        entries = entries.filter(source=source)
    page = _page(request, entries, ENTRIES)
    return {**page, "sources": TimelineEntry.Source.choices, "source": source}


def logs_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's log requests, newest first."""
    rows = LogRequest.objects.filter(station=station).select_related("requested_by", "call")
    page = _page(request, rows.prefetch_related("files", "deleted_files"), ROWS)
    return {
        **page,
        **station_holds(request, station),
        "may_request": request.user.has_perm(PERMISSION),
        "may_search": may_search(request),
        "may_read": request.user.has_perm("diagnostics.read_log"),
    }


def calls_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's calls, newest first."""
    return _page(request, OutboundCall.objects.filter(station=station), ROWS)


def customers_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's requests for customer information, newest first; never their text."""
    mine = CustomerInformation.objects.filter(station=station)
    rows = mine.select_related("requested_by", "call")
    may_request = request.user.has_perm("diagnostics.request_customer_information")
    page = {**_page(request, rows, ROWS), "may_request": may_request}
    refused = capabilities.lacking(station).get("CustomerInformation")
    cannot = capabilities.refusal(refused.subject, refused.code) if refused else ""
    return {**page, **certificates_context(station), "cannot": cannot, "refused": refused}


def reported_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """What the station reported, newest first, below its open alerts."""
    events = StationEvent.objects.filter(station=station)
    open_ones = Alert.objects.open().filter(station=station).worst_first()
    return {**_page(request, events, ENTRIES), "alerts": open_ones[:ROWS]}


def events_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's security events, newest first."""
    return _page(request, SecurityEvent.objects.filter(station=station), ROWS)


def messages_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's messages, newest first, as the form above them says."""
    form = MessageFilterForm(request.GET)
    return {
        **_page(request, find_messages(station, form.wanted), ROWS),
        "form": form,
        "kept": [(name, request.GET[name]) for name in form.fields if request.GET.get(name)],
        "logging": app_settings.message_log,
        "may_export": request.user.has_perm("diagnostics.export_messages"),
    }


TABS = (
    Tab("overview", gettext_lazy("Overview"), "diagnostics/station/timeline.html",
        timeline_context, is_live=True),
    Tab("health", gettext_lazy("Health"), "diagnostics/station/health.html",
        health_context, "diagnostics.view_healthproblem"),
    Tab("logs", gettext_lazy("Logs"), "diagnostics/station/logs.html", logs_context,
        is_live=True),
    Tab("events", gettext_lazy("Events"), "diagnostics/station/reported.html", reported_context,
        "diagnostics.view_stationevent"),
    Tab("monitors", gettext_lazy("Monitors"), "diagnostics/station/monitors.html",
        monitors_context, "diagnostics.view_monitor", needs="SetVariableMonitoring"),
    Tab("streams", gettext_lazy("Streams"), "diagnostics/station/streams.html", streams_context,
        "diagnostics.view_eventstream", needs="OpenPeriodicEventStream"),
    Tab("variables", gettext_lazy("Device model"), "diagnostics/station/variables.html",
        variables_context, "diagnostics.view_reportedvariable"),
    Tab("customers", gettext_lazy("Customer information"),
        "diagnostics/station/customers.html", customers_context,
        "diagnostics.view_customerinformation", needs="CustomerInformation"),
    Tab("calls", gettext_lazy("Calls"), "diagnostics/station/calls.html", calls_context,
        "diagnostics.view_outboundcall"),
    Tab("messages", gettext_lazy("Messages"), "diagnostics/station/messages.html",
        messages_context, "diagnostics.view_messagerecord"),
    Tab("security", gettext_lazy("Security events"), "diagnostics/station/events.html",
        events_context, "diagnostics.view_securityevent"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a station can be asked to do, or the reason why this one cannot.

    `since` is when it said so, where that was found out by asking.
    """

    label: str
    url: str
    problem: str
    since: datetime | None = None


def offers(request: HttpRequest, station: Any) -> list[Offer]:
    """Buttons for what the station can be asked; none for what the user may not ask.

    What it cannot do comes last: its reasons are long.
    """
    found = [*_log_offers(request, station), *_call_offers(request, station)]
    return sorted(found, key=lambda offer: bool(offer.problem))


def _call_offers(request: HttpRequest, station: Any) -> list[Offer]:
    never = "" if get_gateway().version(station) else _("It has never connected.")
    refused = capabilities.lacking(station).get("TriggerMessage")
    cannot = capabilities.refusal(refused.subject, refused.code) if refused else ""
    wanted = (
        ("trigger", "diagnostics.trigger_message", _("Trigger a message …"), never or cannot),
        ("place", "diagnostics.place_call", _("Send a call …"), never),
    )
    return [
        Offer(label, parts.about(station, f"admin:diagnostics_outboundcall_{view}"),
              problem, refused.learnt_at if refused and problem == cannot else None)
        for view, permission, label, problem in wanted
        if request.user.has_perm(permission)
    ]  # fmt: skip


def _log_offers(request: HttpRequest, station: Any) -> list[Offer]:
    if not request.user.has_perm(PERMISSION):
        return []
    problems = log_problems(station)
    lacking = capabilities.lacking(station)
    refused = lacking.get("GetDiagnostics") or lacking.get("GetLog")
    version = get_gateway().version(station)
    known = codec_for(version).log_types if version else frozenset()
    return [
        Offer(
            _("Request %(log)s") % {"log": label[:1].lower() + label[1:]},
            parts.about(station, "admin:diagnostics_logrequest_request", log_type=value),
            problems[value],
            refused.learnt_at if refused and problems[value] and value in known else None,
        )
        for value, label in LogType.choices
    ]


class StationPage(UploadSettings, StationList):
    """A ModelAdmin for the host's station model whose change page has tabs, and an action."""

    change_form_template = "diagnostics/station/settings.html"
    station_tabs: tuple[Tab, ...] = TABS

    @property
    def media(self) -> Media:
        return super().media + page_media("page")

    def station_header(self, request: HttpRequest, station: Any) -> StationHeader:
        """The header's facts; override to add what the host knows better."""
        return header_of(station)

    def header_facts(self, request: HttpRequest, station: Any) -> list[tuple[str, Any]]:
        """More pairs of label and value for the header; the host's own."""
        return []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        station = self.get_object(request, unquote(object_id))
        if station is None or not self.has_view_permission(request, station):
            return super().change_view(request, object_id, form_url, extra_context)
        context = {**self._page_context(request, station), **(extra_context or {})}
        tab = context["tab"]
        if request.method == "POST" or tab is None:
            return super().change_view(request, object_id, form_url, {**context, "title": None})
        context.update(self.admin_site.each_context(request), opts=self.opts, media=self.media)
        context.update(tab.context(request, station), tab_template=tab.template, title=None)
        return TemplateResponse(request, "diagnostics/station/page.html", context)

    def _page_context(self, request: HttpRequest, station: Any) -> dict[str, Any]:
        tabs = [tab for tab in self.station_tabs if tab.is_shown(request, station)]
        names = {tab.name: tab for tab in tabs}
        wanted = request.GET.get("tab", tabs[0].name if tabs else SETTINGS)
        return {
            "station": station,
            "header": self.station_header(request, station),
            "header_facts": self.header_facts(request, station),
            "offers": offers(request, station),
            "tabs": tabs,
            "tab": names.get(wanted, tabs[0]) if wanted != SETTINGS and tabs else None,
            "subtitle": None,
        }

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the station rather than to the list."""
        response = super().response_change(request, obj)
        if "_addanother" in request.POST or not isinstance(response, HttpResponseRedirect):
            return response
        return HttpResponseRedirect(f"{request.path}?tab={SETTINGS}")
