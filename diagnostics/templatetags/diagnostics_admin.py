"""Template tags of the operators' pages, for ours and for a host's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.http import Http404, HttpRequest
from django.urls import get_script_prefix
from django.utils.safestring import SafeString

from diagnostics.admin import home, parts
from diagnostics.admin.calls import message_parts
from diagnostics.admin.fleet.station_page import (
    calls_context,
    header_of,
    logs_context,
    offers,
    timeline_context,
)
from diagnostics.conf import app_settings
from diagnostics.models import LogRequest, OutboundCall, TimelineEntry
from diagnostics.services import access
from diagnostics.wording import entry_sentence, verdict_sentence
from diagnostics.wording.alerts import alert_name, alert_value
from diagnostics.wording.customers import customer_sentence
from diagnostics.wording.monitors import condition

register = template.Library()

register.filter("octets", parts.size)


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """{{ row.created_at|ago }}: a relative time, the exact one on hover."""
    return parts.ago(moment)


register.filter("clock", parts.clock)
register.filter("monitor_condition", condition)


@register.filter
def is_moment(value: Any) -> bool:
    return isinstance(value, datetime)


@register.filter
def verdict(row: LogRequest) -> SafeString:
    """{{ log_request|verdict }}: the verdict as a badge."""
    return parts.verdict_badge(row)


@register.filter
def sentence(row: LogRequest) -> str:
    """{{ log_request|sentence }}: what became of it, and why."""
    return verdict_sentence(row)


register.filter("customer_state", parts.customer_badge)
register.filter("customer_words", customer_sentence)


register.filter("message_latency", message_parts.latency)
register.filter("message_outcome", message_parts.outcome_badge)
register.filter("message_way", message_parts.way)
register.filter("pretty", parts.pretty)


@register.filter
def call_state(call: OutboundCall) -> SafeString:
    return parts.call_badge(call)


register.filter("severity", parts.severity_badge)
register.filter("alert_state_badge", parts.alert_badge)
register.filter("alert_name", alert_name)
register.filter("alert_value", alert_value)
register.filter("event_name", parts.event_name)
register.filter("event_value", parts.event_value)


@register.filter
def entry(row: TimelineEntry) -> str:
    """{{ timeline_entry|entry }}: its sentence."""
    return entry_sentence(row)


@register.filter
def station_link(station: Any) -> SafeString:
    return parts.station_link(station)


@register.simple_tag
def mark(tone: str) -> str:
    return parts.MARKS[tone]


@register.simple_tag
def socket_path() -> str:
    """{% socket_path %}: where pages hear what changed, below the prefix of the project."""
    return get_script_prefix().rstrip("/") + app_settings.socket_path


@register.simple_tag
def copyable(text: str, shown: str = "") -> SafeString:
    """{% copyable row.token %}: an id with a copy button."""
    return parts.copyable(text, shown)


@register.inclusion_tag("diagnostics/home.html", takes_context=True)
def diagnostics_home(context: dict[str, Any]) -> dict[str, Any]:
    """What needs somebody now; for the top of the admin's index."""
    sections = home.sections(context["request"])
    return {"sections": sections, "wrong": any(each.tone == "bad" for each in sections)}


@register.inclusion_tag("diagnostics/station/header.html", takes_context=True)
def station_header(context: dict[str, Any], station: Any) -> dict[str, Any]:
    """Who the station is, whether it is here, and what it can be asked; for a host's own page."""
    request = _asking(context, station)
    return {"header": header_of(station), "offers": offers(request, station)}


@register.inclusion_tag("diagnostics/station/timeline.html", takes_context=True)
def station_timeline(context: dict[str, Any], station: Any) -> dict[str, Any]:
    request = _asking(context, station)
    return {**timeline_context(request, station), "request": request}


@register.inclusion_tag("diagnostics/station/logs.html", takes_context=True)
def station_logs(context: dict[str, Any], station: Any) -> dict[str, Any]:
    return {**logs_context(_asking(context, station), station), "station": station}


@register.inclusion_tag("diagnostics/station/calls.html", takes_context=True)
def station_calls(context: dict[str, Any], station: Any) -> dict[str, Any]:
    return calls_context(_asking(context, station), station)


def _asking(context: dict[str, Any], station: Any) -> HttpRequest:
    """The request, of a user who may see the station. Raises Http404 for the others."""
    request: HttpRequest = context["request"]
    if not access.sees(request.user, station):
        raise Http404
    return request
