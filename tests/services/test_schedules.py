"""Campaigns that start by themselves: once each time, whatever was down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import override_settings

from diagnostics.gateway import get_gateway
from diagnostics.models import (
    Campaign,
    GroupLimit,
    Schedule,
    ScheduleRun,
    StationGroup,
    StationSelection,
)
from diagnostics.services.campaigns import schedules
from diagnostics.services.fleet import groups
from tests.services.campaigning import Fleet, FleetGateway, run

MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)  # 02:00 in Berlin


@pytest.fixture
def fleet(db: None) -> Iterator[Fleet]:
    path = f"{FleetGateway.__module__}.{FleetGateway.__qualname__}"
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "GATEWAY": path}):
        yield Fleet(get_gateway()).grow(3)


@pytest.fixture
def berlin(fleet: Fleet) -> StationGroup:
    group = StationGroup.objects.create(name="Berlin", time_zone="Europe/Berlin")
    groups.add_stations(group=group, stations=fleet.stations[:2])
    return group


def nightly(group: StationGroup | None = None, **wanted: Any) -> Schedule:
    row = Schedule(
        **{
            "name": "Every night",
            "operation": "Log",
            "params": {"log_type": "DiagnosticsLog", "hours": 24},
            "scope": "Group",
            "group": group,
            "at": time(2),
            "first_day": date(2026, 1, 1),
            **wanted,
        }
    )
    schedules.save_schedule(row, now=MARCH)
    return row


def outcomes() -> list[tuple[str, int]]:
    return list(ScheduleRun.objects.order_by("pk").values_list("outcome", "missed"))


def test_every_night_by_the_clock_of_the_group(berlin: StationGroup) -> None:
    row = nightly(berlin)
    assert row.next_at == NIGHT
    schedules.run_schedules(NIGHT - timedelta(seconds=1))
    assert not Campaign.objects.exists()
    schedules.run_schedules(NIGHT + timedelta(seconds=3))
    schedules.run_schedules(NIGHT + timedelta(seconds=3))
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.scope_name, campaign.time_zone, campaign.stations.count()) == (
        "Every night",
        "Berlin",
        "Europe/Berlin",
        2,
    )
    row.refresh_from_db()
    assert row.next_at == NIGHT + timedelta(days=1)
    assert outcomes() == [("Started", 0)] and ScheduleRun.objects.get().due_at == NIGHT


def test_what_was_missed_is_made_up_for_once_and_named(berlin: StationGroup) -> None:
    row = nightly(berlin)
    schedules.run_schedules(NIGHT + timedelta(days=3, hours=5))
    assert Campaign.objects.count() == 1
    assert outcomes() == [("Started", 3)]
    assert ScheduleRun.objects.get().due_at == NIGHT + timedelta(days=3)
    row.refresh_from_db()
    assert row.next_at == NIGHT + timedelta(days=4)


def test_one_that_is_not_over_is_not_overtaken(fleet: Fleet, berlin: StationGroup) -> None:
    nightly(berlin)
    schedules.run_schedules(NIGHT)
    schedules.run_schedules(NIGHT + timedelta(days=1))
    assert outcomes() == [("Started", 0), ("Overlap", 0)]
    assert {run.campaign for run in ScheduleRun.objects.all()} == {Campaign.objects.get()}
    run(Campaign.objects.get(), NIGHT + timedelta(days=1, hours=1))
    schedules.run_schedules(NIGHT + timedelta(days=2))
    assert outcomes()[-1] == ("Started", 0)


def test_once_is_once(berlin: StationGroup) -> None:
    row = nightly(berlin, recurrence="Once", first_day=date(2026, 3, 3))
    schedules.run_schedules(NIGHT)
    schedules.run_schedules(NIGHT + timedelta(days=30))
    row.refresh_from_db()
    assert row.next_at is None and outcomes() == [("Started", 0)]


def test_one_that_is_off_starts_nothing_until_it_is_on_again(berlin: StationGroup) -> None:
    row = nightly(berlin)
    schedules.switch(row, on=False)
    schedules.run_schedules(NIGHT + timedelta(days=1))
    assert row.next_at is None and not ScheduleRun.objects.exists()
    schedules.switch(row, on=True)
    assert row.next_at is not None and row.next_at > datetime.now(UTC)


def test_run_now_leaves_the_times_as_they_are(berlin: StationGroup) -> None:
    row, user = nightly(berlin), User.objects.create_user("ada")
    done = schedules.run_now(row, started_by=user)
    assert (done.outcome, done.campaign and done.campaign.created_by) == ("Started", user)
    row.refresh_from_db()
    assert row.next_at == NIGHT
    assert schedules.run_now(row).outcome == "Overlap"


def test_nobody_to_ask_is_said_and_the_schedule_goes_on(berlin: StationGroup) -> None:
    row = nightly(berlin)
    berlin.delete()
    schedules.run_schedules(NIGHT)
    assert "no station like that" in ScheduleRun.objects.get().info
    assert outcomes() == [("Refused", 0)]
    row.refresh_from_db()
    assert row.next_at is not None and row.next_at > NIGHT


def test_one_that_breaks_stops_no_other(
    berlin: StationGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly(berlin, operation="Trigger", params={"message": "Heartbeat"})
    nightly(berlin)

    def breaks(**wanted: Any) -> Any:
        if wanted["operation"] == "Trigger":
            raise KeyError("a host's gateway may")
        return start(**wanted)

    start = schedules.start_campaign
    monkeypatch.setattr(schedules, "start_campaign", breaks)
    schedules.run_schedules(NIGHT)
    assert sorted(outcomes()) == [("Broken", 0), ("Started", 0)]


def test_the_stations_of_a_selection_are_found_out_each_time(fleet: Fleet) -> None:
    selection = StationSelection.objects.create(name="All of 2.0.1")
    schedule = nightly(scope="Selection", selection=selection)
    assert schedule.next_at is not None
    schedules.run_schedules(schedule.next_at)
    assert Campaign.objects.get().stations.count() == 3


def test_it_asks_only_whom_its_maker_may_see(fleet: Fleet, berlin: StationGroup) -> None:
    user = User.objects.create_user("ada")
    GroupLimit.objects.create(user=user).groups.add(berlin)
    row = nightly(scope="All", created_by=user)
    assert schedules.stations_for(row).count() == 2
    user.delete()
    row.refresh_from_db()
    assert schedules.stations_for(row).count() == 0


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_look_at_once_start_one_campaign(berlin: StationGroup) -> None:
    nightly(berlin)

    def work() -> None:
        schedules.run_schedules(NIGHT)
        connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes() == [("Started", 0)]
