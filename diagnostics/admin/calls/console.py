"""Any call of a station's version, from a form made of its schema or as JSON; and triggers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.asked_station import find_station
from diagnostics.admin.base import page_media, require
from diagnostics.admin.calls.schema_form import SchemaForm
from diagnostics.admin.calls.trigger_form import TriggerForm
from diagnostics.admin.numbers import row_in
from diagnostics.exceptions import DiagnosticsError, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import OutboundCall
from diagnostics.ocpp.actions import DISRUPTIVE
from diagnostics.ocpp.errors import InvalidPayload
from diagnostics.ocpp.frames import load_json
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.services import access
from diagnostics.services.calls import console, delivery, triggers
from diagnostics.services.fleet import capabilities

PLACE, TRIGGER = "diagnostics.place_call", "diagnostics.trigger_message"


class ConsoleViews(ModelAdmin):
    """The part of the calls' admin that places and takes back calls."""

    def console_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name = "diagnostics_outboundcall"
        again, cancel = require_POST(self.repeat_view), require_POST(self.cancel_view)
        return [
            path("place/", wrap(self.place_view), name=f"{name}_place"),
            path("trigger/", wrap(self.trigger_view), name=f"{name}_trigger"),
            path("<int:pk>/repeat/", wrap(again), name=f"{name}_repeat"),
            path("<int:pk>/cancel/", wrap(cancel), name=f"{name}_cancel"),
        ]

    def place_view(self, request: HttpRequest) -> HttpResponse:
        """Choose an action, fill its form, send it; `?station=` is a key of the host's model."""
        require(request, PLACE)
        station = find_station(request)
        version = get_gateway().version(station)
        actions = sorted(schemas_of(version).sent_by_csms) if version else []
        action = request.POST.get("action") or request.GET.get("action", "")
        context: dict[str, Any] = {
            "title": _("Send a call"),
            "actions": actions,
            "action": action if action in actions else "",
            "version": version,
        }
        context["refused"] = capabilities.lacking(station).get(context["action"])
        if not context["action"] or version is None:
            return self._console(request, station, "diagnostics/place_call.html", **context)
        form = SchemaForm(schemas_of(version).request(action).tree)
        draft = Draft(action, form, request.POST, _template(request, station, action))
        if draft.is_sent and not draft.problems:
            try:
                call = console.place_by_hand(
                    station=station, action=action, payload=draft.payload, placed_by=request.user
                )
            except RequestRefused as error:
                draft.problems.append(str(error))
            else:
                return redirect(page_of(call))
        if draft.is_sent and draft.is_readable:
            draft.check(schemas_of(version).request(action))
        context.update(draft=draft, **draft.drawn())
        return self._console(request, station, "diagnostics/place_call.html", **context)

    def trigger_view(self, request: HttpRequest) -> HttpResponse:
        """A button for each message that the station's version can be told to send."""
        require(request, TRIGGER)
        station = find_station(request)
        offered = triggers.triggers_for(station)
        form = TriggerForm(
            request.POST or None,
            names=triggers.custom_triggers(station),
            has_custom=any(each.is_custom for each in offered),
        )
        if request.method == "POST" and form.is_valid():
            message = request.POST.get("message", "")
            try:
                call = triggers.trigger(
                    station=station, message=message, placed_by=request.user, **form.place(message)
                )
            except RequestRefused as error:
                form.add_error(None, str(error))
            else:
                return redirect(page_of(call))
        return self._console(
            request,
            station,
            "diagnostics/trigger.html",
            title=_("Have the station send a message now"),
            form=form,
            triggers=offered,
            unknown=triggers.not_implemented(station),
        )

    def repeat_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same call again, as a new one."""
        require(request, PLACE)
        call = _standing_alone(request, pk)
        try:
            again = console.repeat_call(call, placed_by=request.user)
        except RequestRefused as error:
            messages.error(request, str(error))
            return redirect(page_of(call))
        messages.success(request, _("Placed again: this is the new call."))
        return redirect(page_of(again))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = _standing_alone(request, pk)
        if not may_cancel(request, call):
            require(request, PLACE)
        try:
            delivery.withdraw(call)
        except DiagnosticsError as error:
            messages.error(request, str(error))
        return redirect(page_of(call))

    def _console(
        self, request: HttpRequest, station: Any, template: str, **extra: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "station": station,
            "identity": get_gateway().identity(station),
            "station_url": parts.station_url(station),
            "online": get_gateway().is_online(station),
            "media": page_media("rows"),
            **extra,
        }
        return TemplateResponse(request, template, context)


class Draft:
    """A call that is being written: as a form or as JSON, with what is wrong with it so far."""

    def __init__(self, action: str, form: SchemaForm, data: Any, payload: Any = None) -> None:
        """`data` is what was sent with the page, `payload` what it begins with."""
        self.action, self.form = action, form
        self.is_disruptive = action in DISRUPTIVE
        self.problems: list[str] = []
        self.violations: list[Any] = []
        self.payload: Any = payload or {}
        self.is_json, self.is_sent = data.get("mode") == "json", "send" in data
        self.text = data.get("json", "") if self.is_json else ""
        if data:
            self._take(data)
        self.is_readable = not self.problems
        if "switch" in data and not self.problems:
            self.is_json = not self.is_json
        self.text = self.text or parts.pretty(self.payload)

    def _take(self, data: Any) -> None:
        if not self.is_json:
            self.payload = self.form.read(data)
            return
        try:
            self.payload = load_json(self.text or "{}")
        except ValueError:
            self.problems.append(_not_json(self.text))
        else:
            if not isinstance(self.payload, dict):
                self.problems.append(_("The payload of a call is an object: { … }."))

    def check(self, schema: Any) -> None:
        """Find out at which fields the sentences belong, once the call was not placed."""
        try:
            schema.check(self.payload)
        except InvalidPayload as error:
            self.violations = error.violations

    def drawn(self) -> dict[str, Any]:
        """What the page shows."""
        violations = [] if self.is_json else self.violations
        root, rest = self.form.build(self.payload, violations)
        if self.is_json and self.violations:
            rest = [violation.message for violation in self.violations]
        problems = rest or ([] if self.violations else self.problems)
        return {"root": root, "problems": problems, "wrong": bool(self.problems)}


def _not_json(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        if line:
            return _("This is no JSON: line %(line)d, column %(column)d.") % {
                "line": line, "column": column,
            }  # fmt: skip
    return _("This is no JSON that can be sent: it is nested too deep, or holds NaN.")


def _template(request: HttpRequest, station: Any, action: str) -> Any:
    """What `?call=` names as the beginning of another: a call of this station, by its key."""
    call = row_in(OutboundCall.objects.filter(station=station), request.GET.get("call"))
    is_alike = call is not None and (call.wire_action or call.action) == action
    return console.draft_of(call) if call is not None and is_alike else None


def page_of(call: OutboundCall) -> str:
    return reverse("admin:diagnostics_outboundcall_change", args=[call.pk])


def stands_alone(call: OutboundCall) -> bool:
    """Whether a call was placed by hand: the others are canceled and repeated by their jobs."""
    return call.raw or call.action == triggers.ACTION


def may_cancel(request: HttpRequest, call: OutboundCall) -> bool:
    return bool(request.user.has_perm(PLACE) or call.placed_by_id == request.user.pk)


def _standing_alone(request: HttpRequest, pk: int) -> OutboundCall:
    calls = access.visible(OutboundCall.objects.select_related("station"), request.user)
    call = calls.filter(pk=pk).first()
    if call is None or not stands_alone(call):
        raise Http404(
            _("There is no such call."), _("It may belong to a job, which has its own page.")
        )
    return call
