"""Look for what automations wait for, and act on it. A sweep, which may run twice at once or late.

Each thing that fires is one transaction: the firing, and the rows of all that is done. So a crash
loses nothing and does nothing twice; the row that was met is looked at again, and known.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from diagnostics.lifecycles.automation import HOUR, LastFiring, Outcome, Pace, pace
from diagnostics.models import Automation, AutomationFiring
from diagnostics.progress import publish_on_commit
from diagnostics.services.automations.actions import act
from diagnostics.services.automations.facts import happening
from diagnostics.services.automations.settled import settled_until
from diagnostics.services.automations.sources import (
    due,
    first_key_since,
    matching,
    reached,
    source_of,
)

logger = logging.getLogger(__name__)

KIND = "automation"
# Rows that one sweep looks at for one automation; what is left comes with the next.
MOST_ROWS = 2000

RESTING = frozenset({Pace.COOL_DOWN, Pace.CAPPED_AGAIN})


def run_automations(now: datetime | None = None) -> None:
    """Let every automation that is switched on look once. One that fails stops no other."""
    now = now or timezone.now()
    settled_at = settled_until(now)
    for automation in Automation.objects.filter(enabled=True).select_related("selection"):
        try:
            run_automation(automation, now, settled_at)
        except Exception:
            logger.exception("Automation %s failed; it looks again with the next sweep", automation)


def run_automation(automation: Automation, now: datetime, settled_at: datetime) -> None:
    """Look at what happened since the last time, and remember how far that was."""
    rows = list(due(automation, now)[:MOST_ROWS])
    if rows:
        _Look(automation, rows, now).take()
    _advance(automation, rows, settled_at)


def _advance(automation: Automation, rows: list[Any], settled_at: datetime) -> None:
    """Unless somebody had it wait for something else meanwhile, or begin anew."""
    position, moment = reached(automation, rows, settled_at, is_full=len(rows) == MOST_ROWS)
    Automation.objects.filter(
        pk=automation.pk,
        trigger=automation.trigger,
        position__lte=position,
        position_at__lte=moment,
    ).update(position=position, position_at=moment)


@dataclass
class _Look:
    """The rows of one look, in their order, and what is known of the firings at their stations."""

    automation: Automation
    rows: list[Any]
    now: datetime
    last: dict[Any, AutomationFiring] = field(default_factory=dict)
    held: dict[int, list[Any]] = field(default_factory=dict)
    in_last_hour: int = 0
    first_key: int = 0

    def take(self) -> None:
        known = self._fired_before()
        self.in_last_hour = acted_since(self.automation, self.now - HOUR)
        self._learn_last()
        for row in self.rows:
            if row.pk not in known:
                self._consider(row)
        self._keep_held()

    def _fired_before(self) -> set[int]:
        mine = AutomationFiring.objects.filter(
            automation=self.automation, source=source_of(self.automation).name
        )
        keys = [row.pk for row in self.rows]
        found: set[int] = set()
        for some in _parts(keys):
            found.update(mine.filter(source_id__in=some).values_list("source_id", flat=True))
        return found

    def _learn_last(self) -> None:
        earliest = min(row.heard_at for row in self.rows)
        since = earliest - max(self.automation.cool_down, HOUR)
        recent = AutomationFiring.objects.filter(automation=self.automation, at__gte=since)
        for some in _parts(list({row.station_id for row in self.rows})):
            theirs = recent.filter(station__in=some).order_by("at", "pk")
            self.last |= {firing.station_id: firing for firing in theirs}
        if self.automation.times > 1:
            self.first_key = first_key_since(
                source_of(self.automation), earliest - self.automation.within
            )

    def _consider(self, row: Any) -> None:
        last = self.last.get(row.station_id)
        if last is not None and self._pace(row, last) in RESTING:
            self._hold(row, last)
        elif self._is_often_enough(row):
            fired = self._fire_safely(row)
            if fired is not None:
                self.last[row.station_id] = fired
                self.in_last_hour += fired.outcome == Outcome.DONE

    def _fire_safely(self, row: Any) -> AutomationFiring | None:
        try:
            return self._fire(row)
        except IntegrityError:  # another sweep was first, or the station is gone
            return None
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # of one station; until the row is settled it is tried again
            logger.exception("Automation %s failed at one station", self.automation)
            return None

    def _pace(self, row: Any, last: AutomationFiring | None) -> Pace:
        return pace(
            last=None if last is None else LastFiring(last.at, last.outcome),
            at=row.heard_at,
            cool_down=self.automation.cool_down,
            in_last_hour=self.in_last_hour,
            cap=self.automation.most_per_hour,
        )

    def _is_often_enough(self, row: Any) -> bool:
        times = self.automation.times
        if times <= 1:
            return True
        lately = matching(self.automation).filter(
            station=row.station_id,
            heard_at__gt=row.heard_at - self.automation.within,
            heard_at__lte=row.heard_at,
            pk__gte=self.first_key,
        )
        return len(lately.values_list("pk")[:times]) == times

    @transaction.atomic
    def _fire(self, row: Any) -> AutomationFiring | None:
        """Under the lock of the automation, so that two sweeps together keep to cool-down and cap.

        None where somebody switched it off meanwhile, or another sweep acted on the station.
        """
        mine = Automation.objects.select_for_update().filter(pk=self.automation.pk, enabled=True)
        if not list(mine.values_list("pk")):
            return None
        self.in_last_hour = acted_since(self.automation, self.now - HOUR)
        firings = AutomationFiring.objects.filter(automation=self.automation)
        last = firings.filter(station=row.station_id).order_by("-at", "-pk").first()
        way = self._pace(row, last)
        return None if way in RESTING else self._made(row, way)

    def _made(self, row: Any, way: Pace) -> AutomationFiring:
        told = happening(self.automation, row)
        firing = AutomationFiring.objects.create(
            automation=self.automation,
            station=row.station,
            source=source_of(self.automation).name,
            source_id=row.pk,
            at=told.heard_at,
            fired_at=self.now,
            what=told.what,
            outcome=Outcome.DONE if way == Pace.ACT else Outcome.CAPPED,
            alert=told.alert,
        )
        if way == Pace.ACT:
            act(firing, told)
        publish_on_commit(KIND, self.automation.pk)
        if told.alert is not None:
            publish_on_commit("alert", told.alert.pk)
        return firing

    def _hold(self, row: Any, last: AutomationFiring) -> None:
        newer = row.pk > max(last.source_id, last.held_id)
        if not source_of(self.automation).by_key:
            newer = row.heard_at > (last.held_at or last.at)
        if newer:
            self.held.setdefault(last.pk, []).append(row)

    def _keep_held(self) -> None:
        for pk, rows in self.held.items():
            AutomationFiring.objects.filter(pk=pk).update(
                held=F("held") + len(rows),
                held_id=max(row.pk for row in rows),
                held_at=max(row.heard_at for row in rows),
            )


def _parts(keys: list[Any]) -> Iterator[list[Any]]:
    """SQLite bounds the parameters of a statement."""
    return (keys[start : start + 500] for start in range(0, len(keys), 500))


def acted_since(automation: Automation, moment: datetime) -> int:
    """How often it did something, at all stations."""
    mine = AutomationFiring.objects.filter(automation=automation, fired_at__gte=moment)
    return mine.filter(outcome=Outcome.DONE).count()
