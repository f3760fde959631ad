"""What needs somebody now: the panel on top of the admin's index.

A host shows it with `{% load diagnostics_admin %}{% diagnostics_home %}` in its own
`admin/index.html`, and adds what it knows with `register_section`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin import parts
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import FAILED, OPEN, LogVerdict
from diagnostics.models import Alert, LogRequest, SecurityEvent
from diagnostics.services import access
from diagnostics.wording.alerts import alert_name

YESTERDAY = timedelta(days=1)
MOST_LINES = 6
# Alerts are counted up to here: "and 194 more" is many enough.
MOST_COUNTED = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to act on: a count or a badge, words, and the page where it is acted on.

    `detail` and `at` stand behind the words, `meter` under them; `count` is None where it is one
    thing.
    """

    text: str
    url: str
    count: int | None = None
    detail: str = ""
    at: datetime | None = None
    meter: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled list of lines. `tone` is good, busy, bad or quiet; sections without lines vanish."""

    title: str
    tone: str
    lines: list[Line] = field(default_factory=list)
    more_url: str = ""
    more: int = 0


SectionMaker = Callable[[HttpRequest], Section | None]
_sections: list[tuple[int, SectionMaker]] = []


def register_section(make: SectionMaker, *, weight: int = 50) -> SectionMaker:
    """Add a section to the panel; `make(request)` returns it, or None where there is nothing.

    Light ones stand on top. `make` checks the user's permissions itself, and asks
    `services.access.visible` for those limited to groups of stations.
    """
    _sections.append((weight, make))
    return make


def sections(request: HttpRequest) -> list[Section]:
    """The sections that have something to say to this user, in order."""
    made = (make(request) for _weight, make in sorted(_sections, key=lambda each: each[0]))
    return [section for section in made if section is not None and section.lines]


def _list_url(model: str, **query: str) -> str:
    return f"{reverse(f'admin:diagnostics_{model}_changelist')}?{urlencode(query)}"


def open_alerts(request: HttpRequest) -> Section | None:
    """Alerts that nobody has acknowledged, worst first."""
    if not request.user.has_perm("diagnostics.view_alert"):
        return None
    unseen = Alert.objects.unseen().worst_first().select_related("station")
    worst = access.visible(unseen, request.user)
    rows = list(worst[: MOST_COUNTED + 1])
    gateway = get_gateway()
    lines = [
        Line(
            f"{row.get_severity_display()}: {alert_name(row)}",
            reverse("admin:diagnostics_alert_change", args=[row.pk]),
            detail=gateway.identity(row.station),
            at=row.first_at,
        )
        for row in rows[:MOST_LINES]
    ]
    more = max(len(rows) - MOST_LINES, 0)
    url = reverse("admin:diagnostics_alert_changelist")
    return Section(_("Open alerts"), "bad", lines, more_url=url, more=more)


def failed(request: HttpRequest) -> Section | None:
    """Log requests that failed since yesterday, by reason."""
    if not request.user.has_perm("diagnostics.view_logrequest"):
        return None
    since = timezone.now() - YESTERDAY
    ended = LogRequest.objects.filter(verdict__in=FAILED, settled_at__gte=since)
    counted = (
        access.visible(ended, request.user)
        .values("verdict", "reason")
        .annotate(count=Count("pk"))
        .order_by("-count")
    )
    lines = [_failure(group) for group in counted[:MOST_LINES]]
    return Section(_("Log requests that failed since yesterday"), "bad", lines)


def _failure(group: Any) -> Line:
    reason = f"{group['verdict']}.{group['reason']}"
    text = parts.failure_label(group["verdict"], group["reason"])
    return Line(text, _list_url("logrequest", reason=reason, ended="1"), group["count"])


def running(request: HttpRequest) -> Section | None:
    """Log requests that have not ended."""
    if not request.user.has_perm("diagnostics.view_logrequest"):
        return None
    rows = access.visible(LogRequest.objects.filter(verdict__in=OPEN), request.user)
    counted = rows.values_list("verdict").annotate(Count("pk"))
    counts = dict(counted.order_by())
    words = {
        LogVerdict.UPLOADING: _("uploading now"),
        LogVerdict.ACCEPTED: _("accepted, upload to come"),
        LogVerdict.SENT: _("asked, no answer yet"),
        LogVerdict.QUEUED: _("waiting for their station"),
    }
    lines = [
        Line(text, _list_url("logrequest", state="running"), counts[verdict])
        for verdict, text in words.items()
        if counts.get(verdict)
    ]
    return Section(_("Log requests running"), "busy", lines)


def security_events(request: HttpRequest) -> Section | None:
    """Security events since yesterday, by type."""
    if not request.user.has_perm("diagnostics.view_securityevent"):
        return None
    since = timezone.now() - YESTERDAY
    lately = SecurityEvent.objects.filter(received_at__gte=since)
    counted = (
        access.visible(lately, request.user)
        .values_list("type")
        .annotate(count=Count("pk"))
        .order_by("-count")
    )
    url = _list_url("securityevent", days="1")
    lines = [Line(type_, f"{url}&{urlencode({'type': type_})}", n) for type_, n in counted[:6]]
    return Section(_("Security events since yesterday"), "quiet", lines)


register_section(open_alerts, weight=10)
register_section(failed, weight=20)
register_section(running, weight=30)
register_section(security_events, weight=40)
