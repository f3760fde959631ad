"""Reports: the list, the form that asks for one, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.asked_station import find_station
from diagnostics.admin.base import require
from diagnostics.admin.device_model.forms import ReportForm
from diagnostics.admin.filters import AgeFilter, WhoFilter
from diagnostics.admin.logs.page import raw_calls
from diagnostics.admin.pages import RequestAdmin
from diagnostics.exceptions import DiagnosticsError
from diagnostics.models import Report, ReportPart
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.services import reports
from diagnostics.wording.reports import named, report_sentence, report_title, report_tone

PERMISSION = "diagnostics.request_report"
VIEW = "diagnostics.view_report"
# Entries shown of one report; the rest is in the device model.
MOST_ENTRIES = 500


@admin.register(Report)
class ReportAdmin(RequestAdmin):
    template = "diagnostics/report.html"
    live_template = "diagnostics/report_live.html"
    list_display = ("outcome", "station_", "what", "who", "when")
    nothing_yet = gettext_lazy(
        "No station was asked for a report yet. That is done on the tab Device model of a station."
    )
    list_filter = ("status", AgeFilter, WhoFilter)
    search_help_text = gettext_lazy("A station, or # and the number of a report.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        rows: Any = super().get_queryset(request).select_related("requested_by", "call")
        return rows.with_parts()

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: Report) -> SafeString:
        return parts.outcome(row, badge(row), report_sentence(row))

    @admin.display(description=gettext_lazy("Report"))
    def what(self, row: Report) -> str:
        return report_title(row)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_report"
        return [
            path("request/", wrap(self.request_view), name=f"{name}_request"),
            path("<int:pk>/again/", wrap(self.again_view), name=f"{name}_again"),
            *super().get_urls(),
        ]

    def request_view(self, request: HttpRequest) -> HttpResponse:
        """The form; the buttons on a station's page send it filled."""
        require(request, PERMISSION)
        station = find_station(request)
        posted = request.method == "POST"
        form = ReportForm(request.POST) if posted else ReportForm(initial=request.GET.dict())
        if posted and form.is_valid():
            try:
                return redirect(page_of(_ask(station, form, request.user)))
            except DiagnosticsError as error:
                form.add_error(None, str(error))
        context = {
            **self.chrome(request),
            "title": _("Request a report"),
            "form": form,
            "station": station,
            "button": _("Request the report"),
        }
        return TemplateResponse(request, "diagnostics/station_form.html", context)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the same again, with one click."""
        require(request, PERMISSION)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.find(request, pk)
        try:
            return redirect(page_of(reports.request_again(row, requested_by=request.user)))
        except DiagnosticsError as error:
            messages.error(request, str(error))
            return redirect(page_of(row))

    def page(self, request: HttpRequest, row: Report) -> dict[str, Any]:
        """Everything that the templates of one report show."""
        received = list(ReportPart.objects.filter(report=row))
        entries = [item for part in received for item in part.items]
        sees_calls = request.user.has_perm("diagnostics.view_outboundcall")
        return {
            "row": row,
            "heading": report_title(row),
            "named": named(row),
            "badge": badge(row),
            "sentence": report_sentence(row),
            "tone": report_tone(row.status),
            "parts": received,
            "missing": row.received().missing[:50],
            "unread": [(part.seq_no, text) for part in received for text in part.unread],
            "entries": [_entry(item) for item in entries[:MOST_ENTRIES]],
            "count": len(entries),
            "raw_calls": raw_calls(row) if sees_calls else [],  # type: ignore[arg-type]
            "may_request": request.user.has_perm(PERMISSION),
        }


def badge(row: Report) -> SafeString:
    return parts.badge(row.get_status_display(), report_tone(row.status))


def page_of(row: Report) -> str:
    return reverse("admin:diagnostics_report_change", args=[row.pk])


def _ask(station: Any, form: ReportForm, user: Any) -> Report:
    what = form.cleaned_data["what"]
    return reports.request_with(
        station=station, what=what, criteria=form.criteria_of(what), requested_by=user
    )


def _entry(item: dict[str, Any]) -> tuple[str, str]:
    """One entry in a line: what it is about, and the values or monitors it has."""
    attributes = item.get("variableAttribute") or item.get("variableMonitoring") or []
    words = []
    for each in attributes if isinstance(attributes, list) else []:
        if isinstance(each, dict):
            kind = each.get("type", "")
            value = each.get("value", "")
            words.append(f"{kind} {value}".strip())
    return str(ComponentVariable.from_wire(item)), ", ".join(words)
