"""The tab "Monitors" of a station's page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from diagnostics.admin import parts
from diagnostics.admin.profiles.standing import tab_facts
from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.monitor import LIVE, OPEN, EventNotificationType, MonitorStatus
from diagnostics.lifecycles.report import ReportKind
from diagnostics.models import (
    Monitor,
    MonitoringInfo,
    OutboundCall,
    Report,
    ReportedVariable,
    StationInfo,
)
from diagnostics.models.variable import digest_of
from diagnostics.services import monitors
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.monitors import setup as monitor_setup
from diagnostics.services.monitors.facts import watchable
from diagnostics.services.monitors.overall import overall
from diagnostics.wording.monitors import (
    answer_words,
    condition,
    monitor_sentence,
    monitor_tone,
    origin_words,
    severity_words,
)

# Monitors that are over, and calls, as far as a tab shows them.
PAST = 50
CALLS = 5
MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One monitor as the table shows it."""

    row: Monitor
    condition: str
    severity: str
    tone: str
    badge: SafeString
    sentence: str
    origin: str
    replace: str


def monitors_context(request: HttpRequest, station: Any) -> dict[str, Any]:
    """The station's monitors, worst severity first, and what can be done with them."""
    rows = Monitor.objects.filter(station=station).select_related("requested_by")
    shown = rows.filter(status__in=LIVE | OPEN).order_by("severity", "component", "pk")
    past = rows.exclude(status__in=LIVE | OPEN).order_by("-changed_at", "-pk")
    calls = OutboundCall.objects.filter(station=station, action__in=monitors.ACTIONS)
    reports = Report.objects.filter(station=station, kind=ReportKind.MONITORING)
    info = MonitoringInfo.objects.filter(station=station).first() or MonitoringInfo()
    whole = overall(info, StationInfo.objects.filter(station=station).first())
    return {
        "base": whole.base,
        "level": "" if whole.level is None else severity_words(whole.level),
        "lines": lines_of(shown[:MOST_SHOWN]),
        "past": lines_of(past[:PAST]),
        "monitoring": info,
        "problem": _problem(station),
        "lacks": monitor_facts.is_known_to_lack(station),
        "is_off": monitor_setup.is_off(station),
        "monitor_calls": [(call, answer_words(call)) for call in calls.order_by("-pk")[:CALLS]],
        "last_report": reports.order_by("-pk").first(),
        "may_set": request.user.has_perm("diagnostics.set_monitor"),
        "may_read": request.user.has_perm("diagnostics.request_report"),
        **tab_facts(request, station),
        "sees_calls": request.user.has_perm("diagnostics.view_outboundcall"),
    }


def lines_of(rows: Iterable[Monitor]) -> list[Line]:
    """Monitors as tables and pages show them."""
    rows = list(rows)
    known = known_of(rows)
    return [
        Line(
            row=row,
            condition=condition(row, watchable(known.get(row.pk))),
            severity=severity_words(row.severity),
            tone=monitor_tone(row.status),
            badge=parts.badge(row.get_status_display(), monitor_tone(row.status)),
            sentence=monitor_sentence(row),
            origin=origin_words(row),
            replace=_replace_url(row, known.get(row.pk)),
        )
        for row in rows
    ]


def known_of(rows: Iterable[Monitor]) -> dict[int, ReportedVariable]:
    """What the stations reported of the variables that monitors watch, by the monitors' keys."""
    digests = {row.pk: digest_of(row.reference) for row in rows}
    reported = ReportedVariable.objects.filter(
        station__in={row.station_id for row in rows}, digest__in=set(digests.values())
    )
    found = {(variable.station_id, variable.digest): variable for variable in reported}
    named = {row.pk: found.get((row.station_id, digests[row.pk])) for row in rows}
    return {pk: variable for pk, variable in named.items() if variable is not None}


def _replace_url(row: Monitor, known: ReportedVariable | None) -> str:
    """The form to set the monitor anew, under its id; "" for what cannot be replaced."""
    fixed = row.event_notification_type == EventNotificationType.HARD_WIRED
    if row.status != MonitorStatus.ACTIVE or row.monitor_id is None or fixed:
        return ""
    columns = {key: value for key, value in _as_form(row).items() if value not in (None, "")}
    target = {"variable": known.pk} if known and known.supports_monitoring else {"free": 1}
    query = {"station": row.station_id, **target, **columns}
    return f"{reverse('admin:diagnostics_monitor_set')}?{urlencode(query)}"


def _as_form(row: Monitor) -> dict[str, Any]:
    """A monitor as the form to set one is filled with; see `monitor_setting`."""
    return {
        "is_component": row.component,
        "is_instance": row.component_instance,
        "is_evse": row.evse_id,
        "is_connector": row.connector_id,
        "is_variable": row.variable,
        "is_variable_instance": row.variable_instance,
        "is_type": row.type,
        "is_value": f"{row.value:g}",
        "is_severity": row.severity,
        "is_transaction": "on" if row.transaction else "",
        "is_monitor_id": row.monitor_id,
        # Replaced without them, its stream would end (N13.FR.06).
        "is_stream_interval": row.stream_interval,
        "is_stream_values": row.stream_values,
    }


def _problem(station: Any) -> str:
    try:
        monitors.check_station(station)
    except RequestRefused as error:
        return str(error)
    return ""
