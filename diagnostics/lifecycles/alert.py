"""The life of an alert (N07).

    (nothing) ──alerting──► Open ──cleared──► Cleared
                             └──acknowledged──► Acknowledged ──cleared──► Cleared

One alert is open at a time for each key: the monitor's id, or component, variable, techCode and
notification type where there is none. Alerting again only counts. Delta and Periodic open nothing.

An offline station keeps events back (N07.FR.04), and may send new ones before those: so its times
decide. What happened before an alert was cleared does not open it again, and a clearing from before
its newest event does not close it. But clocks jump: see `was_kept_back`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class AlertState(TextChoices):
    OPEN = "Open", _("Open")
    ACKNOWLEDGED = "Acknowledged", _("Acknowledged")
    CLEARED = "Cleared", _("Cleared")


class AlertSource(TextChoices):
    """What told us; the values are those of `diagnostics.ocpp.event_data`."""

    NOTIFY_EVENT = "NotifyEvent", _("Event")
    STATUS = "Status", _("Connector status")
    SECURITY = "Security", _("Security event")


class Severity(IntegerChoices):
    """0 is worst: "severity at most n" means at least as serious as n."""

    DANGER = 0, _("Danger")
    HARDWARE_FAILURE = 1, _("Hardware failure")
    SYSTEM_FAILURE = 2, _("System failure")
    CRITICAL = 3, _("Critical")
    ERROR = 4, _("Error")
    ALERT = 5, _("Alert")
    WARNING = 6, _("Warning")
    NOTICE = 7, _("Notice")
    INFORMATIONAL = 8, _("Information")
    DEBUG = 9, _("Debug")


# What claims to be older than this was not kept back: the station's clock was set back, or it has
# started without the time.
LONGEST_KEPT_BACK = timedelta(days=30)


def was_kept_back(at: datetime, newest: datetime) -> bool:
    """Whether what happened `at` is older news than `newest`, and only comes after it."""
    return newest - LONGEST_KEPT_BACK <= at < newest


# What an event has whose severity neither it nor its monitor tells.
DEFAULT_SEVERITY = Severity.ALERT


class ClosedBy(TextChoices):
    """Who ended an alert."""

    STATION = "Station", _("the station")
    MONITOR = "Monitor", _("the end of its monitor")
    UNSEEN = "Unseen", _("the station, unheard")
