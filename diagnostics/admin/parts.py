"""Small pieces of HTML that lists and pages share. Whatever a station sent is escaped here."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.alert import AlertState, Severity
from diagnostics.lifecycles.call import CallStatus
from diagnostics.models import Alert, CustomerInformation, LogRequest, OutboundCall, StationEvent
from diagnostics.wording import reason_words, verdict_tone
from diagnostics.wording import size as size_words
from diagnostics.wording.alerts import severity_tone
from diagnostics.wording.customers import customer_tone

# A shape beside each colour, for those who do not see the colour.
MARKS = {"good": "✓", "busy": "↻", "bad": "✕", "warn": "▲", "quiet": "–"}

_CALL_TONES = {
    CallStatus.PENDING: "busy",
    CallStatus.SENT: "busy",
    CallStatus.ANSWERED: "good",
    CallStatus.CANCELED: "quiet",
}

_UNITS = (
    (86400, gettext_noop("%(n)d d")),
    (3600, gettext_noop("%(n)d h")),
    (60, gettext_noop("%(n)d min")),
    (1, gettext_noop("%(n)d s")),
)

NOTHING = SafeString('<span class="dx-quiet">–</span>')


def badge(word: Any, tone: str) -> SafeString:
    """A word with a colour and a shape; `tone` is good, busy, bad or quiet."""
    return format_html(
        '<span class="dx-badge dx-{}"><span aria-hidden="true">{}</span> {}</span>',
        tone,
        MARKS[tone],
        capfirst(word),
    )


def outcome(row: Model, badge: SafeString, sentence: str) -> SafeString:
    """The first column of a list: the badge leads to the page of the row."""
    return format_html(
        '<div class="dx-outcome"><a href="{}">{}</a> <span class="dx-sentence">{}</span></div>',
        f"../{row._meta.model_name}/{row.pk}/change/",
        badge,
        sentence,
    )


def verdict_badge(row: LogRequest) -> SafeString:
    return badge(row.get_verdict_display(), verdict_tone(row.verdict))


def call_badge(call: OutboundCall) -> SafeString:
    return badge(call.get_status_display(), _CALL_TONES.get(CallStatus(call.status), "bad"))


def customer_badge(row: CustomerInformation) -> SafeString:
    return badge(row.get_status_display(), customer_tone(row))


def severity_badge(severity: int) -> SafeString:
    """The severity's word with its number: 0 is worst."""
    label = Severity(severity).label if severity in Severity.values else ""
    return badge(f"{severity} {label}", severity_tone(severity))


def alert_badge(row: Alert) -> SafeString:
    tones = {AlertState.OPEN: "bad", AlertState.ACKNOWLEDGED: "busy", AlertState.CLEARED: "good"}
    return badge(row.state.label, tones[row.state])


def event_words(row: StationEvent) -> str:
    """What an event is about."""
    return str(row.reference) if row.component else _("An entry that names nothing")


def event_name(row: StationEvent) -> SafeString:
    """What an event is about, linked, and whether not all of it could be read."""
    name = event_words(row)
    url = reverse("admin:diagnostics_stationevent_change", args=[row.pk])
    mark = format_html(' <span class="dx-note">{}</span>', _("not all readable"))
    return format_html('<a href="{}">{}</a>{}', url, name, mark if row.unread else "")


def event_value(row: StationEvent) -> str:
    """A value, cut to what a list can show, and whether it says that all is well."""
    value = row.actual_value if len(row.actual_value) <= 80 else f"{row.actual_value[:80]} …"
    return _("%(value)s (cleared)") % {"value": value} if row.cleared else value


def failure_label(verdict: str, reason: str) -> str:
    """How requests that failed alike are called: "Failed: the line broke midway"."""
    row = LogRequest(verdict=verdict, reason=reason)
    word, words = row.get_verdict_display(), reason_words(row)
    return word if words == word else f"{word}: {words}"


def exact(moment: datetime) -> str:
    """2026-03-02 08:00:07 CET"""
    return date_format(timezone.localtime(moment), "Y-m-d H:i:s T")


def relative(moment: datetime, now: datetime | None = None) -> str:
    """4 min ago, in 3 h, just now: the largest unit is enough beside the exact time."""
    seconds = round(((now or timezone.now()) - moment).total_seconds())
    if abs(seconds) < 5:
        return _("just now")
    unit, words = next((unit, words) for unit, words in _UNITS if abs(seconds) >= unit)
    span = _(words) % {"n": abs(seconds) // unit}
    return (_("%(span)s ago") if seconds > 0 else _("in %(span)s")) % {"span": span}


def ago(moment: datetime | None) -> SafeString:
    """A relative time with the exact one on hover; `ago.js` keeps it true."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time class="dx-time" datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        exact(moment),
        relative(moment),
    )


def clock(moment: datetime) -> str:
    """14:02 today, "3 Mar, 14:02" on another day."""
    local = timezone.localtime(moment)
    today = local.date() == timezone.localdate()
    return date_format(local, "H:i" if today else "j M, H:i")


def copyable(text: str, shown: str = "") -> SafeString:
    """An id in monospace with a copy button, which `copy.js` brings to life."""
    return format_html(
        '<span class="dx-copy"><code>{}</code><button type="button" data-copy="{}" hidden '
        'title="{}" aria-label="{}"></button></span>',
        shown or text,
        text,
        _("Copy"),
        _("Copy %(text)s") % {"text": text},
    )


def size(octets: int | str | None) -> str:
    """A size in words; nothing for what has none, a template's empty text included."""
    return size_words(octets) if isinstance(octets, int) else ""


def station_url(station: Any) -> str:
    """The station's page in this admin, or "" where the host has none."""
    of = f"{station._meta.app_label}_{station._meta.model_name}"
    try:
        return reverse(f"admin:{of}_change", args=[quote(station.pk)])
    except NoReverseMatch:
        return ""


def about(station: Any, page: str, **query: Any) -> str:
    """The address of a page that is told which station: its key may be any text."""
    return f"{reverse(page)}?{urlencode({'station': station.pk, **query})}"


def station_link(station: Any, tab: str = "") -> SafeString:
    """The station's identity, linked to its page where there is one, or to a tab of that."""
    identity, url = get_gateway().identity(station), station_url(station)
    if not url:
        return format_html("<code>{}</code>", identity)
    at = f"{url}?tab={tab}" if tab else url
    return format_html('<a href="{}"><code>{}</code></a>', at, identity)


def pretty(payload: Any) -> str:
    """JSON for engineers."""
    return json.dumps(payload, indent=2, ensure_ascii=False, sort_keys=True)
