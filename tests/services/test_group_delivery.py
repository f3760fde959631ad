"""Calls and answers of many stations at once: the same rules as for one, by few statements."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from diagnostics.exceptions import RequestRefused
from diagnostics.models import OutboundCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, logs
from diagnostics.services.calls import delivery, group_delivery, place_calls
from diagnostics.services.calls.group_delivery import ALONE, Answer, Taker
from diagnostics.signals import call_settled
from tests.services.conftest import TellingGateway, make_station

TRIGGER = {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}
ACCEPTED = {"status": "Accepted"}


@pytest.fixture
def stations(db: None, gateway: TellingGateway) -> list[Any]:
    return [make_station(f"CS-{number}") for number in range(6)]


def take(
    stations: list[Any], registration: str = "Accepted", version: OcppVersion = OcppVersion.V201
) -> list[Any]:
    return group_delivery.next_calls(
        [Taker(station.pk, version, "c1", registration) for station in stations]
    )


def answer(taken: list[Any], payload: Any = ACCEPTED) -> list[Any]:
    return group_delivery.record_answers(
        [Answer(call.station_id, call.message_id, payload) for call in taken]
    )


def test_each_station_gets_its_oldest_call_and_one_at_a_time(stations: list[Any]) -> None:
    first = place_calls(stations=stations, **TRIGGER)
    second = place_calls(stations=stations, **TRIGGER)
    taken = take(stations)
    assert taken == first
    assert {(call.status, call.connection) for call in taken} == {("Sent", "c1")}
    assert all(call.wire_payload == TRIGGER["payload"] and call.deadline_at for call in taken)
    assert take(stations) == [None] * 6
    assert answer(taken) == [True] * 6
    last = take(stations)
    assert last == second
    assert {call.others_wait for call in taken} == {True}
    assert {call.others_wait for call in last} == {False}
    kept = OutboundCall.objects.filter(status="Answered").values_list("answer", "late")
    assert list(kept) == [(ACCEPTED, False)] * 6


def test_many_take_no_more_statements_than_few(stations: list[Any]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, and its statements cost no journey")

    def statements(some: list[Any]) -> int:
        place_calls(stations=some, **TRIGGER)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer(take(some))
        return len(captured)

    assert statements(stations[:2]) == statements(stations)


def test_a_station_may_stand_in_a_group_twice(stations: list[Any]) -> None:
    first, _ = place_calls(stations=[stations[0]] * 2, **TRIGGER)
    assert take([stations[0]] * 2) == [first, None]


def test_what_has_consequences_goes_alone(stations: list[Any]) -> None:
    plain = place_calls(stations=stations[:1], **TRIGGER)[0]
    logs.request_log(station=stations[1])
    calls.place_call(
        station=stations[2],
        action="GetVariables",
        payload={
            "getVariableData": [
                {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
            ]
        },
    )
    sent, alone, variables = take(stations[:3])
    assert (sent, alone, variables.action) == (plain, ALONE, "GetVariables")
    taken = delivery.next_call(stations[1], version=OcppVersion.V201)
    assert taken is not None
    assert answer([plain, taken, variables]) == [True, ALONE, ALONE]


def test_in_pending_only_what_ocpp_allows_goes_out(stations: list[Any]) -> None:
    place_calls(stations=stations[:2], action="ClearCache", payload={})
    (trigger,) = place_calls(stations=stations[2:3], **TRIGGER)
    assert take(stations[:1], "Pending") == [ALONE]
    assert delivery.next_call(stations[0], version=OcppVersion.V201, registration="Pending") is None
    assert take(stations[1:2], "Rejected") == [None]
    assert take(stations[2:3], "Pending") == [trigger]


def test_what_another_process_took_is_not_sent_again(
    stations: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = place_calls(stations=stations, **TRIGGER)
    found = group_delivery._firsts

    def too_early(some: Any) -> Any:
        firsts = found(some)  # and in this moment the other process takes one of them
        assert delivery.next_call(stations[2], version=OcppVersion.V201, connection="c2")
        return firsts

    monkeypatch.setattr(group_delivery, "_firsts", too_early)
    assert take(stations) == [*placed[:2], ALONE, *placed[3:]]
    placed[2].refresh_from_db()
    assert placed[2].connection == "c2"


@pytest.mark.django_db(transaction=True)  # as in service: the refused statement ends its own
def test_a_call_in_flight_that_came_up_meanwhile_sends_the_group_one_by_one(
    stations: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place_calls(stations=stations, **TRIGGER)
    second = place_calls(stations=stations, **TRIGGER)
    firsts = {call.station_id: call for call in second}
    assert take(stations[:1]) == first[:1]
    monkeypatch.setattr(group_delivery, "_firsts", lambda some: dict(firsts))
    assert take(stations) == [ALONE] * 6
    assert OutboundCall.objects.in_flight().get() == first[0]


def test_a_call_its_version_does_not_have_is_left_to_its_own_turn(
    stations: list[Any], gateway: TellingGateway
) -> None:
    gateway.spoken = None
    odd = place_calls(stations=stations[:1], action="GetConfiguration", payload={})[0]
    good = place_calls(stations=stations[1:2], **TRIGGER)[0]
    assert take(stations[:2]) == [ALONE, good]
    odd.refresh_from_db()
    assert (odd.status, odd.error_code) == ("Canceled", "Unsupported")


def test_answers_are_matched_by_station_and_recorded_once(stations: list[Any]) -> None:
    place_calls(stations=stations[:3], **TRIGGER)
    one, two, three = take(stations[:3])
    delivery.record_timeout(stations[2], three.message_id)
    recorded = group_delivery.record_answers(
        [
            Answer(one.station_id, one.message_id, ACCEPTED),
            Answer(one.station_id, one.message_id, {"status": "Rejected"}),
            Answer(one.station_id, two.message_id, ACCEPTED),
            Answer(two.station_id, two.message_id, ["odd"]),
            Answer(three.station_id, three.message_id, ACCEPTED),
            Answer(three.station_id, "nobody", ACCEPTED),
        ]
    )
    assert recorded == [True, ALONE, False, ALONE, True, False]
    three.refresh_from_db()
    assert (three.status, three.late, three.error_code) == ("Answered", True, "")
    assert answer([one]) == [False]


def test_secrets_are_forgotten_and_hosts_hear_of_it(
    stations: list[Any], gateway: TellingGateway, django_capture_on_commit_callbacks: Any
) -> None:
    secret = {"key": "AuthorizationKey", "value": "hush" * 5}
    gateway.spoken = OcppVersion.V16
    heard: list[int] = []

    def listen(call: OutboundCall, **_: Any) -> None:
        heard.append(call.pk)

    place_calls(stations=stations[:2], action="ChangeConfiguration", payload=secret)
    call_settled.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            taken = take(stations[:2], version=OcppVersion.V16)
            assert "hush" in str(taken[0].wire_payload)
            assert answer(taken) == [True, True]
    finally:
        call_settled.disconnect(listen)
    assert heard == [call.pk for call in taken]
    rows = OutboundCall.objects.values_list("payload", "wire_payload")
    assert "hush" not in str(list(rows))


def test_many_are_placed_all_or_none(stations: list[Any], gateway: TellingGateway) -> None:
    with pytest.raises(RequestRefused, match="GetConfiguration"):
        place_calls(stations=stations, action="GetConfiguration", payload={})
    assert not OutboundCall.objects.exists()
    gateway.spoken = OcppVersion.V16
    assert len(place_calls(stations=stations, action="GetConfiguration", payload={})) == 6
