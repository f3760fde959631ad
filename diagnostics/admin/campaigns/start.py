"""Starting a campaign: what, then whom and how fast, then a page that says what would happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.asked_station import initial_station
from diagnostics.admin.base import page_media, require
from diagnostics.admin.campaigns.forms import PaceForm
from diagnostics.admin.campaigns.operations import FORMS
from diagnostics.admin.fleet.station_choice import StationsForm
from diagnostics.exceptions import DiagnosticsError
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.campaign import Operation
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models import Campaign
from diagnostics.services import access, campaigns
from diagnostics.services.campaigns.operations import OPERATIONS
from diagnostics.wording.campaigns import pace_words, what_words, whom_words

RUN = "diagnostics.run_campaign"

HELP = {
    Operation.LOG: gettext_lazy("Every station uploads its log; read and search them afterwards."),
    Operation.MONITORING_REPORT: gettext_lazy("Which monitors run on each. OCPP 2."),
    Operation.BASE_REPORT: gettext_lazy("Components and variables, with their values. OCPP 2."),
    Operation.SET_MONITORS: gettext_lazy("Have each watch a variable and report. OCPP 2."),
    Operation.CLEAR_MONITORS: gettext_lazy("What they watched is not reported any more. OCPP 2."),
    Operation.MONITORING_BASE: gettext_lazy("All, those of the factory, or built-in ones only."),
    Operation.MONITORING_LEVEL: gettext_lazy("How serious an event must be to be reported."),
    Operation.SET_VARIABLES: gettext_lazy("New values for settings; keys on OCPP 1.6."),
    Operation.TRIGGER: gettext_lazy("Have each send one message now."),
    Operation.CALL: gettext_lazy("Any OCPP call, in its own words: for engineers."),
}
# What the buttons of the pages are called; everything else that was posted is carried along.
_BUTTONS = ("csrfmiddlewaretoken", "preview", "apply", "edit")


@dataclass(slots=True)
class Forms:
    """The parts of the form. `whom` is None where the stations were chosen in a list."""

    what: Any
    whom: StationsForm | None
    pace: PaceForm

    @classmethod
    def of(cls, request: HttpRequest, operation: str, *, chosen: bool) -> Forms:
        is_filled = any(name in request.POST for name in ("preview", "apply", "edit"))
        data = request.POST if is_filled else None
        initial = {"name": f"{Operation(operation).label}"}
        return cls(
            FORMS[operation](data, prefix="what"),
            None if chosen else StationsForm(request, data, initial=_whom(request)),
            PaceForm(data, initial=initial),
        )

    @property
    def is_bound(self) -> bool:
        return bool(self.pace.is_bound)

    def are_valid(self) -> bool:
        """Each shows its own mistakes."""
        sound = [form.is_valid() for form in (self.what, self.whom, self.pace) if form is not None]
        return all(sound)


@admin.action(description=gettext_lazy("Start a campaign"))
def start_campaign_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """One operation over the selected stations, after the pages that ask for what and how fast."""
    require(request, RUN)
    return start_page(model_admin, request, access.visible(queryset, request.user))


def start_page(
    model_admin: ModelAdmin, request: HttpRequest, chosen: QuerySet[Any] | None
) -> HttpResponse:
    """The page that is next; `?operation=`, `?group=`, `?selection=`, `?identity=` fill it."""
    operation = request.POST.get("operation") or request.GET.get("operation", "")
    if operation not in OPERATIONS:
        return _page(model_admin, request, chosen, "what", offers=offers(request))
    require(request, OPERATIONS[operation].permission)
    forms = Forms.of(request, operation, chosen=chosen is not None)
    if forms.is_bound and forms.are_valid() and "edit" not in request.POST:
        done = _go_on(model_admin, request, operation, forms, chosen)
        if done is not None:
            return done
    words = Operation(operation).label
    context = {"forms": forms, "operation": operation, "subtitle": words}
    return _page(model_admin, request, chosen, "form", **context)


def offers(request: HttpRequest) -> list[tuple[str, Any, Any]]:
    return [
        (value, label, HELP[Operation(value)])
        for value, label in Operation.choices
        if request.user.has_perm(OPERATIONS[value].permission)
    ]


def _whom(request: HttpRequest) -> dict[str, Any]:
    for scope in (StationScope.GROUP, StationScope.SELECTION):
        if key := request.GET.get(scope.lower()):
            return {"scope": scope, scope.lower(): key}
    identity = initial_station(request).get("identity")
    return {"scope": StationScope.STATIONS, "identities": identity} if identity else {}


def _go_on(
    model_admin: ModelAdmin,
    request: HttpRequest,
    operation: str,
    forms: Forms,
    chosen: QuerySet[Any] | None,
) -> HttpResponse | None:
    """The page between, or the campaign; None with the reason at the form."""
    wanted = {
        "operation": operation,
        "params": forms.what.params,
        "stations": chosen if forms.whom is None else forms.whom.stations,
    }
    if "apply" in request.POST:
        return _started(request, forms, wanted)
    found = campaigns.survey(**wanted)
    scope, name = _scope(forms, chosen)
    plan = Campaign(operation=operation, params=wanted["params"], **forms.pace.pace)
    context = {
        "found": found,
        "what": what_words(plan),
        "whom": whom_words(scope, name),
        "pace": pace_words(plan),
        "plan": plan,
        "kept": [
            (key, value)
            for key, values in request.POST.lists()
            if key not in _BUTTONS
            for value in values
        ],
    }
    return _page(model_admin, request, chosen, "preview", **context)


def _scope(forms: Forms, chosen: QuerySet[Any] | None) -> tuple[str, str]:
    if forms.whom is not None:
        return forms.whom.cleaned_data["scope"], forms.whom.scope_name
    only = list(chosen[:2]) if chosen is not None else []
    return StationScope.STATIONS, get_gateway().identity(only[0]) if len(only) == 1 else ""


def _started(request: HttpRequest, forms: Forms, wanted: dict[str, Any]) -> HttpResponse | None:
    scope, scope_name = _scope(forms, wanted["stations"])
    try:
        row = campaigns.start_campaign(
            **wanted,
            name=forms.pace.cleaned_data["name"],
            scope=scope,
            scope_name=scope_name,
            created_by=request.user,
            **forms.pace.pace,
        )
    except DiagnosticsError as error:
        forms.pace.add_error(None, str(error))
        return None
    messages.success(request, _("Started. This page can be left: the campaign goes on without it."))
    return redirect(page_of(row))


def page_of(row: Campaign) -> str:
    return reverse("admin:diagnostics_campaign_change", args=[row.pk])


def _page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    chosen: QuerySet[Any] | None,
    template: str,
    **extra: Any,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Start a campaign"),
        "media": page_media(),
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME) if chosen is not None else [],
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "total": chosen.count() if chosen is not None else None,
        **extra,
    }
    return TemplateResponse(request, f"diagnostics/campaigns/{template}.html", context)
