"""Home says so when nothing happens by itself any more: the scheduler or the workers are gone."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.admin import home
from diagnostics.admin.base import is_unlimited
from diagnostics.admin.keeping.housekeeping import LIST, VIEW
from diagnostics.services import pulses


def standstill(request: HttpRequest) -> home.Section | None:
    """One line, for those who look after the server, while the sweep stands still."""
    if not is_unlimited(request) or not request.user.has_perm(VIEW):
        return None
    since = pulses.stands_still_since(pulses.SWEEP, timezone.now())
    text = _(
        "Nothing that waits comes to an end, and no campaign goes on: see whether the scheduler "
        "and a worker are running. The last sweep was"
    )
    lines = [home.Line(text, reverse(LIST), at=since)] if since else []
    return home.Section(_("Work in the background stands still"), "bad", lines)


home.register_section(standstill, weight=1)
