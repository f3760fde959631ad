"""Set, clear and read the monitors of one station: forms and confirmations over the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.admin.asked_station import find_station
from diagnostics.admin.base import page_media, require
from diagnostics.admin.monitors.forms import BaseForm, ClearForm, CriteriaForm, LevelForm, NameForm
from diagnostics.admin.monitors.setting import Setting
from diagnostics.admin.monitors.tab import monitors_context
from diagnostics.admin.numbers import number_in, numbers_in
from diagnostics.admin.parts import station_url
from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.monitor import EventNotificationType
from diagnostics.models import Monitor
from diagnostics.services import monitors, reports
from diagnostics.services.monitors import setup as monitor_setup
from diagnostics.wording.monitors import base_effects

PERMISSION = "diagnostics.set_monitor"
READ = "diagnostics.request_report"
VIEW = "diagnostics.view_monitor"

# Rows of component and variable that the form to read offers.
NAMES = 3
MOST_NAMES = 50


class MonitorViews(ModelAdmin):
    """The part of the monitors' admin that changes them. `?station=` is a station's key."""

    def monitor_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        views = {
            "set": self.set_view,
            "clear": self.clear_view,
            "base": self.base_view,
            "level": self.level_view,
            "read": self.read_view,
            "enable": self.enable_view,
            "live": self.live_view,
        }
        return [
            path(f"{name}/", wrap(view), name=f"diagnostics_monitor_{name}")
            for name, view in views.items()
        ]

    def set_view(self, request: HttpRequest) -> HttpResponse:
        """First which variables, then one form for each; what has a catch is asked twice."""
        station = _station(request, PERMISSION)
        setting = Setting(request, station)
        problem = _problem(station)
        if request.method == "POST" and not problem and setting.is_ready():
            try:
                rows = monitors.set_monitors(
                    station=station, wanted=setting.wanted, requested_by=request.user
                )
            except RequestRefused as error:
                setting.problem = str(error)
            else:
                text = ngettext(
                    "One monitor is asked for.", "%(count)d monitors are asked for.", len(rows)
                )
                messages.success(request, text % {"count": len(rows)})
                return redirect(_tab(station))
        template = "set" if setting.forms else "choose"
        title = _("Set monitors")
        return self._page(request, station, template, title, setting=setting, problem=problem)

    def clear_view(self, request: HttpRequest) -> HttpResponse:
        """Says what will be cleared, then clears it; by row, by id, or all that are listed."""
        station = _station(request, PERMISSION)
        data = request.POST if request.method == "POST" else request.GET
        form = ClearForm({"ids": data.get("ids", "")})
        keys = numbers_in(data.getlist("monitor"))
        live = Monitor.objects.live().filter(station=station)
        ids = form.cleaned_data["ids"] if form.is_valid() else []
        rows = list(live.filter(pk__in=keys).order_by("severity", "pk"))
        if request.method == "POST" and form.is_valid():
            try:
                monitors.clear_monitors(
                    station=station, monitors=rows, ids=ids, requested_by=request.user
                )
            except RequestRefused as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("The station is asked to clear them."))
            return redirect(_tab(station))
        fixed = [r for r in rows if r.event_notification_type == EventNotificationType.HARD_WIRED]
        return self._page(
            request,
            station,
            "clear",
            _("Clear monitors?"),
            form=form,
            rows=rows,
            ids=ids,
            fixed=fixed,
            total=len({row.monitor_id for row in rows} | set(ids)),
        )

    def base_view(self, request: HttpRequest) -> HttpResponse:
        station = _station(request, PERMISSION)
        form = BaseForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._done(
                request,
                station,
                lambda: monitors.set_monitoring_base(
                    station=station, base=form.cleaned_data["base"], requested_by=request.user
                ),
                _("The station is asked for this base; its monitors are read again after that."),
            )
        live = Monitor.objects.live().filter(station=station)
        custom = live.filter(event_notification_type=EventNotificationType.CUSTOM).count()
        effects = base_effects()
        return self._page(
            request, station, "base", _("Set the monitoring base"),
            form=form, effects=effects.items(), custom=custom,
            live=live.count(), chosen=form["base"].value(),
        )  # fmt: skip

    def level_view(self, request: HttpRequest) -> HttpResponse:
        station = _station(request, PERMISSION)
        form = LevelForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._done(
                request,
                station,
                lambda: monitors.set_monitoring_level(
                    station=station,
                    severity=form.cleaned_data["severity"],
                    requested_by=request.user,
                ),
                _("The station is asked for this level."),
            )
        return self._page(request, station, "level", _("Set the monitoring level"), form=form)

    def read_view(self, request: HttpRequest) -> HttpResponse:
        """Every combination of criteria and names; nothing chosen reads all (N02)."""
        station = _station(request, READ)
        data = request.POST if request.method == "POST" else None
        form = CriteriaForm(data)
        names = [NameForm(data, prefix=f"n{i}") for i in range(_count(request, "names", NAMES))]
        if data is not None and all([form.is_valid(), *(each.is_valid() for each in names)]):
            named = [each.named for each in names if each.named is not None]
            return self._done(
                request,
                station,
                lambda: reports.request_monitoring_report(
                    station=station,
                    criteria=form.cleaned_data["criteria"],
                    named=named,
                    requested_by=request.user,
                ),
                _("The station is asked for its monitors."),
            )
        title = _("Read monitors")
        more = min(len(names) + 5, MOST_NAMES)
        return self._page(request, station, "read", title, form=form, names=names, more=more)

    def enable_view(self, request: HttpRequest) -> HttpResponse:
        """What it takes until some stations report anything: switched on, base All, level 9."""
        station = _station(request, PERMISSION)
        if request.method == "POST":
            return self._done(
                request,
                station,
                lambda: monitor_setup.switch_on(station=station, requested_by=request.user),
                _("The station is asked to switch its monitoring on."),
            )
        return self._page(request, station, "enable", _("Switch monitoring on?"))

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The part of the tab that changes."""
        station = _station(request, VIEW)
        context = {**monitors_context(request, station), "station": station}
        return render(request, "diagnostics/station/monitors_live.html", context)

    def _done(
        self, request: HttpRequest, station: Any, act: Callable[[], Any], said: str
    ) -> HttpResponse:
        try:
            act()
        except RequestRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, said)
        return redirect(_tab(station))

    def _page(
        self, request: HttpRequest, station: Any, template: str, title: str, **extra: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media(),
            "title": title,
            "station": station,
            "identity": get_gateway().identity(station),
            "online": get_gateway().is_online(station),
            "back": _tab(station),
            "problem": _problem(station),
            **extra,
        }
        return TemplateResponse(request, f"diagnostics/monitors/{template}.html", context)


def _station(request: HttpRequest, permission: str) -> Any:
    """The station that `?station=` names. Raises PermissionDenied, and Http404 for none."""
    require(request, permission)
    return find_station(request)


def _problem(station: Any) -> str:
    try:
        monitors.check_station(station)
    except RequestRefused as error:
        return str(error)
    return ""


def _count(request: HttpRequest, name: str, usual: int) -> int:
    given = number_in(request.GET.get(name))
    return usual if given is None else min(given, MOST_NAMES)


def _tab(station: Any) -> str:
    """The station's monitors; the fleet's list where the host has no page of a station."""
    url = station_url(station)
    return f"{url}?tab=monitors" if url else reverse("admin:diagnostics_monitor_changelist")
