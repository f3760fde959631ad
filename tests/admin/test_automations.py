"""Automations in the admin: made at an alert, tried before they are saved, seen by whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from diagnostics.models import (
    Alert,
    Automation,
    AutomationFiring,
    GroupLimit,
    LogRequest,
    StationGroup,
)
from diagnostics.services import automations
from diagnostics.services.automations.runs import run_automations
from diagnostics.services.fleet import groups
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of
from tests.admin.test_alerts import page as alert_page
from tests.admin.test_alerts import tell

PAGES = "/admin/diagnostics/automation/"
FORM = {
    "name": "Log of the heat", "enabled": "on", "trigger": "AlertOpened", "component": "Temp*",
    "times": "1", "within_minutes": "10", "pull_log": "on", "log_type": "DiagnosticsLog",
    "log_minutes": "60", "cool_down_minutes": "60", "most_per_hour": "50",
}  # fmt: skip
ALL = tuple(f"diagnostics.{each}_automation" for each in ("add", "change", "view", "delete"))
ASK = "diagnostics.request_log"


@pytest.fixture
def alert(station: ChargingStation) -> Alert:
    tell(station, severity=2)
    return Alert.objects.get()


def test_an_alert_offers_its_log_whenever_it_opens(
    root: Client, station: ChargingStation, alert: Alert
) -> None:
    offer = f"{PAGES}add/?alert={alert.pk}"
    assert offer in root.get(alert_page(alert)).content.decode()
    form = root.get(offer).context["adminform"].form
    filled = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    assert {"trigger": "AlertOpened", "severity": 2, "pull_log": True}.items() <= filled.items()
    data = FORM | {name: str(filled[name]) for name in ("component", "variable", "severity")}
    assert root.post(offer, data).status_code == 302
    tell(station, 2, variableMonitoringId=102, severity=2)
    run_automations()
    again = Alert.objects.latest("pk")
    page = text_of(root.get(alert_page(again)))
    assert "Log of the heat" in page
    assert "Asked for a log." in page
    assert f"log request #{LogRequest.objects.get().pk}" in page
    assert "None did anything about this alert" in text_of(root.get(alert_page(alert)))


def test_the_form_says_what_would_have_come_of_it(
    root: Client, station: ChargingStation, alert: Alert
) -> None:
    preview = f"{PAGES}preview/"
    found = text_of(root.get(preview, {**FORM, "of": ""}))
    assert "It would have acted once at one station" in found
    assert "CS-1" in found
    assert "Nothing like that" in text_of(root.get(preview, FORM | {"component": "Fan"}))
    assert "stars" in text_of(root.get(preview, FORM | {"component": "a*b*c*d*e*"}))
    assert "Choose when it acts" in text_of(root.get(preview, {}))
    assert not AutomationFiring.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"pull_log": ""}, "Choose at least one thing"),
        ({"trigger": "Away"}, "Say how long it must be away"),
        ({"name": ""}, "This field is required"),
        ({"times": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_form_that_says_too_little_says_what_is_missing(
    root: Client, db: None, wrong: dict[str, str], said: str
) -> None:
    assert said in text_of(root.post(f"{PAGES}add/", FORM | wrong))
    assert not Automation.objects.exists()


def test_a_report_is_narrowed_by_the_form_and_the_form_shows_by_what(
    root: Client, db: None
) -> None:
    form = FORM | {"report": "Custom"}
    assert "Name at least one state, component" in text_of(root.post(f"{PAGES}add/", form))
    form |= {"component_criteria": "Problem", "named": "Fan / Problem"}
    assert root.post(f"{PAGES}add/", form).status_code == 302
    row = Automation.objects.get()
    assert row.report_criteria == {
        "componentCriteria": ["Problem"],
        "componentVariable": [{"component": {"name": "Fan"}, "variable": {"name": "Problem"}}],
    }
    shown = root.get(f"{PAGES}{row.pk}/change/").context["adminform"].form
    assert shown["named"].initial == "Fan / Problem"
    assert shown["component_criteria"].initial == ["Problem"]
    root.post(f"{PAGES}{row.pk}/change/", FORM | {"report": "SummaryInventory"})
    row.refresh_from_db()
    assert row.report_criteria == {"reportBase": "SummaryInventory"}


def test_what_a_trigger_does_not_know_is_left_out(root: Client, db: None) -> None:
    root.post(f"{PAGES}add/", FORM | {"trigger": "Boot", "severity": "3", "away_minutes": "9"})
    row = Automation.objects.get()
    assert (row.component, row.severity, row.away_minutes) == ("", None, None)
    assert row.created_by is not None


def test_nobody_has_done_what_they_may_not_do(staff: Staff, db: None) -> None:
    maker = staff(*ALL)
    assert "You may not ask stations for logs" in text_of(maker.post(f"{PAGES}add/", FORM))
    assert not Automation.objects.exists()
    assert staff(*ALL, ASK).post(f"{PAGES}add/", FORM).status_code == 302
    row = Automation.objects.get()
    assert maker.post(f"{PAGES}{row.pk}/change/", FORM | {"component": ""}).status_code == 200
    row.refresh_from_db()
    assert row.component == "Temp*"
    looking = staff("diagnostics.view_automation")
    assert "Temp*" in text_of(looking.get(f"{PAGES}{row.pk}/change/"))
    assert looking.post(f"{PAGES}{row.pk}/change/", FORM).status_code == 403
    for address in ("", "preview/", f"{row.pk}/live/", "add/"):
        assert staff(ASK).get(f"{PAGES}{address}").status_code == 403, address


def test_who_is_limited_makes_them_for_the_own_groups_only(
    staff: Staff, station: ChargingStation
) -> None:
    client = staff(*ALL, ASK)
    theirs = Automation.objects.create(name="Of all", trigger="Boot", pull_log=True)
    mine, other = (StationGroup.objects.create(name=name) for name in ("Mine", "Other"))
    groups.add_stations(group=mine, stations=[station])
    GroupLimit.objects.create(user=User.objects.latest("pk")).groups.add(mine)
    assert "Of all" not in text_of(client.get(PAGES))
    assert client.get(f"{PAGES}{theirs.pk}/change/").status_code == 404
    assert "Choose the group or the selection" in text_of(client.post(f"{PAGES}add/", FORM))
    refused = client.post(f"{PAGES}add/", FORM | {"group": other.pk})
    assert "Select a valid choice" in text_of(refused)
    assert client.post(f"{PAGES}add/", FORM | {"group": mine.pk}).status_code == 302
    assert "Log of the heat" in text_of(client.get(PAGES))


def test_they_are_switched_off_and_on_in_the_list(
    root: Client, station: ChargingStation, alert: Alert
) -> None:
    row = Automation.objects.create(name=f"A {HOSTILE}"[:100], trigger="AlertOpened", pull_log=True)
    automations.begin_from_now(row)
    chosen = {"_selected_action": [row.pk]}
    page = text_of(root.post(PAGES, {"action": "switch_off", **chosen}, follow=True))
    assert "Switched off one automation." in page
    assert "onerror=alert(1)>" not in root.get(PAGES).content.decode()
    tell(station, 2, variableMonitoringId=102)
    root.post(PAGES, {"action": "switch_on", **chosen})
    run_automations()
    assert "Nothing yet" in text_of(root.get(f"{PAGES}{row.pk}/change/"))
    tell(station, 3, variableMonitoringId=103)
    run_automations()
    live = text_of(root.get(f"{PAGES}{row.pk}/live/"))
    assert "TemperatureSensor · Temperature = 78.0" in live
    listed = text_of(root.get("/admin/diagnostics/automationfiring/"))
    assert "Asked for a log." in listed
    assert (
        root.get(f"/admin/diagnostics/automationfiring/{row.firings.get().pk}/change/").status_code
        == 200
    )


def test_a_group_that_is_needed_stays(root: Client, db: None) -> None:
    group: Any = StationGroup.objects.create(name="North")
    Automation.objects.create(name="A", trigger="Boot", group=group)
    address = f"/admin/diagnostics/stationgroup/{group.pk}/delete/"
    assert "protected" in text_of(root.post(address, {"post": "yes"}))
    assert StationGroup.objects.exists()
