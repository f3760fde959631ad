"""Campaigns in the admin: started in three steps, watched on one page, steered from it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from diagnostics.lifecycles.campaign import Operation
from diagnostics.models import (
    Campaign,
    CampaignStation,
    GroupLimit,
    StationGroup,
    StationSelection,
)
from diagnostics.services import campaigns
from diagnostics.services.campaigns import driver as campaign_driver
from diagnostics.services.fleet import groups
from diagnostics.testing.factories import make_call, make_station_info
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.conftest import HOSTILE, Staff, text_of

LIST = "/admin/diagnostics/campaign/"
STATIONS = "/admin/diagnostics/campaignstation/"
PACE = {"name": "Heartbeats", "at_once": "20", "wait_hours": "24", "attempts": "2",
        "retry_minutes": "5", "advance": "ByHand", "success_rate": "90"}  # fmt: skip
TRIGGER = {"operation": "Trigger", "what-message": "Heartbeat", "scope": "All"}


@pytest.fixture
def stations(db: None) -> list[ChargingStation]:
    made = [register_station(f"CS-{n}", security_profile=0)[0] for n in range(1, 4)]
    for station, version in zip(made, ("2.0.1", "2.0.1", "1.6"), strict=True):
        station.ocpp_version = version
        station.save()
    return made


def all_of() -> Any:
    return ChargingStation.objects.all()


def started(**wanted: Any) -> Campaign:
    usual = {"name": "Levels", "operation": "MonitoringLevel", "params": {"severity": 4}}
    return campaigns.start_campaign(**{**usual, "stations": all_of(), **wanted})


def page_of(row: Campaign, tail: str = "change/") -> str:
    return f"{LIST}{row.pk}/{tail}"


def test_a_campaign_is_started_in_three_steps(
    root: Client, stations: list[ChargingStation]
) -> None:
    assert "Get a log" in text_of(root.get(f"{LIST}start/"))
    form = text_of(root.get(f"{LIST}start/?operation=MonitoringLevel"))
    assert "Set the monitoring level" in form and "How fast" in form
    wanted = {"operation": "MonitoringLevel", "what-severity": "4", "scope": "All", **PACE}
    preview = text_of(root.post(f"{LIST}start/", {**wanted, "preview": "1"}))
    assert "2 stations will be asked" in preview and "1 cannot be asked" in preview
    assert "2 of them are away" in preview and "OCPP 1.6" in preview
    again = root.post(f"{LIST}start/", {**wanted, "edit": "1"}).content.decode()
    assert 'value="Heartbeats"' in again
    response = root.post(f"{LIST}start/", {**wanted, "apply": "1"})
    row = Campaign.objects.get()
    assert response.headers["Location"] == page_of(row)
    assert (row.params, row.scope, row.created_by_id) == (
        {"severity": 4},
        "All",
        User.objects.get().pk,
    )
    page = text_of(root.get(page_of(row)))
    assert "Succeeded so far: 0 of 2 stations." in page and "Left out 1" in page


WHAT: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("Log", {"what-log_type": "DiagnosticsLog", "what-span": "day"},
     {"log_type": "DiagnosticsLog", "hours": 24}),
    ("MonitoringReport", {"what-criteria": "DeltaMonitoring"}, {"criteria": ["DeltaMonitoring"]}),
    ("BaseReport", {"what-report_base": "SummaryInventory"}, {"report_base": "SummaryInventory"}),
    ("SetMonitors", {"what-component": "Cabinet", "what-variable": "Temperature",
                     "what-type": "UpperThreshold", "what-value": "70", "what-severity": "3"},
     {"monitors": [{"component": {"name": "Cabinet"}, "variable": {"name": "Temperature"},
                    "type": "UpperThreshold", "value": 70.0, "severity": 3,
                    "transaction": False}]}),
    ("ClearMonitors", {"what-named": "Cabinet / Temperature"},
     {"named": [{"component": {"name": "Cabinet"}, "variable": {"name": "Temperature"}}]}),
    ("MonitoringBase", {"what-base": "All"}, {"base": "All"}),
    ("SetVariables", {"what-variables": "OCPPCommCtrlr / HeartbeatInterval = 60"},
     {"variables": [{"component": {"name": "OCPPCommCtrlr"},
                     "variable": {"name": "HeartbeatInterval"}, "value": "60"}]}),
    ("Trigger", {"what-message": "MeterValues", "what-evse_id": "1"},
     {"message": "MeterValues", "evse_id": 1}),
    ("Call", {"what-action": "ClearCache", "what-payload": "{}"},
     {"action": "ClearCache", "payload": {}}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "fields", "params"), WHAT)
def test_every_operation_has_a_form(
    root: Client,
    stations: list[ChargingStation],
    operation: str,
    fields: dict[str, str],
    params: dict[str, Any],
) -> None:
    assert root.get(f"{LIST}start/?operation={operation}").status_code == 200
    wanted = {"operation": operation, "scope": "All", **PACE, **fields}
    label = str(Operation(operation).label)
    assert label in text_of(root.post(f"{LIST}start/", {**wanted, "preview": "1"}))
    root.post(f"{LIST}start/", {**wanted, "apply": "1"})
    assert Campaign.objects.get().params == params
    assert text_of(root.get(page_of(Campaign.objects.get())))


@pytest.mark.parametrize(("wrong", "words"), [
    ({"scope": "Group"}, "Say which."),
    ({"scope": "Stations", "identities": "CS-1 NOBODY"}, "No station has this identity: NOBODY."),
    ({"at_once": "0"}, "greater than or equal to 1"),
    ({"first_wave": "many"}, "Write a number of stations"),
    ({"first_wave": "100 %"}, "A part is from 1 % to 99 %."),
    ({"window_from": "22:00"}, "Say from when and to when"),
    ({"window_from": "22:00", "window_to": "22:00"}, "nobody would ever be asked"),
    ({"what-message": "Nonsense"}, "Select a valid choice"),
    ({"operation": "SetVariables", "what-variables": "A / B"}, "A line lacks its value"),
    ({"operation": "Call", "what-action": "ClearCache", "what-payload": "[]"}, "an object"),
    ({"operation": "Call", "what-action": "ClearCache", "what-payload": "{"}, "This is no JSON"),
    ({"operation": "ClearMonitors"}, "Name variables, or choose all"),
])  # fmt: skip
def test_mistakes_are_told_at_the_form(
    root: Client, stations: list[ChargingStation], wrong: dict[str, str], words: str
) -> None:
    answer = root.post(f"{LIST}start/", {**TRIGGER, **PACE, **wrong, "preview": "1"})
    assert words in text_of(answer)
    assert not Campaign.objects.exists()


def test_passwords_are_refused_before_anything_is_written(
    root: Client, stations: list[ChargingStation]
) -> None:
    secret = {"operation": "SetVariables", "scope": "All", **PACE,
              "what-variables": "SecurityCtrlr / BasicAuthPassword = x"}  # fmt: skip
    assert "takes no passwords" in text_of(root.post(f"{LIST}start/", {**secret, "preview": "1"}))
    assert "takes no passwords" in text_of(root.post(f"{LIST}start/", {**secret, "apply": "1"}))
    assert not Campaign.objects.exists()


def test_it_starts_from_the_list_a_group_and_a_selection(
    root: Client, stations: list[ChargingStation]
) -> None:
    chosen = {"action": "start_campaign_action", "_selected_action": [each.pk for each in stations]}
    url = "/admin/stations/chargingstation/"
    assert "3 stations are selected." in text_of(root.post(url, chosen))
    wanted = {**chosen, **TRIGGER, **PACE}
    assert "3 stations that were selected" in text_of(
        root.post(url, {**chosen, **{"operation": "Trigger"}})
    )
    preview = root.post(url, {**wanted, "preview": "1"})
    assert "3 stations will be asked" in text_of(preview)
    assert preview.content.decode().count('name="_selected_action"') == 3
    root.post(url, {**wanted, "apply": "1"})
    assert Campaign.objects.get().stations.count() == 3
    group = StationGroup.objects.create(name="Berlin")
    groups.add_stations(group=group, stations=stations[:1])
    assert (
        f"?group={group.pk}"
        in root.get(f"/admin/diagnostics/stationgroup/{group.pk}/change/").content.decode()
    )
    form = root.get(f"{LIST}start/?operation=Trigger&group={group.pk}").content.decode()
    assert f'<option value="{group.pk}" selected>Berlin' in form
    root.post(
        f"{LIST}start/", {**TRIGGER, **PACE, "scope": "Group", "group": group.pk, "apply": "1"}
    )
    row = Campaign.objects.latest("pk")
    assert (row.scope_name, row.stations.count()) == ("Berlin", 1)
    selection = StationSelection.objects.create(name="Old ones", ocpp_version="1.6")
    wanted = {**TRIGGER, **PACE, "scope": "Selection", "selection": selection.pk, "apply": "1"}
    root.post(f"{LIST}start/", wanted)
    row = Campaign.objects.latest("pk")
    assert [each.station for each in row.stations.all()] == [stations[2]]


def test_the_page_says_why_stations_failed_and_of_which_makes(
    root: Client, stations: list[ChargingStation]
) -> None:
    make_station_info(stations[0], vendor=HOSTILE[:50], firmware_version="3.8.2")
    row = started()
    CampaignStation.objects.filter(station=stations[0]).update(
        state="Failed", code="Rejected", settled_at=timezone.now()
    )
    CampaignStation.objects.filter(station=stations[1]).update(state="Expired", code="Away")
    page = root.get(page_of(row))
    text = text_of(page)
    assert "1 failed. 1 was not reached." in text
    assert "refused" in text and "3.8.2" in text
    assert "The station was away until the time was over." in text
    assert "<img" not in page.content.decode()
    link = f"{STATIONS}?campaign={row.pk}&state=Failed&reason=Rejected"
    assert link.replace("&", "&amp;") in page.content.decode()
    listed = text_of(root.get(link))
    assert "CS-1" in listed and "CS-2" not in listed
    left_out = CampaignStation.objects.get(state="Skipped").info
    answer = root.get(STATIONS, {"campaign": row.pk, "reason": "Cannot", "info": left_out})
    assert "CS-3" in text_of(answer)


def test_it_is_steered_from_its_page(root: Client, stations: list[ChargingStation]) -> None:
    row = started(first_wave=1)
    assert root.get(page_of(row, "pause/")).status_code == 405
    for word, status in (("pause", "Paused"), ("resume", "Running"), ("go-on", "Running")):
        assert root.post(page_of(row, f"{word}/")).headers["Location"] == page_of(row)
        row.refresh_from_db()
        assert row.status == status
    assert row.wave == 2
    root.post(page_of(row, "resume/"))
    assert "Only a campaign that is paused" in text_of(root.get(page_of(row)))
    assert "2 stations will not be asked." in text_of(root.get(page_of(row, "cancel/")))
    root.post(page_of(row, "cancel/"))
    campaign_driver.step(row.pk)
    page = text_of(root.get(page_of(row)))
    assert "Canceled when 0 of 2 stations had succeeded." in page
    assert "A new campaign" in text_of(root.get(page_of(row, "again/")))
    answer = root.post(page_of(row, "again/"))
    again = Campaign.objects.latest("pk")
    assert answer.headers["Location"] == page_of(again) and again.again_of == row
    CampaignStation.objects.filter(campaign=again).update(state="Failed", code="Rejected")
    campaign_driver.step(again.pk)
    assert "2 stations that failed" not in text_of(root.get(page_of(again)))
    assert "3 stations that failed" in text_of(root.get(page_of(again, "retry/")))
    root.post(page_of(again, "retry/"))
    assert again.stations.filter(state="Waiting").count() == 3


def test_the_list_and_home_show_how_it_stands(
    root: Client, stations: list[ChargingStation]
) -> None:
    row = started()
    for url in (LIST, "/admin/"):
        page = root.get(url)
        assert "Succeeded so far: 0 of 2 stations." in text_of(page)
        assert 'class="dx-meter"' in page.content.decode()
    rows = root.get(f"{LIST}rows/?ids={row.pk}").json()
    assert rows["newest"] == row.pk and "Levels" in rows["rows"][str(row.pk)]["outcome"]


def test_the_table_has_a_row_for_every_station(
    root: Client, stations: list[ChargingStation]
) -> None:
    row = started()
    answer = root.get(page_of(row, "export/"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["station"], line["state"]) for line in lines] == [
        ("CS-1", "Waiting"),
        ("CS-2", "Waiting"),
        ("CS-3", "Skipped"),
    ]
    assert "1.6" in lines[2]["words"]


def test_looking_and_running_take_permissions(
    staff: Staff, stations: list[ChargingStation]
) -> None:
    row = started()
    looks = staff("diagnostics.view_campaign")
    assert "dx-pause" not in looks.get(page_of(row)).content.decode()
    for tail in ("pause/", "cancel/", "retry/", "again/"):
        assert looks.post(page_of(row, tail)).status_code == 403
    assert looks.get(f"{LIST}start/").status_code == 403
    # To run campaigns is not enough: it takes what asking one station takes.
    runs = staff("diagnostics.view_campaign", "diagnostics.run_campaign")
    assert "have no permission to ask a station" in text_of(runs.get(f"{LIST}start/"))
    assert runs.get(f"{LIST}start/?operation=Trigger").status_code == 403
    assert runs.post(page_of(row, "pause/")).status_code == 403


def test_a_limited_operator_sees_the_own_stations_only(
    staff: Staff, stations: list[ChargingStation]
) -> None:
    row = started()
    rights = ("view_campaign", "run_campaign", "set_monitor")
    client = staff(*(f"diagnostics.{name}" for name in rights))
    group = StationGroup.objects.create(name="Theirs")
    groups.add_stations(group=group, stations=stations[:1])
    limit = GroupLimit.objects.create(user=User.objects.get())
    limit.groups.add(group)
    assert "Succeeded so far: 0 of 1 stations." in text_of(client.get(page_of(row)))
    assert "CS-2" not in text_of(client.get(f"{STATIONS}?campaign={row.pk}"))
    assert client.post(page_of(row, "pause/")).status_code == 403
    wanted = {"operation": "MonitoringLevel", "what-severity": "4", "scope": "All", **PACE}
    client.post(f"{LIST}start/", {**wanted, "apply": "1"})
    own = Campaign.objects.latest("pk")
    assert [each.station for each in own.stations.all()] == [stations[0]]
    assert client.post(page_of(own, "pause/")).status_code == 302
    groups.remove_stations(group=group, stations=stations[:1])
    assert client.get(page_of(row)).status_code == 404


def test_what_is_made_for_a_station_is_linked(
    root: Client, stations: list[ChargingStation]
) -> None:
    row = started()
    rows = CampaignStation.objects.filter(campaign=row).waiting()
    station = rows.order_by("pk")[0].station
    call = make_call(station)
    rows.filter(station=station).update(state="Asked", call=call)
    page = root.get(f"{STATIONS}?campaign={row.pk}&state=Asked").content.decode()
    assert f"/admin/diagnostics/outboundcall/{call.pk}/change/" in page
