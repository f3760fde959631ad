"""Variables of stations: read and set, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.asked_station import find_station
from diagnostics.admin.base import require
from diagnostics.admin.device_model.forms import ReadForm, ReadKeysForm, SetForm
from diagnostics.admin.filters import AgeFilter, WhoFilter
from diagnostics.admin.numbers import numbers_in
from diagnostics.admin.pages import RequestAdmin
from diagnostics.exceptions import DiagnosticsError
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.variables import GOOD, Attribute
from diagnostics.models import ReportedVariable, VariableAttribute, VariableRequest
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.secrets import HIDDEN
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.services import access
from diagnostics.services.device_model import variables
from diagnostics.wording.reports import result_words, variables_sentence, variables_tone

READ = "diagnostics.request_report"
SET = "diagnostics.set_variable"
VIEW = "diagnostics.view_variablerequest"


@admin.register(VariableRequest)
class VariableRequestAdmin(RequestAdmin):
    template = "diagnostics/variables.html"
    live_template = "diagnostics/variables_live.html"
    list_display = ("outcome", "station_", "what", "who", "when")
    nothing_yet = gettext_lazy(
        "No variable was read or changed yet. That is done on the tab Device model of a station."
    )
    list_filter = ("status", AgeFilter, WhoFilter)
    search_help_text = gettext_lazy("A station, or # and the number of a request.")

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: VariableRequest) -> SafeString:
        return parts.outcome(row, badge(row), variables_sentence(row))

    @admin.display(description=gettext_lazy("Variables"))
    def what(self, row: VariableRequest) -> str:
        names = [name_of(item) for item in row.items[:3]]
        more = " …" if len(row.items) > len(names) else ""
        return f"{row.get_kind_display()}: {', '.join(names) or row.get_purpose_display()}{more}"

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_variablerequest"
        return [
            path("read/", wrap(self.read_view), name=f"{name}_read"),
            path("set/<int:pk>/", wrap(self.set_view), name=f"{name}_set"),
            *super().get_urls(),
        ]

    def read_view(self, request: HttpRequest) -> HttpResponse:
        """The form that names variables; `variable` (keys of rows) reads those again at once."""
        require(request, READ)
        station = find_station(request)
        posted = request.method == "POST"
        if posted and (keys := numbers_in(request.POST.getlist("variable"))):
            return self._read_again(request, station, keys)
        form = _read_form(station)(request.POST if posted else None)
        if posted and form.is_valid() and (row := self._read(request, form, station)):
            return redirect(page_of(row))
        return self._form(request, station, form, _("Read variables"), _("Read"))

    def _read(self, request: HttpRequest, form: ReadForm, station: Any) -> VariableRequest | None:
        try:
            return variables.get_variables(
                station=station,
                asked=form.asked,
                everything=isinstance(form, ReadKeysForm) and not form.asked,
                requested_by=request.user,
            )
        except DiagnosticsError as error:
            form.add_error(None, str(error))
            return None

    def _read_again(self, request: HttpRequest, station: Any, keys: list[int]) -> HttpResponse:
        rows = ReportedVariable.objects.filter(station=station, pk__in=keys[:500])
        asked = [
            VariableAsked(row.reference, kind)
            for row in rows.prefetch_related("attributes")
            for kind in [each.type for each in row.attributes.all() if each.is_readable]
            or [Attribute.ACTUAL]
        ]
        form = _read_form(station)({"named": "-", "attribute": Attribute.ACTUAL})
        try:
            row = variables.get_variables(station=station, asked=asked, requested_by=request.user)
        except DiagnosticsError as error:
            form.add_error(None, str(error))
            return self._form(request, station, form, _("Read variables"), _("Read"))
        return redirect(page_of(row))

    def set_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new value for one attribute of a known variable, `?attribute=`."""
        require(request, SET)
        known = access.visible(ReportedVariable.objects.select_related("station"), request.user)
        variable = known.filter(pk=pk).first()
        if variable is None:
            raise Http404(_("There is no such variable."))
        kind = request.GET.get("attribute", Attribute.ACTUAL)
        attribute = VariableAttribute.objects.filter(variable=variable, type=kind).first()
        form = SetForm(variable, attribute, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            asked = VariableAsked(variable.reference, kind, form.cleaned_data["value"])
            try:
                row = variables.set_variables(
                    station=variable.station, asked=[asked], requested_by=request.user
                )
                return redirect(page_of(row))
            except DiagnosticsError as error:
                form.add_error(None, str(error))
        title = _("Change %(name)s") % {"name": _shown(variable.reference)}
        return self._form(request, variable.station, form, title, _("Send to the station"))

    def _form(
        self, request: HttpRequest, station: Any, form: Form, title: str, button: str
    ) -> HttpResponse:
        context = {
            **self.chrome(request),
            "title": title,
            "form": form,
            "station": station,
            "button": button,
        }
        return TemplateResponse(request, "diagnostics/station_form.html", context)

    def page(self, request: HttpRequest, row: VariableRequest) -> dict[str, Any]:
        """Everything that the templates of one request show."""
        return {
            "row": row,
            "badge": badge(row),
            "sentence": variables_sentence(row),
            "tone": variables_tone(row.status),
            "results": [_result(item) for item in row.items],
            "station_url": parts.station_url(row.station),
        }


def badge(row: VariableRequest) -> SafeString:
    return parts.badge(row.get_status_display(), variables_tone(row.status))


def page_of(row: VariableRequest) -> str:
    return reverse("admin:diagnostics_variablerequest_change", args=[row.pk])


def name_of(item: dict[str, Any]) -> str:
    """What an item of a request is about, with its attribute where that is not the value."""
    name = _shown(ComponentVariable.from_wire(item))
    kind = item.get("attribute", Attribute.ACTUAL)
    return name if kind == Attribute.ACTUAL else f"{name} ({kind})"


def _shown(named: ComponentVariable) -> str:
    """A key of 1.6 has no component."""
    return str(named) if named.component.name else str(named.variable)


def _result(item: dict[str, Any]) -> dict[str, Any]:
    status = item["status"]
    value = item.get("answer", item.get("value", ""))
    return {
        "name": name_of(item),
        "value": HIDDEN if value and item.get("secret") else value,
        "badge": parts.badge(
            result_words(status), "busy" if not status else "good" if status in GOOD else "bad"
        ),
        "status": status,
        "reason": item.get("reason", ""),
    }


def _read_form(station: Any) -> type[ReadForm]:
    version = get_gateway().version(station)
    known = version is None or codec_for(version).has_attributes
    return ReadForm if known else ReadKeysForm
