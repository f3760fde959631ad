"""What an automation would have done lately, by what is kept of that time. Nothing is written."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.lifecycles.automation import HOUR, LastFiring, Outcome, Pace, pace
from diagnostics.models import Automation
from diagnostics.services import access
from diagnostics.services.automations.sources import (
    first_key_since,
    matching,
    newest_key,
    source_of,
    waits,
)

SPAN = timedelta(days=7)
# Rows that are looked through, and matches that are counted: a form waits for the answer.
MOST_ROWS, MOST_MATCHES = 500_000, 5000


@dataclass
class Rehearsal:
    """What would have come of it: rows that would have fired, oldest first, and how many not.

    `since` is later than was asked for where more happened than is looked through.
    """

    since: datetime
    matched: int = 0
    fired: list[Any] = field(default_factory=list)
    capped: int = 0
    cooling: int = 0
    is_cut: bool = False

    @property
    def stations(self) -> int:
        return len({row.station_id for row in self.fired})


def rehearse(automation: Automation, *, user: Any = None, now: datetime | None = None) -> Rehearsal:
    """Play through the last `SPAN` at the stations that a user may see.

    The automation need not be saved, or switched on.
    """
    now = now or timezone.now()
    rows, cut = _rows(automation, user, now)
    course = _Course(automation, Rehearsal(now - SPAN, matched=len(rows), is_cut=cut))
    if cut and rows:
        course.result.since = rows[0].heard_at
    for row in rows:
        course.take(row)
    return course.result


def _rows(automation: Automation, user: Any, now: datetime) -> tuple[list[Any], bool]:
    """The newest matches, oldest first, and whether there were more."""
    source, cut = source_of(automation), False
    rows: QuerySet[Any] = access.visible(matching(automation), user, station="station")
    rows = rows.filter(heard_at__gte=now - SPAN, heard_at__lte=now - waits(automation))
    if source.by_key:
        first, newest = first_key_since(source, now - SPAN), newest_key(source)
        cut = newest - first > MOST_ROWS
        rows = rows.filter(pk__gte=max(first, newest - MOST_ROWS))
    newest_first = rows.order_by("-pk" if source.by_key else "-heard_at")
    found = list(newest_first.select_related("station")[: MOST_MATCHES + 1])
    return found[:MOST_MATCHES][::-1], cut or len(found) > MOST_MATCHES


@dataclass
class _Course:
    """The state of the automation at one moment of the past."""

    automation: Automation
    result: Rehearsal
    last: dict[Any, LastFiring] = field(default_factory=dict)
    lately: dict[Any, deque[datetime]] = field(default_factory=dict)
    acted: deque[datetime] = field(default_factory=deque)

    def take(self, row: Any) -> None:
        often, at = self._is_often_enough(row), row.heard_at
        while self.acted and self.acted[0] <= at - HOUR:
            self.acted.popleft()
        way = pace(
            last=self.last.get(row.station_id),
            at=at,
            cool_down=self.automation.cool_down,
            in_last_hour=len(self.acted),
            cap=self.automation.most_per_hour,
        )
        if way == Pace.COOL_DOWN:
            self.result.cooling += 1
        elif way == Pace.CAPPED_AGAIN:
            self.result.capped += 1
        elif often:
            self._fire(row, way)

    def _fire(self, row: Any, way: Pace) -> None:
        if way == Pace.ACT:
            self.result.fired.append(row)
            self.acted.append(row.heard_at)
        else:
            self.result.capped += 1
        outcome = Outcome.DONE if way == Pace.ACT else Outcome.CAPPED
        self.last[row.station_id] = LastFiring(row.heard_at, outcome)

    def _is_often_enough(self, row: Any) -> bool:
        times = self.lately.setdefault(row.station_id, deque(maxlen=self.automation.times))
        times.append(row.heard_at)
        full = len(times) == self.automation.times
        return full and times[0] > row.heard_at - self.automation.within
