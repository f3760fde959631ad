"""What the stations add to the panel on the admin's index."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.admin import parts
from diagnostics.admin.home import Line, Section, register_section
from diagnostics.services import access
from stations.admin.filters import dropped_off
from stations.models import ChargingStation, RefusalReason, RefusedConnection

LINES = 6
RECENT = timedelta(days=1)


def dropped(request: HttpRequest) -> Section | None:
    """Stations that were here this week and are away now, the newest first."""
    if not request.user.has_perm("stations.view_chargingstation"):
        return None
    away = dropped_off(access.visible(ChargingStation.objects.all(), request.user))
    lines = [
        Line(station.identity, parts.station_url(station), detail=station.name,
             at=station.last_seen_at)
        for station in away.order_by("-last_seen_at")[:LINES]
    ]  # fmt: skip
    url = reverse("admin:stations_chargingstation_changelist") + "?state=dropped"
    more = max(away.count() - LINES, 0) if len(lines) == LINES else 0
    return Section(_("Stations that dropped off"), "bad", lines, url, more)


def refused(request: HttpRequest) -> Section | None:
    """Unknown stations that knocked since yesterday."""
    if not request.user.has_perm("stations.view_refusedconnection"):
        return None
    strangers = RefusedConnection.objects.filter(
        reason=RefusalReason.UNKNOWN_STATION, last_at__gte=timezone.now() - RECENT
    )
    knocked = access.visible(strangers, request.user)
    base = reverse("admin:stations_refusedconnection_changelist")
    lines = [
        Line(row.identity, f"{base}?{urlencode({'q': row.identity})}", detail=_times(row.count),
             at=row.last_at)
        for row in knocked.order_by("-last_at")[:LINES]
    ]  # fmt: skip
    more = max(knocked.count() - LINES, 0) if len(lines) == LINES else 0
    return Section(_("Unknown stations to adopt"), "busy", lines, base, more)


def _times(count: int) -> str:
    return ngettext("knocked once", "knocked %(count)d times", count) % {"count": count}


register_section(dropped, weight=10)
register_section(refused, weight=35)
