"""Ask a station for a log, ask again, and cancel: forms and confirmations over `services.logs`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from diagnostics.admin.asked_station import initial_station
from diagnostics.admin.base import page_media, require
from diagnostics.admin.fleet.stations import log_problems
from diagnostics.admin.logs.forms import LOG_HELP, StationLogForm
from diagnostics.exceptions import DiagnosticsError, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import LogRequest
from diagnostics.services import logs

PERMISSION = "diagnostics.request_log"


class AskingViews(ModelAdmin):
    """The part of the log requests' admin that starts and stops them."""

    find: Callable[[HttpRequest, Any], LogRequest]

    def may_request(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(PERMISSION))

    def asking_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name = "diagnostics_logrequest"
        return [
            path("request/", wrap(self.request_view), name=f"{name}_request"),
            path("<int:pk>/again/", wrap(self.again_view), name=f"{name}_again"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name=f"{name}_cancel"),
        ]

    def request_view(self, request: HttpRequest) -> HttpResponse:
        """The form, filled; a station comes by `?station=` (its key) or `?identity=`."""
        require(request, PERMISSION)
        if request.method == "POST":
            form = StationLogForm(request.POST, user=request.user)
            if form.is_valid() and (row := _ask(form, request)):
                return redirect(_page(row))
        else:
            form = StationLogForm(initial=_initial(request), user=request.user)
        return self._form_page(request, form)

    def _form_page(self, request: HttpRequest, form: StationLogForm) -> HttpResponse:
        station = form.named_station()
        context = self._context(
            request,
            title=_("Request a log"),
            form=form,
            station=station,
            online=station is not None and get_gateway().is_online(station),
            choices=_choices(form, station),
            advanced=[form["retries"], form["retry_interval"], form["wait_hours"]],
        )
        return TemplateResponse(request, "diagnostics/request_log.html", context)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, PERMISSION)
        row = self.find(request, pk)
        if request.method == "POST":
            try:
                again = logs.request_again(row, requested_by=request.user)
            except DiagnosticsError as error:
                messages.error(request, str(error))
                return redirect(_page(row))
            messages.success(request, _("Asked again: this is the new request."))
            return redirect(_page(again))
        return self._confirm(
            request,
            row,
            _("Ask again?"),
            _("A new request for the same log of the same span is made. This one stays as it is."),
            _("Ask again"),
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, PERMISSION)
        row = self.find(request, pk)
        if request.method == "POST":
            try:
                logs.cancel_log(row, canceled_by=request.user)
            except DiagnosticsError as error:
                messages.error(request, str(error))
            return redirect(_page(row))
        return self._confirm(
            request,
            row,
            _("Cancel this request?"),
            _what_canceling_does(row),
            _("Cancel the request"),
        )

    def _confirm(
        self, request: HttpRequest, row: LogRequest, title: str, text: str, button: str
    ) -> HttpResponse:
        context = self._context(
            request, title=title, row=row, text=text, button=button, back=_page(row)
        )
        return TemplateResponse(request, "diagnostics/confirm.html", context)

    def _context(self, request: HttpRequest, **extra: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media(),
            **extra,
        }


def _what_canceling_does(row: LogRequest) -> str:
    if row.calls.filter(sent_at__isnull=False).exists():
        return _(
            "The station was asked already, and OCPP knows no way to stop an upload: a file that "
            "still comes is kept."
        )
    return _("The station was not asked yet, and will not be.")


def _page(row: LogRequest) -> str:
    return reverse("admin:diagnostics_logrequest_change", args=[row.pk])


def _initial(request: HttpRequest) -> dict[str, Any]:
    log_type = {key: request.GET[key] for key in ("log_type",) if key in request.GET}
    return {**log_type, **initial_station(request)}


def _ask(form: StationLogForm, request: HttpRequest) -> LogRequest | None:
    """The request made, or None with the reason at the form."""
    try:
        return logs.request_log(station=form.station, requested_by=request.user, **form.wanted)
    except RequestRefused as error:
        form.add_error(None, str(error))
        return None


def _choices(form: StationLogForm, station: Any) -> list[dict[str, Any]]:
    """The kinds of log with what each is for, and why this station cannot give one."""
    problems = log_problems(station) if station is not None else {}
    chosen = form["log_type"].value()
    return [
        {
            "value": value,
            "label": label,
            "help": LOG_HELP[value],
            "problem": problems.get(value, ""),
            "checked": value == chosen,
        }
        for value, label in form.fields["log_type"].choices  # type: ignore[attr-defined]
    ]
