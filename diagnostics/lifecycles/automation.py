"""What starts an automation, and whether it may act on one more thing that happened.

something happens ──matches──► not often enough yet     nothing is written
                      │
                      ├──► the station cools down       counted on its last firing
                      ├──► the hour is full ──────────► Capped
                      └──► acts ──────────────────────► Done, or Refused: nothing could be done
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

HOUR = timedelta(hours=1)


class Trigger(TextChoices):
    ALERT_OPENED = "AlertOpened", _("An alert opens")
    ALERT_CLEARED = "AlertCleared", _("An alert is cleared")
    EVENT = "Event", _("A station reports an event")
    FAULT = "Fault", _("A connector becomes faulty")
    SECURITY_EVENT = "SecurityEvent", _("A station reports a security event")
    BOOT = "Boot", _("A station boots")
    AWAY = "Away", _("A station stays away")
    LOG_FAILED = "LogFailed", _("A log request fails")


class Narrowing(TextChoices):
    """The conditions that not every trigger has; the values are columns of `Automation`."""

    COMPONENT = "component", _("component")
    VARIABLE = "variable", _("variable")
    SEVERITY = "severity", _("severity")
    CODE = "code", _("code")
    AWAY = "away_minutes", _("minutes away")


_OF_VARIABLES = frozenset(
    {Narrowing.COMPONENT, Narrowing.VARIABLE, Narrowing.SEVERITY, Narrowing.CODE}
)

# What each trigger can be narrowed by: a security event names no component.
NARROWED_BY: dict[Trigger, frozenset[Narrowing]] = {
    Trigger.ALERT_OPENED: _OF_VARIABLES,
    Trigger.ALERT_CLEARED: _OF_VARIABLES,
    Trigger.EVENT: _OF_VARIABLES,
    Trigger.FAULT: frozenset({Narrowing.SEVERITY, Narrowing.CODE}),
    Trigger.SECURITY_EVENT: frozenset({Narrowing.CODE}),
    Trigger.BOOT: frozenset({Narrowing.CODE}),
    Trigger.AWAY: frozenset({Narrowing.AWAY}),
    Trigger.LOG_FAILED: frozenset({Narrowing.CODE}),
}


class Outcome(TextChoices):
    """What came of a firing."""

    DONE = "Done", _("Done")
    REFUSED = "Refused", _("Not possible")
    CAPPED = "Capped", _("Too many in an hour")


@dataclass(frozen=True, slots=True)
class LastFiring:
    """The newest firing at a station: when the thing behind it happened, and what came of it."""

    at: datetime
    outcome: str


class Pace(TextChoices):
    """What may be done about one more thing that happened at a station."""

    ACT = "Act"
    COOL_DOWN = "CoolDown"
    CAPPED = "Capped"
    CAPPED_AGAIN = "CappedAgain"


def pace(
    *, last: LastFiring | None, at: datetime, cool_down: timedelta, in_last_hour: int, cap: int
) -> Pace:
    """Whether to act on what happened `at`, after the `last` firing at the same station.

    `in_last_hour` counts the firings at all stations that acted. A firing that the cap held back
    starts no cool-down: there may be room again a minute later. Until then it is only counted.
    """
    capped = last is not None and last.outcome == Outcome.CAPPED
    if last is not None and not capped and abs(at - last.at) < cool_down:
        return Pace.COOL_DOWN
    if in_last_hour < cap:
        return Pace.ACT
    recent = last is not None and capped and at < last.at + max(cool_down, HOUR)
    return Pace.CAPPED_AGAIN if recent else Pace.CAPPED
