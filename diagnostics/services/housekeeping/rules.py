"""What a rule of housekeeping says, and the list of all rules; `housekeeping` applies them.

Every table that grows has a rule. The others are named too, with the reason why they do not grow:
a table that is in neither list fails a test. Hosts add those of their own apps:

    housekeeping_rules.register(Rule(name="sessions", model=Session, …))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet

from diagnostics.services import access
from diagnostics.services.retention import holds

Rows = QuerySet[Any]


def delete(rows: Rows) -> int:
    """Delete rows, and what goes with them. Returns how many of the rows themselves went."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


def anything(rows: Rows) -> Rows:
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long rows of a table are kept, and which of the old ones stay all the same.

    `age` is the column whose time counts. `ordered_by` is one that grows with the primary key, by
    which the end of what is old is found without an index; "" where there is none: then the whole
    table is looked through. `lifetime()` is None where rows are kept for ever; `setting` names what
    says so. `spare` leaves out what stays, which `spares` puts in words. `forget` is done to those
    that go, `batch` of them at a time. `along` are models whose rows go by cascade. Rows of a
    station on legal hold stay, unless they go `despite_holds`.
    """

    name: str
    model: type[Model]
    title: Any
    age: str
    ordered_by: str = ""
    lifetime: Callable[[], timedelta | None]
    setting: str
    spare: Callable[[Rows], Rows] = anything
    spares: Any = ""
    forget: Callable[[Rows], int] = delete
    batch: int = 1000
    along: tuple[type[Model], ...] = ()
    despite_holds: bool = False

    def going(self, now: datetime) -> Rows:
        """The rows that go now; none where they are kept for ever."""
        rows, lifetime = self.model._base_manager.all(), self.lifetime()
        if lifetime is None:
            return rows.none()
        going = self.spare(rows.filter(**{f"{self.age}__lt": now - lifetime}))
        if self.despite_holds or not access.has_station(self.model):
            return going
        return holds.spare_held(going, access.station_path(self.model))


_rules: dict[str, Rule] = {}
_bounded: dict[type[Model], Any] = {}


def register(*rules: Rule) -> None:
    """Add rules, in the order in which they are shown and applied."""
    _rules.update({rule.name: rule for rule in rules})


def register_bounded(reasons: Mapping[type[Model], Any]) -> None:
    """Name models whose tables do not grow by themselves, each with the reason."""
    _bounded.update(reasons)


def all_rules() -> dict[str, Rule]:
    """Every rule, by its name."""
    return dict(_rules)


def bounded() -> dict[type[Model], Any]:
    """The models that need no rule, and why."""
    return dict(_bounded)
