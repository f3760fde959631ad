"""Schedules as sentences: when they are due, what became of it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.lifecycles.schedule import EVERY_DAY, Recurrence, RunOutcome
from diagnostics.models import Schedule, ScheduleRun


def when_words(row: Schedule) -> str:
    """ "every day at 02:00 (Europe/Berlin)"."""
    said = {"hour": f"{row.at:%H:%M}", "zone": row.zone, "day": date_format(row.first_day, "Y-m-d")}
    if row.recurrence == Recurrence.ONCE:
        return _("once, on %(day)s at %(hour)s (%(zone)s)") % said
    if row.recurrence == Recurrence.HOURS:
        text = ngettext(
            "every hour, from %(day)s %(hour)s (%(zone)s) on",
            "every %(hours)d hours, from %(day)s %(hour)s (%(zone)s) on",
            row.every_hours,
        )
        return text % {**said, "hours": row.every_hours}
    return _("%(days)s at %(hour)s (%(zone)s)") % {**said, "days": _days(row)}


def _days(row: Schedule) -> str:
    days = frozenset(row.days) or EVERY_DAY
    if days == EVERY_DAY:
        return _("every day")
    if days == frozenset(range(1, 6)):
        return _("Monday to Friday")
    return ", ".join(str(WEEKDAYS[day - 1]) for day in sorted(days))


def schedule_sentence(row: Schedule) -> str:
    """Whether it is on, and when it starts next."""
    if not row.enabled:
        return _("Off: it starts nothing.")
    if row.next_at is None:
        return _("It is never due again.")
    local = timezone.localtime(row.next_at, row.zone)
    return _("On: it starts next on %(day)s (%(zone)s).") % {
        "day": date_format(local, "l, j M Y, H:i"),
        "zone": row.zone,
    }


def run_sentence(row: ScheduleRun, now: datetime | None = None) -> str:
    """What became of one time it was due."""
    words = [str(RunOutcome(row.outcome).label) + "."]
    if row.info:
        words.append(row.info)
    if row.missed:
        text = ngettext(
            "Nothing ran here at %(n)d earlier time: it is made up for by this one.",
            "Nothing ran here at %(n)d earlier times: they are made up for by this one.",
            row.missed,
        )
        words.append(text % {"n": row.missed})
    return " ".join(words)


def run_tone(row: ScheduleRun) -> str:
    return {RunOutcome.STARTED: "good", RunOutcome.OVERLAP: "warn"}.get(
        RunOutcome(row.outcome), "bad"
    )
