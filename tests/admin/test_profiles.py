"""Monitor profiles: written by rows and as YAML, planned, applied, looked back at."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from diagnostics.models import (
    GroupLimit,
    MonitorProfile,
    ProfileRun,
    StationGroup,
    StationProfile,
    StationSelection,
)
from diagnostics.profiles.document import Document, Wanted
from diagnostics.services import profiles
from diagnostics.services.fleet import selections
from diagnostics.services.profiles import states as profile_states
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of
from tests.admin.test_monitors import CABINET, make_monitor, tab
from tests.services.test_profiles import HOT, known, make_profile

BASE = "/admin/diagnostics/monitorprofile/"
PLANS = "/admin/diagnostics/stationprofile/"
YAML = """\
level: 7
monitors:
  - component: EVSE
    evse: "*"
    variable: Power
    type: Delta
"""


def filled(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    usual = {"name": "Depot", "position": 100, "repair": "ByHand", "repairs_per_day": 3,
             "clears": "Own"}  # fmt: skip
    monitor = {"type": "UpperThreshold", "value": "75", "severity": "4"}
    named = {
        f"m[{number}]-{name}": value
        for number, row in enumerate(rows)
        for name, value in {**monitor, **row}.items()
    }
    return {**usual, **fields, **named}


ROW = {"component": "TemperatureSensor", "instance": "*", "variable": "Temperature"}


@pytest.fixture
def selection(station: ChargingStation) -> StationSelection:
    return selections.select_stations(name="The depot", stations=[station])


@pytest.fixture
def profile(station: ChargingStation) -> MonitorProfile:
    """Of one station, whose monitors are known: it runs none."""
    known(station)
    found = make_profile(station, monitors=(HOT,))
    profile_states.compare_due()
    return found


def plan_of(station: ChargingStation) -> str:
    return f"{PLANS}{StationProfile.objects.get(station=station).pk}/"


# Writing


def test_a_profile_is_made_by_rows_for_a_selection(
    root: Client, selection: StationSelection
) -> None:
    assert "Add monitor profile" in text_of(root.get(BASE))
    page = root.get(f"{BASE}add/")
    assert "may be a star" in text_of(page) and "The depot" in text_of(page)
    streamed = {"component": "EVSE", "evse": "*", "variable": "Power", "type": "Periodic",
                "value": "60", "stream_interval": "10", "transaction": "on"}  # fmt: skip
    data = filled(ROW, {}, streamed, selections=[selection.pk], base="All", level="0",
                  enabled="true", note="first try")  # fmt: skip
    response = root.post(f"{BASE}add/", data)
    profile = MonitorProfile.objects.get()
    assert response["Location"] == f"{BASE}{profile.pk}/change/"
    document = profile.document
    assert (document.base, document.level, document.enabled) == ("All", 0, True)
    assert [each.component for each in document.monitors] == ["TemperatureSensor", "EVSE"]
    assert document.monitors[1].stream and document.monitors[1].transaction
    assert profile.current and profile.current.note == "first try"
    page = text_of(root.get(f"{BASE}{profile.pk}/change/"))
    assert "TemperatureSensor[*] · Temperature" in page and "EVSE every EVSE · Power" in page
    assert "level 0 Danger" in page and "The depot" in page


def test_changing_a_profile_comes_filled_and_makes_a_version(
    root: Client, profile: MonitorProfile
) -> None:
    page = root.get(f"{BASE}{profile.pk}/edit/").content.decode()
    assert 'value="TemperatureSensor"' in page and 'value="75"' in page
    root.post(f"{BASE}{profile.pk}/edit/", filled({**ROW, "value": "80"}, name="Renamed"))
    profile.refresh_from_db()
    assert (str(profile), profile.current and profile.current.number) == ("Renamed", 2)
    shown = root.get(f"{BASE}{profile.pk}/version/?version=2")
    assert "value: 75" in text_of(shown) and b"dx-added" in shown.content
    assert "The first version" in text_of(root.get(f"{BASE}{profile.pk}/version/?version=1"))


@pytest.mark.parametrize(
    ("rows", "fields", "words"),
    [
        ([{**ROW, "value": ""}], {}, "Give a value."),
        ([{**ROW, "evse": "x"}], {}, "Give a number, or * for each."),
        ([{**ROW, "variable": ""}], {}, "Name the variable."),
        ([{**ROW, "connector": "1"}], {}, "A connector belongs to an EVSE"),
        ([{**ROW, "type": "Delta", "value": "-1"}], {}, "A change has no direction"),
        ([{**ROW, "stream_values": "5"}], {}, "cannot be streamed"),
        ([ROW, {**ROW, "value": "80"}], {}, "Monitor 1 is of the same variable"),
        ([ROW], {"name": ""}, "This field is required"),
        ([ROW], {"level": "12"}, "Select a valid choice"),
    ],
)
def test_mistakes_are_told_at_their_fields_and_nothing_is_lost(
    root: Client, db: None, rows: list[dict[str, Any]], fields: dict[str, Any], words: str
) -> None:
    page = root.post(f"{BASE}add/", filled(*rows, description="kept", **fields))
    assert words in text_of(page)
    assert b"kept" in page.content and b'value="TemperatureSensor"' in page.content
    assert not MonitorProfile.objects.exists()


def test_a_selection_that_changes_by_the_hour_is_refused(
    root: Client, selection: StationSelection
) -> None:
    StationSelection.objects.update(connectivity="Connected")
    page = root.post(f"{BASE}add/", filled(ROW, selections=[selection.pk]))
    assert "change by the hour" in text_of(page)


def test_yaml_is_changed_as_text_with_mistakes_at_their_lines(
    root: Client, profile: MonitorProfile
) -> None:
    address = f"{BASE}{profile.pk}/yaml/"
    assert "component: TemperatureSensor" in root.get(address).content.decode()
    wrong = root.post(address, {"text": f"base: Some\n{YAML}    value: -1\n"})
    assert "Line 1: There is no such base" in text_of(wrong)
    assert "Line 8: A change has no direction" in text_of(wrong)
    assert "base: Some" in wrong.content.decode()
    root.post(address, {"text": YAML, "note": "by text"})
    profile.refresh_from_db()
    assert profile.document.level == 7 and profile.current and profile.current.note == "by text"


def test_what_is_exported_can_be_imported_elsewhere(root: Client, profile: MonitorProfile) -> None:
    profiles.save_document(profile=profile, document=Document(level=3))
    response = root.get(f"{BASE}{profile.pk}/export/?version=1")
    assert response["Content-Disposition"] == 'attachment; filename="Profile-0-1.yaml"'
    assert response.content.startswith(b"# Profile 0, version 1\n")
    file = SimpleUploadedFile("p.yaml", response.content)
    answer = root.post(f"{BASE}import/", {"name": "Copy", "text": "", "file": file})
    copy = MonitorProfile.objects.get(name="Copy")
    assert answer["Location"] == f"{BASE}{copy.pk}/edit/"
    assert copy.document == Document(monitors=(HOT,))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "New"}, "The text is empty"),
        ({"name": "profile 0", "text": YAML}, "already a profile with this name"),
        ({"name": "New", "file": b"\xff\xfe\x00"}, "The file is no text."),
        ({"name": "New", "file": b"x" * 200_001}, "too large to be a profile"),
    ],
)
def test_what_is_no_profile_is_not_imported(
    root: Client, profile: MonitorProfile, data: dict[str, Any], words: str
) -> None:
    if "file" in data:
        data = {**data, "file": SimpleUploadedFile("p.yaml", data["file"])}
    assert words in text_of(root.post(f"{BASE}import/", data))
    assert MonitorProfile.objects.count() == 1


# Planning and applying


def test_the_plan_of_a_station_says_what_is_done_and_why(
    root: Client, station: ChargingStation, profile: MonitorProfile
) -> None:
    make_monitor(station, value=60, by_profile=True)
    make_monitor(station, monitor_id=7, variable="Other", by_profile=True)
    gearbox = Wanted(component="Gearbox", variable="Speed", type="Delta")
    document = Document(base="All", level=5, monitors=(HOT, gearbox))
    profiles.save_document(profile=profile, document=document)
    profile_states.compare_due()
    text = text_of(root.get(f"{plan_of(station)}change/"))
    for words in (
        "It differs: 2 settings to change, 1 to replace, 1 to clear, 1 cannot be had.",
        "to replace", "now: value 60", "A profile set it, and the present one does not name it.",
        "The station has no such component.", "base All", "Nobody knows what it is now.",
        "none yet",
    ):  # fmt: skip
        assert words in text, words
    assert "above 75" in text and str(CABINET) in text
    assert "It differs" in text_of(root.get(f"{plan_of(station)}live/"))
    assert "Monitor profile Profile 0: It differs" in text_of(root.get(tab(station)))


def test_one_station_is_applied_to_and_let_go_again(
    root: Client, station: ChargingStation, profile: MonitorProfile
) -> None:
    assert root.get(f"{plan_of(station)}apply/").status_code == 405
    root.post(f"{plan_of(station)}apply/")
    run = ProfileRun.objects.get()
    assert (run.status, run.cause, str(run.requested_by)) == ("Waiting", "ByHand", "admin")
    text = text_of(root.get(f"{plan_of(station)}change/"))
    assert "It goes on when the station returns." in text
    refused = text_of(root.post(f"{plan_of(station)}apply/", follow=True))
    assert "being brought into step already" in refused
    assert "1 is being brought into step" in text_of(root.get(f"{BASE}{profile.pk}/change/"))
    root.post(f"{plan_of(station)}cancel/")
    run.refresh_from_db()
    assert run.status == "Canceled"
    assert "Somebody canceled it" in text_of(root.get(f"{plan_of(station)}change/"))


def test_a_profile_is_applied_to_all_that_differ_after_saying_to_how_many(
    root: Client, profile: MonitorProfile
) -> None:
    page = text_of(root.get(f"{BASE}{profile.pk}/change/"))
    assert "1 station has it:" in page and "1 Drifted" in page and "Apply to 1 that differs" in page
    assert "1 station is brought into step" in text_of(root.get(f"{BASE}{profile.pk}/apply/"))
    assert not ProfileRun.objects.exists()
    root.post(f"{BASE}{profile.pk}/apply/")
    assert ProfileRun.objects.count() == 1
    again = text_of(root.get(f"{BASE}{profile.pk}/apply/"))
    assert "One of them" in again or "is being brought into step already" in again
    StationProfile.objects.update(state="InStep")
    assert "there is nothing to apply" in text_of(root.get(f"{BASE}{profile.pk}/apply/"))


def test_the_lists_and_home_count_those_that_drifted(
    root: Client, station: ChargingStation, profile: MonitorProfile
) -> None:
    assert "1 Drifted" in text_of(root.get(BASE))
    text = text_of(root.get(f"{PLANS}?state__exact=Drifted&profile={profile.pk}"))
    assert "CS-1" in text and "It differs: 1 to set." in text
    assert "run other monitors than their profile says" in text_of(root.get("/admin/"))


def test_a_station_that_has_several_is_told_which_comes_first_and_why(
    root: Client, station: ChargingStation, profile: MonitorProfile
) -> None:
    make_profile(station, position=200, name="Usual")
    assert "later in the order: Usual (200)" in text_of(root.get(f"{plan_of(station)}change/"))


def test_names_are_text(root: Client, station: ChargingStation, profile: MonitorProfile) -> None:
    MonitorProfile.objects.update(name=HOSTILE, description=HOSTILE)
    make_monitor(station, component=HOSTILE[:50], by_profile=True)
    for address in (BASE, f"{BASE}{profile.pk}/change/", f"{plan_of(station)}change/"):
        assert "<img src=x" not in root.get(address).content.decode()


# Permissions


def test_looking_changing_and_applying_take_their_permissions(
    staff: Staff, station: ChargingStation, profile: MonitorProfile
) -> None:
    looker = staff("diagnostics.view_monitorprofile", "diagnostics.view_stationprofile")
    page = looker.get(f"{BASE}{profile.pk}/change/")
    assert "Apply to" not in text_of(page) and "/edit/" not in page.content.decode()
    assert "dx-apply" not in looker.get(f"{plan_of(station)}change/").content.decode()
    for name in ("edit", "yaml", "apply"):
        assert looker.get(f"{BASE}{profile.pk}/{name}/").status_code == 403
        assert looker.post(f"{BASE}{profile.pk}/{name}/").status_code == 403
    for address in (f"{BASE}add/", f"{BASE}import/"):
        assert looker.get(address).status_code == 403
    for name in ("apply", "cancel"):
        assert looker.post(f"{plan_of(station)}{name}/").status_code == 403
    nobody = staff()
    for address in (BASE, f"{BASE}{profile.pk}/export/", PLANS, f"{plan_of(station)}live/"):
        assert nobody.get(address).status_code == 403
    applier = staff("diagnostics.view_stationprofile", "diagnostics.apply_monitorprofile")
    applier.post(f"{plan_of(station)}apply/")
    assert ProfileRun.objects.count() == 1


def test_who_is_limited_applies_to_own_stations_and_changes_no_profile(
    staff: Staff, station: ChargingStation, profile: MonitorProfile
) -> None:
    client = staff(
        "diagnostics.view_stationprofile",
        "diagnostics.view_monitorprofile",
        "diagnostics.change_monitorprofile",
        "diagnostics.apply_monitorprofile",
    )
    group = StationGroup.objects.create(name="Mine")
    limit = GroupLimit.objects.create(user_id=client.session["_auth_user_id"])
    limit.groups.add(group)
    assert client.get(f"{plan_of(station)}change/").status_code == 404
    assert client.post(f"{plan_of(station)}apply/").status_code == 404
    group.members.create(station=station, added_at=station.created_at)
    text = text_of(client.get(f"{plan_of(station)}change/"))
    assert "Profile 0" in text and f"{BASE}{profile.pk}" not in text
    client.post(f"{plan_of(station)}apply/")
    assert ProfileRun.objects.count() == 1
    assert client.get(f"{BASE}{profile.pk}/change/").status_code in (403, 404)
    assert client.get(f"{BASE}{profile.pk}/edit/").status_code == 404
