"""When a schedule is due, by the clock of its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from diagnostics.lifecycles.schedule import Timetable

BERLIN = ZoneInfo("Europe/Berlin")


def table(kind: str = "Days", **wanted: Any) -> Timetable:
    usual = {"at": time(2), "zone": BERLIN, "first": date(2026, 1, 1)}
    return Timetable(kind=kind, **{**usual, **wanted})


def coming(table: Timetable, moment: datetime, count: int = 3) -> list[str]:
    return [f"{due:%d.%m %H:%M}" for due in table.coming(moment, count)]


def at(*moment: int) -> datetime:
    return datetime(2026, *moment, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(("wanted", "moment", "expected"), [
    ({}, at(3, 2, 12), ["03.03 01:00", "04.03 01:00", "05.03 01:00"]),
    # Just after midnight in Berlin it is still yesterday in UTC, and 02:00 is to come.
    ({}, at(3, 2, 23, 30), ["03.03 01:00", "04.03 01:00", "05.03 01:00"]),
    ({"days": frozenset({1, 5})}, at(3, 2, 12), ["06.03 01:00", "09.03 01:00", "13.03 01:00"]),
    # In spring there is no 02:30: it comes when it would have been. In autumn it is twice.
    ({"at": time(2, 30)}, at(3, 28, 12), ["29.03 01:30", "30.03 00:30", "31.03 00:30"]),
    ({"at": time(2, 30)}, at(10, 24, 12), ["25.10 00:30", "26.10 01:30", "27.10 01:30"]),
    ({"kind": "Hours", "hours": 6}, at(3, 2, 12), ["02.03 13:00", "02.03 19:00", "03.03 01:00"]),
    ({"kind": "Hours", "hours": 6, "first": date(2026, 4, 1)}, at(3, 2, 12),
     ["01.04 00:00", "01.04 06:00", "01.04 12:00"]),
    ({"kind": "Once", "first": date(2026, 3, 5)}, at(3, 2, 12), ["05.03 01:00"]),
    ({"kind": "Once", "first": date(2026, 3, 1)}, at(3, 2, 12), []),
    ({"first": date(2026, 5, 1)}, at(3, 2, 12), ["01.05 00:00", "02.05 00:00", "03.05 00:00"]),
])  # fmt: skip
def test_the_next_times(wanted: Any, moment: datetime, expected: list[str]) -> None:
    assert coming(table(**wanted), moment) == expected


def test_a_moment_that_is_due_is_not_due_again() -> None:
    assert table().next_after(at(3, 3, 1)) == at(3, 4, 1)
    assert table("Hours", hours=1).next_after(at(3, 3, 1)) == at(3, 3, 2)


def test_what_was_due_meanwhile_is_counted() -> None:
    due = table("Hours", hours=1).due_between(at(3, 2, 1), at(3, 2, 4) + timedelta(minutes=1), 100)
    assert due == [at(3, 2, 2), at(3, 2, 3), at(3, 2, 4)]
