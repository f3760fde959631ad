"""The health of connections: on the page of a station, in the lists, and on Home."""

from __future__ import annotations

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics.message_log.tally import add_counts
from diagnostics.models.health import hour_of
from diagnostics.services.fleet import health
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.conftest import Staff, text_of

VIEW = "diagnostics.view_healthproblem"
STATIONS = ("stations.view_chargingstation", "diagnostics.view_logrequest")
LIST, FLEET = "/admin/diagnostics/healthproblem/", "/admin/stations/chargingstation/"


def flapping(station: ChargingStation) -> None:
    now = timezone.now()
    add_counts({(station.pk, hour_of(now)): {"connections": 14, "received": 30, "latency_2": 7}})
    health.look(now)


def page(station: ChargingStation) -> str:
    return f"{FLEET}{station.pk}/change/?tab=health"


def test_the_page_of_a_station_says_what_is_wrong_and_shows_its_hours(
    staff: Staff, station: ChargingStation
) -> None:
    assert "Nothing is wrong" in text_of(staff(*STATIONS, VIEW).get(page(station)))
    flapping(station)
    response = staff(*STATIONS, VIEW).get(page(station))
    shown = text_of(response)
    assert "It connected 14 times in this hour and the last one." in shown
    assert "Connections, by hour" in shown
    assert "within 500 ms" in shown
    assert response.content.decode().count('class="dx-chart"') == 2


def test_where_messages_are_not_recorded_the_page_says_that_they_are_not_counted(
    staff: Staff, station: ChargingStation
) -> None:
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "MESSAGE_LOG": False}):
        shown = text_of(staff(*STATIONS, VIEW).get(page(station)))
    assert "they are not counted either" in shown


def test_stations_are_narrowed_to_those_with_a_problem(
    staff: Staff, station: ChargingStation
) -> None:
    register_station("QUIET-1", security_profile=0)
    flapping(station)
    client = staff(*STATIONS)
    for query in ("any", "Flapping"):
        shown = text_of(client.get(f"{FLEET}?health={query}"))
        assert "CS-1" in shown and "QUIET-1" not in shown, query
    assert "CS-1" not in text_of(client.get(f"{FLEET}?health=Slow"))


def test_home_counts_the_stations_with_each_problem(staff: Staff, station: ChargingStation) -> None:
    flapping(station)
    home = staff(VIEW).get("/admin/").content.decode()
    assert f"{LIST}?kind__exact=Flapping" in home
    assert "Connection comes and goes" not in text_of(staff(*STATIONS).get("/admin/"))
    listed = text_of(staff(VIEW).get(f"{LIST}?kind__exact=Flapping"))
    assert "CS-1" in listed and "14 times" in listed
