"""Schedules in the admin: made with the next times in sight, switched, run, told what became."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from diagnostics.models import Campaign, GroupLimit, Schedule, ScheduleRun, StationGroup
from diagnostics.services.campaigns import schedules
from diagnostics.services.fleet import groups
from stations.models import ChargingStation
from tests.admin.conftest import Staff, text_of
from tests.admin.test_campaigns import PACE, WHAT

LIST = "/admin/diagnostics/schedule/"
LOG = {"operation": "Log", "what-log_type": "DiagnosticsLog", "what-span": "day"}
NIGHT = {"recurrence": "Days", "days": ["1", "2", "3", "4", "5", "6", "7"], "at": "02:00",
         "every_hours": "6", "first_day": "2026-01-01", "time_zone": ""}  # fmt: skip


@pytest.fixture
def berlin(station: ChargingStation) -> StationGroup:
    group = StationGroup.objects.create(name="Berlin", time_zone="Europe/Berlin")
    groups.add_stations(group=group, stations=[station])
    return group


def filled(group: StationGroup, **more: Any) -> dict[str, Any]:
    return {**LOG, **NIGHT, **PACE, "scope": "Group", "group": group.pk, **more}


def page_of(row: Schedule, tail: str = "change/") -> str:
    return f"{LIST}{row.pk}/{tail}"


def test_a_schedule_is_made_seen_and_changed(root: Client, berlin: StationGroup) -> None:
    assert "Get a log" in text_of(root.get(f"{LIST}make/"))
    form = root.get(f"{LIST}make/?operation=Log&group={berlin.pk}").content.decode()
    assert f'<option value="{berlin.pk}" selected>Berlin' in form
    assert '<option value="day" selected>' in form
    wanted = filled(berlin, name="Nightly logs")
    answer = root.post(f"{LIST}make/", {**wanted, "save": "1"})
    row = Schedule.objects.get()
    assert answer.headers["Location"] == page_of(row)
    page = text_of(root.get(page_of(row)))
    assert "every day at 02:00 (Europe/Berlin)" in page
    assert "Diagnostics log, the last 24 hours" in page and "It has not been due yet." in page
    assert page.count("02:00") >= 6
    assert "Nightly logs" in text_of(root.get(LIST))
    form = root.get(page_of(row, "edit/")).content.decode()
    assert 'value="Nightly logs"' in form and '<option value="day" selected>' in form
    root.post(page_of(row, "edit/"), {**wanted, "days": ["1", "3"], "at": "03:30", "save": "1"})
    assert "Monday, Wednesday at 03:30" in text_of(root.get(page_of(row)))
    assert (Schedule.objects.get().params, Campaign.objects.count()) == (
        {"log_type": "DiagnosticsLog", "hours": 24},
        0,
    )


@pytest.mark.parametrize(("operation", "fields", "params"), WHAT)
def test_what_is_saved_comes_back_into_the_form(
    root: Client, berlin: StationGroup, operation: str, fields: Any, params: Any
) -> None:
    wanted = {**NIGHT, **PACE, **fields, "operation": operation, "scope": "All", "save": "1"}
    root.post(f"{LIST}make/", wanted)
    row = Schedule.objects.get()
    assert row.params == params
    page = root.get(page_of(row, "edit/"))
    forms = page.context["forms"]
    shown = {field.html_name: field.value() for field in forms.what if field.value() is not None}
    root.post(page_of(row, "edit/"), {**wanted, **{k: v for k, v in shown.items() if v != ""}})
    row.refresh_from_db()
    assert row.params == params


def test_the_next_times_are_told_while_it_is_filled_in(root: Client, berlin: StationGroup) -> None:
    text = text_of(root.get(f"{LIST}preview/", filled(berlin)))
    assert text.count("02:00") == 5 and "CET" in text or "CEST" in text
    assert "It would ask 1 station, as of now." in text
    text = text_of(root.get(f"{LIST}preview/", filled(berlin, recurrence="Once")))
    assert "That time is over: it would never start." in text
    assert "At: Enter a valid time." in text_of(root.get(f"{LIST}preview/", filled(berlin, at="x")))
    assert "This field is required." in text_of(root.get(f"{LIST}preview/"))


@pytest.mark.parametrize(("wrong", "words"), [
    ({"days": []}, "Choose at least one day."),
    ({"group": ""}, "Say which."),
    ({"recurrence": "Hours", "every_hours": "0"}, "greater than or equal to 1"),
    ({"time_zone": "Europe/Nowhere"}, "is no time zone"),
])  # fmt: skip
def test_mistakes_are_told_at_the_form(
    root: Client, berlin: StationGroup, wrong: dict[str, Any], words: str
) -> None:
    answer = root.post(f"{LIST}make/", {**filled(berlin), **wrong, "save": "1"})
    assert words in text_of(answer)
    assert not Schedule.objects.exists()


def test_it_is_run_switched_and_deleted_from_its_page(root: Client, berlin: StationGroup) -> None:
    root.post(f"{LIST}make/", {**filled(berlin), "save": "1"})
    row = Schedule.objects.get()
    root.post(page_of(row, "run/"))
    campaign = Campaign.objects.get()
    page = root.get(page_of(row))
    assert "Started." in text_of(page) and "by hand, admin" in text_of(page)
    assert f"/admin/diagnostics/campaign/{campaign.pk}/change/" in page.content.decode()
    root.post(page_of(row, "run/"))
    assert "Skipped: the one before was not over" in text_of(root.get(page_of(row)))
    ScheduleRun.objects.create(
        schedule=row, due_at=timezone.now(), at=timezone.now(), outcome="Started", missed=3
    )
    assert "at 3 earlier times" in text_of(root.get(page_of(row)))
    root.post(page_of(row, "switch/"))
    assert "Off: it starts nothing." in text_of(root.get(page_of(row)))
    root.post(page_of(row, "delete/"), {"post": "yes"})
    assert not Schedule.objects.exists() and Campaign.objects.exists()


def test_it_takes_what_its_campaign_takes(staff: Staff, berlin: StationGroup) -> None:
    row = Schedule(operation="Log", name="Nightly", scope="Group", group=berlin)
    schedules.save_schedule(row)
    looks = staff("diagnostics.view_schedule", "diagnostics.run_campaign")
    assert "dx-run" not in looks.get(page_of(row)).content.decode()
    for tail in ("run/", "switch/", "edit/"):
        assert looks.post(page_of(row, tail)).status_code == 403
    assert looks.get(f"{LIST}make/?operation=Log").status_code == 403


def test_a_limited_operator_has_the_own_schedules_only(staff: Staff, berlin: StationGroup) -> None:
    rights = ("view_schedule", "run_campaign", "request_log", "view_campaign")
    client = staff(*(f"diagnostics.{name}" for name in rights))
    GroupLimit.objects.create(user=User.objects.get()).groups.add(berlin)
    row = Schedule(operation="Log", name="Another's", scope="Group", group=berlin)
    schedules.save_schedule(row)
    assert client.get(page_of(row)).status_code == 404
    client.post(f"{LIST}make/", {**filled(berlin), "scope": "All", "save": "1"})
    own = Schedule.objects.latest("pk")
    assert client.get(page_of(own)).status_code == 200
    assert schedules.stations_for(own).count() == 1
    assert own.next_at is not None and own.next_at < timezone.now() + timedelta(days=2)
