"""Django's sessions grow too: those that are over go with the rest."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy as _

from diagnostics.services.housekeeping.rules import Rule, register

register(
    Rule(
        name="sessions",
        model=Session,
        title=_("sessions of users that are over"),
        age="expire_date",
        lifetime=lambda: timedelta(0),
        setting="SESSION_COOKIE_AGE",
    )
)
