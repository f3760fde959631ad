"""The action "Search their logs", on lists of stations and of log requests."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.base import page_media
from diagnostics.admin.searches.forms import LogsForm, PatternForm
from diagnostics.admin.searches.log_search import begin, page_of, require_search
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_search import SearchScope
from diagnostics.services import access
from diagnostics.services.searches import Wanted


@admin.action(description=gettext_lazy("Search their logs"))
def search_stations_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """Search the logs of the selected stations, after a page that asks for what."""
    require_search(request)
    stations = access.visible(queryset, request.user)
    only = list(stations[:2])
    name = get_gateway().identity(only[0]) if len(only) == 1 else ""
    whose = {"stations": stations, "scope": SearchScope.STATIONS, "scope_name": name}
    form = LogsForm(request.POST if "apply" in request.POST else None)
    return _between(model_admin, request, form, stations.count(), whose)


@admin.action(description=gettext_lazy("Search these logs"))
def search_requests_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """Search the files of the selected log requests."""
    require_search(request)
    whose = {"requests": queryset, "scope": SearchScope.REQUESTS}
    form = RequestsForm(request.POST if "apply" in request.POST else None)
    return _between(model_admin, request, form, queryset.count(), whose)


class RequestsForm(PatternForm):
    """What to look for in requests that are chosen already."""

    def wanted(self, **whose: Any) -> Wanted:
        return Wanted(**whose)


def _between(
    model_admin: ModelAdmin,
    request: HttpRequest,
    form: PatternForm,
    total: int,
    whose: dict[str, Any],
) -> HttpResponse:
    if form.is_valid() and (row := begin(request, form, **whose)):
        return redirect(page_of(row))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Search logs"),
        "form": form,
        "total": total,
        "scope": whose["scope"],
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "media": page_media(),
    }
    return TemplateResponse(request, "diagnostics/search/start.html", context)
