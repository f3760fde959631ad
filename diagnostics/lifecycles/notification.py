"""What becomes of a message to somebody outside, and when it is tried again.

    Collecting ──its time──► Waiting ──the receiver took it──► Delivered
                               ▲ │ ├──the receiver wants none──► Refused
                               └─┘ └──a day went by───────────► Expired
                            try again

The messages of one target go out in their order. One that cannot be delivered holds up those behind
it, never those of other targets. After `PAUSED_AFTER` failures in a row a target is paused: it is
tried once in `PAUSE`, and Home says so.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

PAUSED_AFTER = 6
PAUSE = timedelta(hours=1)
FIRST_WAIT = timedelta(seconds=10)


class TargetKind(TextChoices):
    EMAIL = "Email", _("E-mail")
    WEBHOOK = "Webhook", _("Webhook")
    SERVICE = "Service", _("Chat or pager")


class DeliveryState(TextChoices):
    COLLECTING = "Collecting", _("Collecting")
    WAITING = "Waiting", _("Waiting")
    DELIVERED = "Delivered", _("Delivered")
    REFUSED = "Refused", _("Refused")
    EXPIRED = "Expired", _("Expired")


OPEN = frozenset({DeliveryState.COLLECTING, DeliveryState.WAITING})


class Kind(TextChoices):
    """What people can be told of; those that automations wait for too are spelled as there."""

    ALERT_OPENED = "AlertOpened", _("an alert opens")
    ALERT_CLEARED = "AlertCleared", _("an alert is cleared")
    SECURITY_EVENT = "SecurityEvent", _("a station reports a security event")
    LOG_FAILED = "LogFailed", _("a log request fails")
    AWAY = "Away", _("a station stays away")
    AUTOMATION = "Automation", _("an automation acts")
    CAMPAIGN = "Campaign", _("a campaign is over")
    TEST = "Test", _("somebody tries the target")


# What a route may be for: who wants to hear of one automation says so there.
ROUTED = tuple(kind for kind in Kind if kind is not Kind.TEST)
# What is looked up afterwards, as automations do; the others are told when they happen.
WATCHED = (
    Kind.ALERT_OPENED,
    Kind.ALERT_CLEARED,
    Kind.SECURITY_EVENT,
    Kind.LOG_FAILED,
    Kind.AWAY,
)
WITH_SEVERITY = frozenset({Kind.ALERT_OPENED, Kind.ALERT_CLEARED})


class Digest(TextChoices):
    AT_ONCE = "AtOnce", _("at once, one by one")
    MINUTES = "Minutes", _("together, every so many minutes")
    DAILY = "Daily", _("together, once a day")


def next_wait(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: 10 s, 20 s, 40 s, …, then an hour."""
    if failures >= PAUSED_AFTER:
        return PAUSE
    doubled: int = 2 ** max(failures - 1, 0)
    return FIRST_WAIT * doubled
