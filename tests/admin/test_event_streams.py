"""The pages of event streams."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from diagnostics.admin.trend import number
from diagnostics.models import EventStream, OutboundCall
from diagnostics.ocpp.codecs.event_streams import StreamData, StreamFacts
from diagnostics.services import event_streams
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of

BASE = "/admin/diagnostics/eventstream/"
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
VIEW, SET = "diagnostics.view_eventstream", "diagnostics.set_monitor"


@pytest.fixture
def stream(station: ChargingStation) -> EventStream:
    station.ocpp_version = "2.1"
    station.save()
    event_streams.open_stream(station, StreamFacts(7, 44, 10, 20))
    row = EventStream.objects.get()
    OutboundCall.objects.all().delete()
    return row


def page_of(row: EventStream, tail: str = "change/") -> str:
    return f"{BASE}{row.pk}/{tail}"


def tab_of(station: ChargingStation) -> str:
    return f"/admin/stations/chargingstation/{station.pk}/change/?tab=streams"


def fill(station: ChargingStation, *values: str, pending: int = 0) -> None:
    samples = [(TEN + timedelta(seconds=n), value) for n, value in enumerate(values)]
    event_streams.record_stream_data(station, StreamData(7, pending, samples))


def test_values_are_drawn_and_listed(
    root: Client, station: ChargingStation, stream: EventStream
) -> None:
    assert "No value came yet" in text_of(root.get(page_of(stream)))
    fill(station, "230.4", "229", "words", HOSTILE)
    shown = root.get(page_of(stream)).content.decode()
    assert shown.count("<polyline") == 1 and "from 229 to 230.4" in shown
    assert "230.4" in shown and "words" in shown
    assert HOSTILE not in shown and "onerror=alert(1)&gt;" in shown


def test_the_station_has_a_tab_with_its_streams_in_21_only(
    root: Client, station: ChargingStation, stream: EventStream
) -> None:
    for pending in (0, 5, 9):
        fill(station, "1", pending=pending)
    shown = text_of(root.get(tab_of(station)))
    assert "stream 7" in shown and "every 10 s" in shown and "growing" in shown
    assert "growing" in text_of(root.get(BASE))
    station.ocpp_version = "2.0.1"
    station.save()
    assert 'href="?tab=streams"' not in root.get(tab_of(station)).content.decode()


def test_empty_pages_say_what_would_fill_them(root: Client, station: ChargingStation) -> None:
    station.ocpp_version = "2.1"
    station.save()
    assert "Set a periodic monitor with a stream" in text_of(root.get(tab_of(station)))
    assert "No stream yet" in text_of(root.get(BASE))


def test_the_pace_is_asked_for(root: Client, stream: EventStream) -> None:
    wrong = root.post(page_of(stream, "adjust/"), {"interval": "", "values": ""})
    assert "Give an interval" in text_of(wrong)
    assert root.post(page_of(stream, "adjust/"), {"interval": "0"}).status_code == 200
    done = root.post(page_of(stream, "adjust/"), {"interval": "30", "values": ""})
    assert done["Location"] == page_of(stream)
    calls = list(OutboundCall.objects.order_by("pk").values_list("action", "payload"))
    assert calls == [
        ("AdjustPeriodicEventStream", {"id": 7, "params": {"interval": 30}}),
    ]


def test_a_station_is_asked_which_streams_it_has(
    root: Client, staff: Staff, station: ChargingStation
) -> None:
    station.ocpp_version = "2.1"
    station.save()
    assert "Ask which streams" in root.get(tab_of(station)).content.decode()
    asked = root.post(f"{BASE}which/", {"station": station.pk})
    assert asked["Location"] == tab_of(station)
    assert OutboundCall.objects.get().action == "GetPeriodicEventStream"
    assert root.get(f"{BASE}which/?station={station.pk}").status_code == 404
    assert staff(VIEW).post(f"{BASE}which/", {"station": station.pk}).status_code == 403
    station.ocpp_version = "2.0.1"
    station.save()
    refused = root.post(f"{BASE}which/", {"station": station.pk}, follow=True)
    assert "2.0.1" in text_of(refused)


@pytest.mark.parametrize(
    ("tail", "permission", "method"),
    [
        ("change/", VIEW, "get"),
        ("live/", VIEW, "get"),
        ("adjust/", SET, "post"),
    ],
)
def test_every_page_has_its_permission(
    staff: Staff, stream: EventStream, tail: str, permission: str, method: str
) -> None:
    other = SET if permission == VIEW else VIEW
    assert getattr(staff(other), method)(page_of(stream, tail)).status_code == 403
    assert getattr(staff(permission), method)(page_of(stream, tail)).status_code in (200, 302)
    assert staff(SET).get(BASE).status_code == 403


def test_who_may_not_set_sees_no_form(staff: Staff, stream: EventStream) -> None:
    assert "Ask for this pace" not in staff(VIEW).get(page_of(stream)).content.decode()


def test_only_finite_numbers_are_drawn() -> None:
    assert [number(text) for text in ("1e3", "inf", "nan", "", "Faulted")] == [
        1000.0, None, None, None, None,
    ]  # fmt: skip
