"""The pages of the message log: who may see them, what they find, and what an export leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from diagnostics.models import MessageRecord, TimelineEntry
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.conftest import HOSTILE, Staff, text_of
from tests.admin.test_pages import Inline

LIST = "/admin/diagnostics/messagerecord/"
VIEW, EXPORT = "diagnostics.view_messagerecord", "diagnostics.export_messages"


def message(station: ChargingStation, **columns: Any) -> MessageRecord:
    given = {
        "at": timezone.now(),
        "direction": "FromStation",
        "message_type": 2,
        "message_id": "m-1",
        "action": "NotifyEvent",
        "payload": {"techInfo": HOSTILE},
        "size": 120,
        **columns,
    }
    return MessageRecord.objects.create(station=station, **given)


@pytest.fixture
def pair(station: ChargingStation) -> tuple[MessageRecord, MessageRecord]:
    answer = {"direction": "ToStation", "message_type": 4, "outcome": "InternalError"}
    return message(station), message(station, **answer, latency=12.4, error_description=HOSTILE)


def tab(station: ChargingStation, query: str = "") -> str:
    return f"/admin/stations/chargingstation/{station.pk}/change/?tab=messages{query}"


def test_pages_are_strict_and_hostile_strings_do_no_harm(
    root: Client, station: ChargingStation, pair: tuple[MessageRecord, MessageRecord]
) -> None:
    message(station, message_type=None, payload=None, text=HOSTILE, outcome="Ignored")
    pages = [
        LIST,
        tab(station),
        *(f"{LIST}{row.pk}/change/" for row in MessageRecord.objects.all()),
    ]
    for address in pages:
        response = root.get(address)
        assert response.status_code == 200, address
        assert Inline(response.content.decode()).found == [], address


def test_an_answer_stands_beside_its_call(
    root: Client, pair: tuple[MessageRecord, MessageRecord]
) -> None:
    call, answer = pair
    shown = text_of(root.get(f"{LIST}{call.pk}/change/"))
    assert "Its answer" in shown
    assert "InternalError" in shown
    assert "12 ms" in text_of(root.get(f"{LIST}{answer.pk}/change/"))
    assert "Its call" in text_of(root.get(f"{LIST}{answer.pk}/change/"))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("&q=m-1", 2),
        ("&q=onerror", 2),
        ("&action=Heartbeat", 1),
        ("&outcome=troubles", 1),
        ("&direction=ToStation", 1),
        ("&hours=1", 3),
        ("&hours=x&direction=y", 3),
        ("&q=nowhere", 0),
    ],
)
def test_a_stations_messages_are_filtered_and_searched(
    root: Client,
    station: ChargingStation,
    pair: tuple[MessageRecord, MessageRecord],
    query: str,
    count: int,
) -> None:
    message(station, action="Heartbeat", payload={}, message_id="m-2")
    message(register_station("CS-2")[0])
    page = root.get(tab(station, query)).content.decode()
    assert page.count('<tr id="m') == count
    assert ("No message of this station is like that" in page) == (count == 0)


def test_the_list_searches_in_one_station(
    root: Client, station: ChargingStation, pair: tuple[MessageRecord, MessageRecord]
) -> None:
    message(register_station("CS-2")[0])
    assert len(root.get(f"{LIST}?q=CS-1").context["cl"].result_list) == 2
    assert len(root.get(f"{LIST}?q=CS-1+m-1").context["cl"].result_list) == 2
    assert len(root.get(f"{LIST}?q=CS-1+nothing").context["cl"].result_list) == 0
    assert (
        len(root.get(f"{LIST}?outcome=troubles&action=NotifyEvent").context["cl"].result_list) == 1
    )
    assert len(root.get(f"{LIST}?hours=24").context["cl"].result_list) == 3


def test_empty_pages_say_what_would_fill_them(root: Client, station: ChargingStation) -> None:
    assert "No message was recorded yet" in text_of(root.get(LIST))
    assert "it has not connected since" in text_of(root.get(tab(station)))


def test_pages_and_the_export_ask_for_their_permissions(
    staff: Staff, station: ChargingStation, pair: tuple[MessageRecord, MessageRecord]
) -> None:
    see_station = "stations.view_chargingstation"
    for address in (LIST, f"{LIST}{pair[0].pk}/change/"):
        assert staff(EXPORT).get(address).status_code == 403
        assert staff(VIEW).get(address).status_code == 200
    assert "tab=messages" not in staff(see_station).get(tab(station)).content.decode()
    looking = staff(see_station, VIEW)
    assert "export/" not in looking.get(tab(station)).content.decode()
    assert "export/" in staff(see_station, VIEW, EXPORT).get(tab(station)).content.decode()
    wanted = {"station": station.pk}
    assert looking.post(f"{LIST}export/", wanted).status_code == 403
    assert staff(EXPORT).post(f"{LIST}export/", wanted).status_code == 403
    assert staff(VIEW, EXPORT).get(f"{LIST}export/").status_code == 405
    assert not TimelineEntry.objects.filter(kind="messages.exported").exists()


def test_an_export_streams_lines_and_is_noted(
    root: Client, station: ChargingStation, pair: tuple[MessageRecord, MessageRecord]
) -> None:
    wanted = {"station": station.pk, "direction": "FromStation"}
    response = root.post(f"{LIST}export/", wanted)
    lines = [json.loads(line) for line in b"".join(response).splitlines()]
    assert [line["payload"] for line in lines] == [{"techInfo": HOSTILE}]
    assert "latency" not in lines[0]
    assert 'filename="messages-cs-1.jsonl"' in response["Content-Disposition"]
    assert TimelineEntry.objects.get(kind="messages.exported").user.username == "admin"
    assert root.post(f"{LIST}export/", {"station": "x"}).status_code == 404


def test_older_messages_are_reached_by_key(root: Client, station: ChargingStation) -> None:
    for number in range(30):
        message(station, message_id=f"n{number}", payload={})
    page = root.get(tab(station, "&action=NotifyEvent"))
    older = page.context["older"]
    assert "action=NotifyEvent" in older
    assert "n4" in root.get(tab(station) + "&" + older[1:]).content.decode()
