"""What a station does not know: greyed, with reason and date, and asked again by a button."""

from __future__ import annotations

from diagnostics.models import StationCapability, TimelineEntry
from diagnostics.services.fleet import capabilities
from stations.models import ChargingStation
from tests.admin.conftest import Staff, text_of

VIEW, AGAIN = "diagnostics.view_stationcapability", "diagnostics.forget_capability"
TAB = "diagnostics.view_healthproblem"
STATIONS = ("stations.view_chargingstation", "diagnostics.view_logrequest")
LIST = "/admin/diagnostics/stationcapability/"


def page(station: ChargingStation, tab: str = "health") -> str:
    return f"/admin/stations/chargingstation/{station.pk}/change/?tab={tab}"


def learnt(station: ChargingStation, subject: str) -> StationCapability:
    capabilities.learn(station.pk, subject, known=False, code="NotImplemented")
    return StationCapability.objects.get(subject=subject)


def test_a_log_is_not_offered_where_the_station_knows_no_getlog(
    staff: Staff, station: ChargingStation
) -> None:
    learnt(station, "GetLog")
    client = staff(*STATIONS, "diagnostics.request_log")
    content = client.get(page(station, "overview")).content.decode()
    assert "dx-cannot" in content
    assert "does not know GetLog" in content
    assert "just now" in content
    assert "logrequest/request/" not in content


def test_customer_information_is_greyed_where_it_is_not_known(
    staff: Staff, station: ChargingStation
) -> None:
    learnt(station, "CustomerInformation")
    needed = ("diagnostics.view_customerinformation", "diagnostics.request_customer_information")
    content = staff(*STATIONS, *needed).get(page(station, "customers")).content.decode()
    assert "does not know CustomerInformation" in content
    assert "customerinformation/request/" not in content


def test_the_console_says_what_was_answered_before_and_sends_all_the_same(
    staff: Staff, station: ChargingStation
) -> None:
    learnt(station, "ClearCache")
    url = f"/admin/diagnostics/outboundcall/place/?station={station.pk}&action=ClearCache"
    said = text_of(staff(*STATIONS, "diagnostics.place_call").get(url))
    assert "does not know this (NotImplemented" in said


def test_what_it_does_not_know_is_listed_and_asked_again_by_those_who_may(
    staff: Staff, station: ChargingStation
) -> None:
    row = learnt(station, "GetReport")
    seen = staff(*STATIONS, TAB, VIEW).get(page(station)).content.decode()
    assert "GetReport" in seen
    assert "Ask again anyway" not in seen
    assert staff(*STATIONS, TAB, VIEW).post(f"{LIST}{row.pk}/again/").status_code == 403
    client = staff(*STATIONS, TAB, VIEW, AGAIN)
    assert "Ask again anyway" in client.get(page(station)).content.decode()
    assert client.get(f"{LIST}{row.pk}/again/").status_code == 405
    assert client.post(f"{LIST}{row.pk}/again/").status_code == 302
    assert not StationCapability.objects.exists()
    assert TimelineEntry.objects.filter(kind="capability.forgotten").exists()
    assert client.post(f"{LIST}{row.pk}/again/").status_code == 404
    assert "may be asked for again" in text_of(client.get(page(station, "overview")))


def test_the_list_shows_findings_of_all_stations(staff: Staff, station: ChargingStation) -> None:
    learnt(station, "GetReport")
    assert staff().get(LIST).status_code == 403
    listed = text_of(staff(VIEW).get(LIST))
    assert "GetReport" in listed
    assert "Does not know it" in listed
