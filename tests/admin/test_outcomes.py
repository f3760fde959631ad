"""The page "Outcomes": figures of log requests, each with the list behind it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from diagnostics.models import GroupLimit, LogRequest, StationGroup, StationSelection
from diagnostics.services.fleet import groups
from diagnostics.testing.factories import make_log_file, make_log_request, make_station_info
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.conftest import HOSTILE, Staff, text_of

VIEW = "diagnostics.view_logrequest"
LIST = "/admin/diagnostics/logrequest/"
PAGE = f"{LIST}outcomes/"


@pytest.fixture
def other(station: ChargingStation) -> ChargingStation:
    """CS-2 of another vendor, which failed twice; CS-1 brought a file, and is asked again."""
    made = register_station("CS-2", security_profile=0)[0]
    make_station_info(station, vendor="Nord", model="N1", firmware_version="1.0")
    make_station_info(made, vendor="Süd", model=HOSTILE, firmware_version="2.3")
    row = make_log_request(station, station_status="Uploaded")
    make_log_file(row, b"x" * 2048, received_at=row.created_at + timedelta(seconds=80))
    make_log_request(station)
    for _ in range(2):
        make_log_request(made, station_status="UploadFailure", call={"status": "Answered"})
    return made


def links(page: str) -> dict[str, str]:
    """Addresses by the words of their links."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", " ", words).split()): unescape(url) for url, words in found}


def test_each_figure_leads_to_the_requests_behind_it(staff: Staff, other: ChargingStation) -> None:
    client = staff(VIEW)
    response = client.get(PAGE)
    shown = text_of(response)
    assert "4 logs were asked for in the last 30 days." in shown
    assert "Of those that came to an end, 33 % brought a file." in shown
    assert "here: half within 1 min 20 s, 95 of 100 within 1 min 20 s." in shown
    assert shown.index("Süd") < shown.index("Nord"), "the worst first"
    assert "half within 1 min 20 s 95 of 100 within 1 min 20 s" in shown
    assert "2.1 KB" in shown
    page = response.content.decode()
    assert "<img" not in page
    urls = links(page)
    failed = client.get(urls["2 Failed: the station could not deliver the file"])
    assert text_of(failed).count("CS-2") == 2 and "CS-1" not in text_of(failed)
    received = text_of(client.get(urls["1 received"]))
    assert received.count("CS-1") == 1 and "Received" in received
    assert "CS-2" not in text_of(client.get(urls["Nord N1"]))


def test_an_operator_sees_the_figures_of_the_own_stations_only(
    staff: Staff, other: ChargingStation, station: ChargingStation
) -> None:
    client = staff(VIEW)
    group = StationGroup.objects.create(name="North")
    groups.add_stations(group=group, stations=[station])
    GroupLimit.objects.create(user=User.objects.get()).groups.add(group)
    shown = text_of(client.get(PAGE))
    assert "2 logs were asked for" in shown and "Nord N1" in shown and "Süd" not in shown
    theirs = StationGroup.objects.create(name="South")
    groups.add_stations(group=theirs, stations=[other])
    assert "South" not in shown
    refused = text_of(client.get(f"{PAGE}?group={theirs.pk}"))
    assert "logs were asked for" not in refused and "Select a valid choice" in refused


def test_the_page_is_narrowed_and_so_are_its_links(root: Client, other: ChargingStation) -> None:
    selection = StationSelection.objects.create(name="All of Süd", vendor="Süd")
    group = StationGroup.objects.create(name="South")
    groups.add_stations(group=group, stations=ChargingStation.objects.all())
    LogRequest.objects.filter(station=other).update(created_at=timezone.now() - timedelta(days=20))
    query = f"?selection={selection.pk}&group={group.pk}&by=vendor&log=DiagnosticsLog"
    response = root.get(f"{PAGE}{query}")
    assert "2 logs were asked for" in text_of(response) and "Nord" not in text_of(response)
    url = links(response.content.decode())["2 failed"]
    assert f"group={group.pk}&selection={selection.pk}" in url
    listed = text_of(root.get(url))
    assert listed.count("CS-2") == 2 and "All of Süd" in listed
    assert "No log was asked for" in text_of(root.get(f"{PAGE}{query}&days=7"))
    assert "Select a valid choice" in text_of(root.get(f"{PAGE}?days=8&by=nothing"))


def test_those_of_an_unknown_make_are_listed_too(root: Client, station: ChargingStation) -> None:
    make_log_request(station, station_status="UploadFailure")
    row = make_log_request(register_station("CS-2", security_profile=0)[0])
    make_station_info(row.station)
    url = links(root.get(PAGE).content.decode())["make not known"]
    listed = text_of(root.get(url))
    assert listed.count("CS-1") == 1 and "CS-2" not in listed


def test_it_opens_for_those_who_may_see_requests_and_stands_in_their_menu(
    staff: Staff, other: ChargingStation
) -> None:
    assert PAGE in staff(VIEW).get("/admin/").content.decode()
    assert PAGE in staff(VIEW).get(LIST).content.decode()
    stranger = staff("diagnostics.view_alert")
    assert PAGE not in stranger.get("/admin/").content.decode()
    assert stranger.get(PAGE).status_code == 403
