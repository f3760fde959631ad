"""The life of a campaign, and of each station in it.

    campaign   Running ──► Complete             station   Waiting ──► Asked ──► Succeeded | Failed
               ▲  │ ▲                                      │  ▲          │
      resume   │  │ │  go on                               │  └──────────┘ tried again
               Paused Held (after the first wave)          └──► Skipped | Expired | Canceled
                  └─┴──► Canceled

A campaign is over when none of its stations waits or is asked. One that was canceled still hears
what became of the stations that were asked before. Failed stations may be asked anew by hand, which
makes a campaign that is over run again. A log that comes late makes a failed station one that
succeeded, at any time; while it is on its way after all, the station counts as asked.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CampaignStatus(TextChoices):
    RUNNING = "Running", _("Running")
    PAUSED = "Paused", _("Paused")
    HELD = "Held", _("Held")
    COMPLETE = "Complete", _("Complete")
    CANCELED = "Canceled", _("Canceled")


# Stations may still be asked.
OPEN = frozenset({CampaignStatus.RUNNING, CampaignStatus.PAUSED, CampaignStatus.HELD})
# Nobody is asked before somebody says so, however long that takes.
STOPPED = frozenset({CampaignStatus.PAUSED, CampaignStatus.HELD})


class HeldBecause(TextChoices):
    """Why the stations after the first wave are not asked yet."""

    BY_HAND = "ByHand", _("Somebody is to look at the first wave.")
    RATE = "Rate", _("Too few stations of the first wave succeeded.")


class StationState(TextChoices):
    WAITING = "Waiting", _("Waiting")
    ASKED = "Asked", _("Asked")
    SUCCEEDED = "Succeeded", _("Succeeded")
    FAILED = "Failed", _("Failed")
    SKIPPED = "Skipped", _("Left out")
    EXPIRED = "Expired", _("Not reached")
    CANCELED = "Canceled", _("Canceled")


S = StationState

UNSETTLED = frozenset({S.WAITING, S.ASKED})
# What asking again by hand asks again.
UNSUCCESSFUL = frozenset({S.FAILED, S.EXPIRED})

# Reasons of ours, where no station and no service gives one.
CANNOT = "Cannot"  # its sentence is in `info`
AWAY = "Away"
NO_TURN = "NoTurn"
GONE = "Gone"  # what was made for the station was deleted
BROKEN = "Broken"  # asking failed inside here


class Operation(TextChoices):
    """What a campaign has every station do."""

    LOG = "Log", _("Get a log")
    MONITORING_REPORT = "MonitoringReport", _("Read the monitors")
    BASE_REPORT = "BaseReport", _("Read the device model")
    SET_MONITORS = "SetMonitors", _("Set monitors")
    CLEAR_MONITORS = "ClearMonitors", _("Clear monitors")
    MONITORING_BASE = "MonitoringBase", _("Set the monitoring base")
    MONITORING_LEVEL = "MonitoringLevel", _("Set the monitoring level")
    SET_VARIABLES = "SetVariables", _("Set variables")
    TRIGGER = "Trigger", _("Trigger a message")
    CALL = "Call", _("Send a call")


class Advance(TextChoices):
    """What it takes to go on after the first wave."""

    BY_HAND = "ByHand", _("Somebody says so")
    BY_RATE = "ByRate", _("Enough of the first wave succeeded")
