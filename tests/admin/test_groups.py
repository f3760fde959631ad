"""Groups and selections in the admin: kept, filled from the list of stations, and filtered by."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from diagnostics.models import Alert, StationGroup, StationInfo, StationSelection
from diagnostics.services.fleet import groups, selections
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.conftest import HOSTILE, Staff, text_of

STATIONS = "/admin/stations/chargingstation/"
GROUPS = "/admin/diagnostics/stationgroup/"
SELECTIONS = "/admin/diagnostics/stationselection/"


@pytest.fixture
def other(station: ChargingStation) -> ChargingStation:
    StationInfo.objects.create(station=station, vendor="Nord", model="N1", firmware_version="1.4.2")
    return register_station("CS-2", security_profile=0)[0]


@pytest.fixture
def group(station: ChargingStation) -> StationGroup:
    group = StationGroup.objects.create(name=f"Harbour {HOSTILE}"[:100])
    groups.add_stations(group=group, stations=[station])
    return group


def act(client: Client, action: str, *stations: ChargingStation, **data: str) -> str:
    """Run an action of the list of stations; returns the page it ends on, as text."""
    chosen = {"action": action, "_selected_action": [str(each.pk) for each in stations]}
    page = text_of(client.post(STATIONS, chosen))
    assert f"{len(stations)} station" in page
    return text_of(client.post(STATIONS, chosen | {"apply": "1"} | data, follow=True))


def test_stations_are_put_into_a_new_group_and_taken_out(
    root: Client, station: ChargingStation, other: ChargingStation
) -> None:
    assert "Choose a group." in act(root, "add_to_group_action", station)
    assert "Added 2 stations to Yard." in act(
        root, "add_to_group_action", station, other, new="Yard"
    )
    yard = StationGroup.objects.get()
    assert set(yard.stations.all()) == {station, other}
    assert "already a group with this name" in act(root, "add_to_group_action", other, new="yard")
    page = act(root, "remove_from_group_action", other, group=str(yard.pk))
    assert "Removed one station from Yard." in page
    assert list(yard.stations.all()) == [station]
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Added 2 stations to Yard.",
        "Removed one station from Yard.",
    ]


def test_a_page_of_a_group_takes_identities_and_removes_members(
    root: Client, group: StationGroup, station: ChargingStation, other: ChargingStation
) -> None:
    page = f"{GROUPS}{group.pk}/change/"
    form = {"name": "Harbour", "kind": "Site", "time_zone": "Europe/Amsterdam"}
    wrong = root.post(page, form | {"add": "CS-2\nCS-404\nCS-405"})
    assert "No station has this identity: CS-404, CS-405" in text_of(wrong)
    member = group.members.get(station=station)
    root.post(page, form | {"add": "cs-2\n\n", "remove": [member.pk]})
    group.refresh_from_db()
    assert (list(group.stations.all()), group.time_zone) == ([other], "Europe/Amsterdam")
    assert "no time zone" in text_of(root.post(page, form | {"time_zone": "Mars/Olympus"}))


def test_lists_are_narrowed_to_a_group_and_say_which(
    root: Client, group: StationGroup, station: ChargingStation, other: ChargingStation
) -> None:
    now = timezone.now()
    for each in (station, other):
        Alert.objects.create(station=each, key=uuid4(), component=f"Of{each}", updated_at=now,
                             first_at=now, last_at=now)  # fmt: skip
    every = text_of(root.get(STATIONS))
    assert "CS-1" in every and "CS-2" in every
    listed = root.get(f"{STATIONS}?group={group.pk}")
    assert "CS-1" in text_of(listed) and "CS-2" not in text_of(listed)
    assert HOSTILE not in listed.content.decode()
    alerts = text_of(root.get(f"/admin/diagnostics/alert/?group={group.pk}"))
    assert "OfCS-1" in alerts and "OfCS-2" not in alerts
    for unknown in ("404", "x", "9" * 40):
        assert "CS-1" not in text_of(root.get(f"{STATIONS}?group={unknown}"))
    page = text_of(root.get(f"{GROUPS}{group.pk}/change/"))
    assert "1 station · 0 connected · 1 open alert" in page
    assert "Harbour" in text_of(root.get(GROUPS))


def test_a_filter_of_the_list_becomes_a_selection(
    root: Client, station: ChargingStation, other: ChargingStation
) -> None:
    filters = "state=dropped&vendor=Nord&version=2.0.1&q=CS"
    assert f"{SELECTIONS}add/?" in root.get(f"{STATIONS}?{filters}").content.decode()
    form = root.get(f"{SELECTIONS}add/?{filters}&odd=1")
    assert "knows no such filter: odd" in text_of(form)
    initial = form.context["adminform"].form.initial
    assert initial == {"connectivity": "AwayShorter", "hours": 168, "vendor": "Nord",
                       "ocpp_version": "2.0.1", "text": "CS"}  # fmt: skip
    wanted = {"name": "Nords", "vendor": "Nord", "text": "CS"}
    root.post(f"{SELECTIONS}add/", wanted)
    saved = StationSelection.objects.get()
    page = root.get(f"{SELECTIONS}{saved.pk}/change/").content.decode()
    assert "1 station now" in page and f"{STATIONS}?selection={saved.pk}" in page
    seen = text_of(root.get(f"{STATIONS}?selection={saved.pk}"))
    assert "CS-1" in seen and "CS-2" not in seen
    assert "Nords" in text_of(root.get(SELECTIONS))


def test_a_form_says_what_it_would_hold_before_it_is_saved(
    root: Client, station: ChargingStation, other: ChargingStation
) -> None:
    preview = f"{SELECTIONS}preview/"
    assert "2 stations now" in text_of(root.get(preview))
    assert "1 station now CS-1" in text_of(root.get(f"{preview}?vendor=nord"))
    assert "Say how many hours." in text_of(root.get(f"{preview}?connectivity=AwayLonger"))
    exact = selections.select_stations(name="exact", stations=[other])
    assert "1 station now CS-2" in text_of(root.get(f"{preview}?of={exact.pk}"))
    assert "0 stations now" in text_of(root.get(f"{preview}?of={exact.pk}&vendor=nord"))


def test_selected_stations_are_kept_as_a_selection(
    root: Client, station: ChargingStation, other: ChargingStation
) -> None:
    assert "Exactly the stations" in act(root, "save_selection_action", other, name="Two")
    assert list(selections.stations_of(StationSelection.objects.get())) == [other]
    assert "already a selection" in act(root, "save_selection_action", station, name="two")


def test_actions_and_links_take_their_permissions(staff: Staff, group: StationGroup) -> None:
    page = staff("stations.view_chargingstation").get(f"{STATIONS}?q=CS").content.decode()
    for word in ("add_to_group", "remove_from_group", "save_selection", "stationselection/add"):
        assert word not in page
    may = staff("stations.view_chargingstation", "diagnostics.change_stationgroup",
                "diagnostics.add_stationselection")  # fmt: skip
    page = may.get(f"{STATIONS}?q=CS").content.decode()
    for word in ("add_to_group", "remove_from_group", "save_selection", "stationselection/add"):
        assert word in page
    assert staff().get(f"{SELECTIONS}preview/").status_code == 403
