"""When a schedule is due: once, every so many hours, or at an hour of certain days.

Hours are told by the clock of a time zone. One that a clock skips in spring comes when it would
have; one that comes twice in autumn counts the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import floor

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Recurrence(TextChoices):
    DAYS = "Days", _("On certain days, at an hour")
    HOURS = "Hours", _("Every so many hours")
    ONCE = "Once", _("Once")


class RunOutcome(TextChoices):
    """What became of one time that a schedule was due."""

    STARTED = "Started", _("Started")
    OVERLAP = "Overlap", _("Skipped: the one before was not over")
    REFUSED = "Refused", _("Nobody could be asked")
    BROKEN = "Broken", _("Failed inside this server")


EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """`days` are those of ISO 8601: 1 is Monday. `first` is the only day of `ONCE`, and from which
    `HOURS` are counted; before it nothing is due."""

    kind: str
    at: time
    zone: tzinfo
    first: date
    days: frozenset[int] = EVERY_DAY
    hours: int = 24

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after `moment` that it is due, in UTC; None for never again."""
        if self.kind == Recurrence.HOURS:
            return self._next_of_hours(moment)
        begin = max(self.first, moment.astimezone(self.zone).date() - timedelta(days=1))
        days = [self.first] if self.kind == Recurrence.ONCE else self._days_from(begin)
        return next((due for day in days if (due := self._on(day)) > moment), None)

    def coming(self, moment: datetime, count: int) -> Iterator[datetime]:
        """The next so many times."""
        due: datetime | None = moment
        for _number in range(count):
            due = self.next_after(due) if due else None
            if due is None:
                return
            yield due

    def due_between(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """The times after one moment up to another, no more than `most` of the first."""
        return [due for due in self.coming(after, most) if due <= until]

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def _days_from(self, begin: date) -> list[date]:
        """Nine days: the week, yesterday for a clock that is ahead, and one more."""
        days = [begin + timedelta(days=number) for number in range(9)]
        return [day for day in days if day.isoweekday() in self.days]

    def _next_of_hours(self, moment: datetime) -> datetime:
        """Counted in hours that pass, so that a clock that is changed moves them."""
        first, step = self._on(self.first), timedelta(hours=self.hours)
        return first if moment < first else first + (floor((moment - first) / step) + 1) * step
