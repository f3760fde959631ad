"""Stations: registered, adopted, blocked, given passwords; and the tabs of one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from diagnostics import inbound
from diagnostics.models import LogRequest, StationInfo, TimelineEntry
from diagnostics.wording import entry_sentence
from stations.models import ChargingStation, RefusedConnection
from stations.passwords import matches
from tests.admin.conftest import Staff, text_of

STATIONS = "/admin/stations/chargingstation/"
REFUSED = "/admin/stations/refusedconnection/"

NEW = {"identity": "CS-9", "name": "Yard", "security_profile": "1", "password": ""}


def shown_password(page: str) -> str:
    found = re.search(r'data-copy="([0-9a-f]{32})"', page)
    assert found, page
    return found[1]


def test_adding_a_station_shows_its_address_and_a_made_up_password_once(root: Client) -> None:
    page = root.post(f"{STATIONS}add/", NEW).content.decode()
    station = ChargingStation.objects.get(identity="CS-9")
    assert matches(shown_password(page).encode(), station.password_hash)
    assert "/ocpp/CS-9" in page
    for address in (
        f"{STATIONS}{station.pk}/change/",
        f"{STATIONS}{station.pk}/change/?tab=settings",
    ):
        assert shown_password(page) not in root.get(address).content.decode()


def test_a_password_of_ones_own_is_not_shown(root: Client) -> None:
    page = root.post(f"{STATIONS}add/", {**NEW, "password": "sixteen-letters!"}).content.decode()
    assert "The one you gave." in page and "sixteen-letters!" not in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"identity": "cs-1"}, "There is already a station with this identity."),
        ({"identity": "a:b"}, "An identity has no colon and no slash."),
        ({"password": "short"}, "16 to 64 characters."),
        ({"security_profile": "3"}, "Security profile 3 needs TLS client certificates"),
    ],
)
def test_mistakes_are_sentences_at_the_field(
    root: Client, station: ChargingStation, changed: dict[str, str], sentence: str
) -> None:
    assert sentence in text_of(root.post(f"{STATIONS}add/", {**NEW, **changed}))
    assert ChargingStation.objects.count() == 1


@pytest.fixture
def knock(db: None) -> RefusedConnection:
    now = timezone.now()
    return RefusedConnection.objects.create(
        identity="STRANGER", reason="UnknownStation", http_status=404, first_at=now, last_at=now
    )


def test_an_unknown_station_is_adopted_with_one_click(
    root: Client, knock: RefusedConnection
) -> None:
    assert "STRANGER knocked once" in text_of(root.get("/admin/"))
    adopt = f"{REFUSED}{knock.pk}/adopt/"
    assert adopt in root.get(REFUSED).content.decode()
    assert root.get(adopt).status_code == 405
    page = root.post(adopt).content.decode()
    station = ChargingStation.objects.get(identity="STRANGER")
    assert matches(shown_password(page).encode(), station.password_hash)
    assert not RefusedConnection.objects.exists()


def test_adopting_what_is_known_by_now_is_a_sentence(
    root: Client, knock: RefusedConnection
) -> None:
    ChargingStation.objects.create(identity="stranger")
    again = root.post(f"{REFUSED}{knock.pk}/adopt/", follow=True)
    assert "already a station with this identity" in text_of(again)


def test_adopting_takes_the_permission_to_add_stations(
    staff: Staff, knock: RefusedConnection
) -> None:
    looker = staff("stations.view_refusedconnection")
    assert "/adopt/" not in looker.get(REFUSED).content.decode()
    assert looker.post(f"{REFUSED}{knock.pk}/adopt/").status_code == 403


def test_a_new_password_is_made_up_after_a_question(root: Client, station: ChargingStation) -> None:
    address = f"{STATIONS}{station.pk}/password/"
    assert "stops working at once" in text_of(root.get(address))
    page = root.post(address).content.decode()
    station.refresh_from_db()
    assert matches(shown_password(page).encode(), station.password_hash)


def test_the_header_says_who_where_and_what_can_be_asked(
    root: Client, station: ChargingStation
) -> None:
    StationInfo.objects.create(
        station=station,
        vendor="Nordlader",
        model="NL-22",
        firmware_version="3.8.2",
        clock_skew=-7260,
    )
    text = text_of(root.get(f"{STATIONS}{station.pk}/change/"))
    for fact in ("CS-1", "Depot", "never connected", "Nordlader NL-22", "3.8.2", "2.0.1"):
        assert fact in text
    assert "its clock is 2 h 1 min slow" in text
    assert "Request diagnostics log" in text
    assert "has no DataCollectorLog" in text


def test_the_tabs_are_addresses_and_need_their_permissions(
    staff: Staff, station: ChargingStation, row: LogRequest
) -> None:
    inbound.station_connected(station)
    here = f"{STATIONS}{station.pk}/change/"
    looker = staff("stations.view_chargingstation", "diagnostics.view_logrequest")
    overview = text_of(looker.get(here))
    assert "Connected" in overview and "Diagnostics log requested" in overview
    assert "Calls" not in overview and "Request diagnostics log" not in overview
    assert "Waiting" in text_of(looker.get(here, {"tab": "logs"}))
    assert "Waiting: the station" not in text_of(looker.get(here, {"tab": "calls"}))
    only = text_of(looker.get(here, {"tab": "overview", "source": "Operator"}))
    assert "Diagnostics log requested" not in only
    nobody = staff("diagnostics.view_logrequest")
    assert nobody.get(here).status_code == 403


def test_the_timeline_goes_on_by_key(root: Client, station: ChargingStation) -> None:
    now = timezone.now()
    for number in range(60):
        TimelineEntry.objects.create(
            station=station, kind=f"kind-{number}", source="System", at=now, last_at=now
        )
    here = f"{STATIONS}{station.pk}/change/"
    page = root.get(here).content.decode()
    assert "kind-59" in page and "kind-9<" not in page
    older = re.findall(r'href="(\?[^"]*before=\d+)"', page)[0].replace("&amp;", "&")
    assert "kind-9" in root.get(here + older).content.decode()


def test_settings_keep_the_upload_address_and_block(
    root: Client, station: ChargingStation, admin_user: User
) -> None:
    StationInfo.objects.create(station=station)
    info = StationInfo.objects.get()
    address = f"{STATIONS}{station.pk}/change/?tab=settings"
    assert "Upload address starts with" in text_of(root.get(address))
    data = {
        "name": "Depot 2", "security_profile": "0", "registration_policy": "Accepted",
        "diagnostics_info-TOTAL_FORMS": "1", "diagnostics_info-INITIAL_FORMS": "1",
        "diagnostics_info-0-id": info.pk, "diagnostics_info-0-station": station.pk,
        "diagnostics_info-0-upload_base_url": "http://10.0.0.1",
        "diagnostics_info-0-upload_route": "relay",
    }  # fmt: skip
    response = root.post(address, data)
    assert response["Location"].endswith("?tab=settings")
    station.refresh_from_db()
    info.refresh_from_db()
    assert (station.name, station.is_active) == ("Depot 2", False)
    assert info.upload_base_url == "http://10.0.0.1"
    assert "Through this server: chosen for this station." in text_of(root.get(address))
    changed = TimelineEntry.objects.get(kind="station.uploads_changed")
    assert changed.user == admin_user
    assert entry_sentence(changed) == (
        "How its log files come in was changed: Through this server: http://10.0.0.1"
    )
    bad = root.post(address, {**data, "diagnostics_info-0-upload_base_url": "gopher://x"})
    assert "Enter a valid URL" in text_of(bad)


def test_stations_that_dropped_off_are_on_home_and_in_the_filter(
    root: Client, station: ChargingStation
) -> None:
    station.last_seen_at = timezone.now() - timedelta(days=1)
    station.save()
    ChargingStation.objects.create(
        identity="LONG-GONE", last_seen_at=timezone.now() - timedelta(days=30)
    )
    home = text_of(root.get("/admin/"))
    assert "Stations that dropped off" in home and "LONG-GONE" not in home
    found = {
        state: {
            row.identity for row in root.get(STATIONS, {"state": state}).context["cl"].result_list
        }
        for state in ("connected", "dropped", "away", "never")
    }
    assert found == {
        "connected": set(),
        "dropped": {"CS-1"},
        "away": {"CS-1", "LONG-GONE"},
        "never": set(),
    }


def test_vendor_model_and_firmware_are_offered_one_after_the_other(
    root: Client, station: ChargingStation
) -> None:
    StationInfo.objects.create(station=station, vendor="Acme", model="M1", firmware_version="7")
    assert "By model" not in text_of(root.get(STATIONS))
    assert "By model" in text_of(root.get(STATIONS, {"vendor": "Acme"}))
    chosen = root.get(STATIONS, {"vendor": "Acme", "model": "M1", "firmware": "7"})
    assert [row.identity for row in chosen.context["cl"].result_list] == ["CS-1"]
    assert "By firmware" in text_of(chosen)


@pytest.mark.parametrize("query", ["CS-1", "depot", "SN-77"])
def test_stations_are_found_by_identity_name_and_serial(
    root: Client, station: ChargingStation, query: str
) -> None:
    StationInfo.objects.create(station=station, serial_number="SN-77")
    ChargingStation.objects.create(identity="OTHER")
    shown = root.get(STATIONS, {"q": query}).context["cl"].result_list
    assert [row.identity for row in shown] == ["CS-1"]


def test_a_page_of_a_station_that_is_not_there(admin_user: User, root: Client) -> None:
    assert root.get(f"{STATIONS}999/change/").status_code == 404


def test_deleting_a_station_says_how_much_goes_with_it_in_numbers(
    root: Client, station: ChargingStation
) -> None:
    for kind in ("station.booted", "station.connected", "station.disconnected"):
        now = timezone.now()
        TimelineEntry.objects.create(station=station, at=now, last_at=now, kind=kind)
    address = f"{STATIONS}{station.pk}/delete/"
    asked = text_of(root.get(address))
    assert "Timeline: 3" in asked or "timeline: 3" in asked
    assert "station.booted" not in asked
    assert ": 0" not in asked and "relationship" not in asked
    root.post(address, {"post": "yes"})
    assert not ChargingStation.objects.exists()
    assert not TimelineEntry.objects.exists()


def test_open_alerts_stand_in_the_list_and_can_be_filtered_by(
    root: Client, station: ChargingStation
) -> None:
    ChargingStation.objects.create(identity="QUIET")
    fault = {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted"}
    inbound.receive_call(station, "1.6", "StatusNotification", fault)
    page = root.get(STATIONS).content.decode()
    assert f"/admin/diagnostics/alert/?q={station.identity}" in page
    narrowed = text_of(root.get(STATIONS, {"alerts": "open"}))
    assert station.identity in narrowed and "QUIET" not in narrowed
