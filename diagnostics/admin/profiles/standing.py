"""How one station stands to its monitor profile, in brief: for lists, and its tab of monitors."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin import parts
from diagnostics.gateway import get_gateway
from diagnostics.models import ProfileRun, StationProfile
from diagnostics.services import profiles
from diagnostics.wording.profiles import run_sentence, state_sentence, state_tone

VIEW = "diagnostics.view_stationprofile"


def state_badge(row: StationProfile) -> SafeString:
    if row.profile is None:
        return parts.badge(_("No profile"), "quiet")
    if not row.state:
        return parts.badge(_("Being compared"), "busy")
    return parts.badge(row.get_state_display(), state_tone(row.state))


def plan_url(row: StationProfile) -> str:
    return reverse("admin:diagnostics_stationprofile_change", args=[row.pk])


def tab_facts(request: HttpRequest, station: Any) -> dict[str, Any]:
    """What the tab of a station's monitors says about its profile."""
    if not request.user.has_perm(VIEW):
        return {}
    row = profiles.profile_of(station)
    if row is None or row.profile is None:
        return {}
    run = ProfileRun.objects.open().filter(station=station).first()
    online = get_gateway().is_online(station)
    return {
        "standing": row,
        "standing_badge": state_badge(row),
        "standing_sentence": state_sentence(row),
        "standing_url": plan_url(row),
        "standing_run": run_sentence(run, online=online) if run else "",
    }
