"""Periodic event streams (2.1): which run, what they carry, their values as a line and a table."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.asked_station import find_station
from diagnostics.admin.base import require
from diagnostics.admin.chart import Point, line_chart
from diagnostics.admin.pages import PageAdmin
from diagnostics.admin.trend import number
from diagnostics.exceptions import DiagnosticsError
from diagnostics.models import EventStream
from diagnostics.models.event_stream import StreamStatus
from diagnostics.services import event_streams
from diagnostics.services.event_streams import pace as stream_pace

VIEW = "diagnostics.view_eventstream"
SET = "diagnostics.set_monitor"

# Values that the chart and the table of one stream show.
CHARTED, LISTED = 500, 100

_TONES = {
    StreamStatus.OPEN: "good",
    StreamStatus.UNKNOWN: "bad",
    StreamStatus.CLOSING: "busy",
    StreamStatus.CLOSED: "quiet",
}


def stream_badge(row: EventStream) -> SafeString:
    return parts.badge(row.get_status_display(), _TONES[StreamStatus(row.status)])


class PaceForm(forms.Form):
    """How often a stream is sent, and how many values make a message (N14)."""

    interval = forms.IntegerField(
        label=gettext_lazy("Seconds between messages"), required=False, min_value=1,
        max_value=86400,
    )  # fmt: skip
    values = forms.IntegerField(
        label=gettext_lazy("Values per message"), required=False, min_value=1, max_value=10000
    )


@admin.register(EventStream)
class EventStreamAdmin(PageAdmin):
    template = "diagnostics/event_stream.html"
    live_template = "diagnostics/event_stream_live.html"
    list_display = ("stream", "station_", "state", "waiting", "opened", "heard")
    nothing_yet = gettext_lazy(
        "No stream yet: OCPP 2.1 stations open one for a periodic monitor that was set with a "
        "stream."
    )
    list_filter = (("status", admin.ChoicesFieldListFilter),)
    search_help_text = gettext_lazy("A station, or # and a number.")

    @admin.display(description=gettext_lazy("Stream"))
    def stream(self, row: EventStream) -> SafeString:
        return format_html('<a href="../eventstream/{}/change/">{}</a>', row.pk, row)

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: EventStream) -> SafeString:
        return stream_badge(row)

    @admin.display(description=gettext_lazy("Waiting at the station"))
    def waiting(self, row: EventStream) -> str:
        return _("%(n)d, growing") % {"n": row.pending} if row.is_too_slow else str(row.pending)

    @admin.display(description=gettext_lazy("Opened"))
    def opened(self, row: EventStream) -> SafeString:
        return parts.ago(row.opened_at)

    @admin.display(description=gettext_lazy("Last message"))
    def heard(self, row: EventStream) -> SafeString:
        return parts.ago(row.last_at)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_eventstream"
        own = [
            path("<int:pk>/adjust/", wrap(self.adjust_view), name=f"{name}_adjust"),
            path("which/", wrap(self.which_view), name=f"{name}_which"),
        ]
        return [*own, *super().get_urls()]

    def adjust_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the station for another pace."""
        require(request, SET)
        row, form = self.find(request, pk), PaceForm(request.POST or None)
        if request.method != "POST":
            return redirect(_page(row))
        if form.is_valid():
            try:
                stream_pace.adjust_stream(row, requested_by=request.user, **form.cleaned_data)
                messages.success(request, _("The station is asked for the new pace."))
                return redirect(_page(row))
            except DiagnosticsError as error:
                form.add_error(None, str(error))
        return self.show(request, row, form=form)

    def which_view(self, request: HttpRequest) -> HttpResponse:
        """Ask a station which streams it has (N12)."""
        require(request, SET)
        station = find_station(request)
        if request.method != "POST":
            raise Http404(_("There is nothing to look at here."))
        try:
            stream_pace.get_streams(station=station, requested_by=request.user)
            messages.success(request, _("The station is asked which streams it has."))
        except DiagnosticsError as error:
            messages.error(request, str(error))
        page = parts.station_url(station)
        return redirect(f"{page}?tab=streams" if page else _list())

    def page(self, request: HttpRequest, row: EventStream) -> dict[str, Any]:
        """What the templates of one stream show."""
        pace = {"interval": row.interval, "values": row.values_per_message}
        newest = list(row.samples.order_by("-at")[:CHARTED])
        points = [
            Point(each.at, value) for each in newest if (value := number(each.value)) is not None
        ]
        return {
            "row": row,
            "badge": stream_badge(row),
            "chart": line_chart(points, label=str(row)),
            "samples": newest[:LISTED],
            "may_set": request.user.has_perm(SET),
            "form": PaceForm(initial=pace),
        }


def _list() -> str:
    return reverse("admin:diagnostics_eventstream_changelist")


def _page(row: EventStream) -> str:
    return reverse("admin:diagnostics_eventstream_change", args=[row.pk])


def streams_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's streams, running ones first."""
    event_streams.name_streams(station)
    rows = EventStream.objects.filter(station=station)
    running = rows.running().order_by("-pk")[:200]
    ended = rows.exclude(closed_at=None).order_by("-closed_at")[:25]
    return {
        "streams": [(row, stream_badge(row)) for row in (*running, *ended)],
        "may_set": request.user.has_perm(SET),
    }
