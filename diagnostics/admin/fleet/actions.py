"""The action "Request a log", for any admin of stations: `actions = [request_logs_action]`."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from kombu.exceptions import OperationalError

from diagnostics.admin.base import page_media, require
from diagnostics.admin.fleet.stations import Prospect, prospect
from diagnostics.admin.logs.forms import LogForm
from diagnostics.services import access, logs

PERMISSION = "diagnostics.request_log"
# More stations than these are asked in the background, in batches of as many.
BATCH = 200
TASK = "diagnostics.tasks.request_logs"


@admin.action(description=gettext_lazy("Request a log"))
def request_logs_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """Ask the selected stations for a log, after a page that says what will happen to how many."""
    require(request, PERMISSION)
    queryset = access.visible(queryset, request.user)
    form = LogForm(request.POST if "span" in request.POST else None)
    if "apply" in request.POST and form.is_valid():
        able = prospect(queryset, form.wanted["log_type"]).able
        return _asked(request, able, form.wanted)
    log_type = form["log_type"].value()
    return _page(model_admin, request, form, prospect(queryset, log_type))


def _page(
    model_admin: ModelAdmin, request: HttpRequest, form: LogForm, found: Prospect
) -> HttpResponse:
    refused = sum(map(len, found.refused.values()))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Request a log of many stations"),
        "form": form,
        "found": found,
        "total": len(found.able) + refused,
        "refused": refused,
        "in_background": len(found.able) > BATCH,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "media": page_media(),
    }
    return TemplateResponse(request, "diagnostics/request_logs.html", context)


def _asked(request: HttpRequest, stations: list[Any], wanted: dict[str, Any]) -> HttpResponse:
    if len(stations) > BATCH:
        _ask_in_background(request, stations, wanted)
    else:
        asked = logs.request_logs(stations=stations, requested_by=request.user, **wanted)
        _report(request, asked)
    return redirect(f"{reverse('admin:diagnostics_logrequest_changelist')}?who=me&days=1")


def _ask_in_background(request: HttpRequest, stations: list[Any], wanted: dict[str, Any]) -> None:
    try:
        _enqueue([station.pk for station in stations], wanted, request.user.pk)
    except (OSError, OperationalError):
        note = _("The queue for work in the background is away. Nothing was asked: try again soon.")
        messages.error(request, note)
        return
    note = _("%(count)d stations are being asked in the background: watch them here.")
    messages.success(request, note % {"count": len(stations)})


def _report(request: HttpRequest, asked: logs.Asked) -> None:
    made = len(asked.requests)
    if made:
        text = ngettext("Asked one station.", "Asked %(count)d stations.", made)
        messages.success(request, text % {"count": made})
    for station, reason in asked.refused[:10]:
        messages.warning(request, f"{station}: {reason}")
    if not made and not asked.refused:
        messages.warning(request, _("None of the selected stations can be asked for this log."))


def _enqueue(pks: list[Any], wanted: dict[str, Any], user_pk: Any) -> None:
    """Times travel as text; see `tasks.request_logs`."""
    times = {key: wanted[key] and wanted[key].isoformat() for key in ("oldest", "latest")}
    for start in range(0, len(pks), BATCH):
        batch = pks[start : start + BATCH]
        current_app.signature(
            TASK,
            args=(batch, wanted["log_type"]),
            kwargs={**times, "requested_by": user_pk},
        ).apply_async(retry=False)
