"""The tab "Device model" of a station's page: what it has, how old that is, and buttons to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from diagnostics.admin.device_model.forms import limits_words
from diagnostics.admin.device_model.report import badge
from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.report import ReportBase, ReportKind
from diagnostics.models import Report, ReportedVariable, StationInfo, VariableAttribute
from diagnostics.ocpp.codecs import codec_for
from diagnostics.services import reports
from diagnostics.services.device_model.limits import get_limits
from diagnostics.wording.reports import report_sentence, report_title

VARIABLES = 100
REPORTS = 5


@dataclass(frozen=True, slots=True)
class Ask:
    """A button: what it asks for, or why this station cannot be asked."""

    label: str
    what: str
    problem: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A variable as the table shows it."""

    row: ReportedVariable
    place: str
    name: str
    limits: str
    attributes: list[VariableAttribute]


def variables_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's variables, by component; `?q=` narrows them, `?page=` goes on."""
    query = request.GET.get("q", "").strip()[:100]
    page = Paginator(_found(station, query), VARIABLES).get_page(request.GET.get("page"))
    asked = Report.objects.filter(station=station).select_related("call")
    latest = asked.with_parts().order_by("-pk")[:REPORTS]
    user = request.user
    return {
        "shown": [_shown(row) for row in page],
        "page": page,
        "q": query,
        "info": StationInfo.objects.filter(station=station).first(),
        "limits": get_limits(station),
        "reports": [(row, badge(row), report_title(row), report_sentence(row)) for row in latest],
        "may_request": user.has_perm("diagnostics.request_report"),
        "may_set": user.has_perm("diagnostics.set_variable"),
        "asks": _asks(station) if user.has_perm("diagnostics.request_report") else [],
        "has_reports": _has_reports(station),
        "report_url": reverse("admin:diagnostics_report_request"),
        "read_url": reverse("admin:diagnostics_variablerequest_read"),
        "age": _oldest(page),
    }


def _found(station: Any, query: str) -> Any:
    rows = ReportedVariable.objects.filter(station=station).prefetch_related("attributes")
    for word in query.split():
        rows = rows.filter(
            Q(component__icontains=word)
            | Q(component_instance__icontains=word)
            | Q(variable__icontains=word)
            | Q(variable_instance__icontains=word)
            | Q(data_type__iexact=word)
            | Q(unit__iexact=word)
            | Q(values_list__icontains=word)
            | Q(pk__in=_with_value(station, word))
        )
    return rows.order_by("component", "component_instance", "evse_id", "connector_id", "variable",
                         "variable_instance", "pk")  # fmt: skip


def _with_value(station: Any, word: str) -> Any:
    attributes = VariableAttribute.objects.filter(variable__station=station)
    return attributes.filter(value__icontains=word).values("variable_id")


def _shown(row: ReportedVariable) -> Shown:
    named = row.reference
    return Shown(
        row=row,
        place=str(named.component) if named.component.name else _("Configuration key"),
        name=str(named.variable),
        limits=" · ".join(filter(None, [limits_words(row), row.values_list])),
        attributes=sorted(row.attributes.all(), key=lambda each: each.pk),
    )


def _oldest(page: Any) -> datetime | None:
    return min((row.updated_at for row in page), default=None)


def _has_reports(station: Any) -> bool:
    version = get_gateway().version(station)
    return version is None or bool(codec_for(version).report_bases)


def _asks(station: Any) -> list[Ask]:
    """A button for each base report; 1.6 has its list of keys instead."""
    if not _has_reports(station):
        return []
    return [Ask(str(label), value, _problem(station, value)) for value, label in ReportBase.choices]


def _problem(station: Any, base: str) -> str:
    try:
        reports.check_request(station=station, kind=ReportKind.BASE, criteria={"reportBase": base})
    except RequestRefused as error:
        return str(error)
    return ""
