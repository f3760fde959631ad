"""Calls to a station on a live connection: delivered once, answered, late, lost."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest

from diagnostics.models import OutboundCall, TimelineEntry
from diagnostics.services import calls
from stations.models import ChargingStation, StationConnection
from stations.services import block_station, register_station
from tests.servers.processes import wait_until
from tests.servers.valkey import Valkey
from tests.stations.conftest import PASSWORD, Connect, becomes, place

HEARTBEAT = {"requestedMessage": "Heartbeat"}


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_call_goes_out_and_its_answer_is_kept(
    connect: Connect, station: ChargingStation, subprotocol: str
) -> None:
    with connect(station, subprotocols=[subprotocol]) as socket:
        call = place(station)
        message_id, payload = socket.next_call("TriggerMessage")
        assert (message_id, payload) == (call.message_id, HEARTBEAT)
        socket.answer(message_id, {"status": "Accepted"})
        becomes(call, "Answered")
    assert call.answer == {"status": "Accepted"}


def test_a_call_waits_for_the_station_to_come_back(
    connect: Connect, station: ChargingStation
) -> None:
    first, second = place(station), place(station)
    with connect(station) as socket:
        for call in (first, second):
            message_id, _ = socket.next_call("TriggerMessage")
            assert message_id == call.message_id
            socket.answer(message_id, {"status": "Accepted"})
    becomes(second, "Answered")


def test_one_call_is_in_flight_at_a_time(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        first, second = place(station), place(station)
        message_id, _ = socket.next_call("TriggerMessage")
        assert socket.hears_nothing()
        assert socket.call("Heartbeat", {})[0] == 3
        socket.answer(message_id, {"status": "Rejected"})
        assert socket.next_call("TriggerMessage")[0] == second.message_id
    becomes(first, "Answered")


def test_a_refused_call_keeps_the_stations_words(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        call = place(station)
        message_id, _ = socket.next_call("TriggerMessage")
        socket.send([4, message_id, "NotSupported", "no triggers here", {}])
        becomes(call, "Refused", "NotSupported")
    assert call.error_description == "no triggers here"


def test_an_unreadable_answer_fails_the_call(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        call = place(station)
        message_id, _ = socket.next_call("TriggerMessage")
        socket.answer(message_id, {"status": "Perhaps"})
        becomes(call, "Refused", "InvalidAnswer")
        assert call.answer == {"status": "Perhaps"}
        assert socket.call("Heartbeat", {})[0] == 3


def test_a_late_answer_is_a_fact(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        call = place(station, timeout=timedelta(seconds=0.2))
        message_id, _ = socket.next_call("TriggerMessage")
        becomes(call, "TimedOut", "NoAnswer")
        following = place(station)
        assert socket.next_call("TriggerMessage")[0] == following.message_id
        socket.answer(message_id, {"status": "Accepted"})
        becomes(call, "Answered")
    assert call.late


def test_a_call_on_a_lost_connection_has_no_outcome(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        call = place(station)
        message_id, _ = socket.next_call("TriggerMessage")
    becomes(call, "TimedOut", "ConnectionLost")
    with connect(station) as socket:
        socket.answer(message_id, {"status": "Accepted"})
        becomes(call, "Answered")
    assert call.late


def test_many_stations_are_called_at_once(connect: Connect, server: str) -> None:
    stations = []
    for number in range(8):
        station = register_station(f"CP-{number}", password=PASSWORD)[0]
        ChargingStation.objects.filter(pk=station.pk).update(registration="Accepted")
        stations.append(station)
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(station)) for station in stations]
        placed = calls.place_calls(
            stations=stations * 2, action="TriggerMessage", payload=HEARTBEAT
        )
        block_station(stations[3])
        for turn in (0, 1):
            for number, socket in enumerate(sockets):
                if number == 3:
                    continue
                message_id, _ = socket.next_call("TriggerMessage")
                assert message_id == placed[turn * 8 + number].message_id
                socket.answer(message_id, {"status": "Accepted"})
        for call in placed[8:11]:
            becomes(call, "Answered")
    assert OutboundCall.objects.filter(station=stations[0], status="Answered").count() == 2


def test_an_answer_to_nothing_is_noted(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        socket.answer("no call of ours", {"status": "Accepted"})
        socket.send([4, "nor this", "GenericError", "", {}])
        assert socket.call("Heartbeat", {})[0] == 3
    notes = TimelineEntry.objects.filter(kind="call.unmatched")
    assert {note.data["message_id"] for note in notes} == {"no call of ours", "nor this"}


def test_a_second_connection_replaces_the_first(connect: Connect, station: ChargingStation) -> None:
    """Stations lose their network without a word; the newest connection is the station."""
    with connect(station) as old:
        call = place(station)
        old.next_call("TriggerMessage")
        with connect(station) as new:
            becomes(call, "TimedOut", "ConnectionLost")
            wait_until(lambda: has_closed(old.connection), "the old socket closes")
            assert StationConnection.objects.live().count() == 1
            place(station)
            new.next_call("TriggerMessage")
            wait_until(lambda: closed_reasons() == ["Replaced"], "the old row is closed")
    kinds = TimelineEntry.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds).count("station.disconnected") <= 1


def has_closed(connection) -> bool:
    try:
        connection.recv(timeout=0.05)
    except TimeoutError:
        return False
    except Exception:
        return connection.close_code == 1008
    return False


def closed_reasons() -> list[str]:
    closed = StationConnection.objects.exclude(closed_at=None)
    return list(closed.values_list("close_reason", flat=True))


def test_blocking_a_station_ends_its_connection(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {})
        block_station(station)
        wait_until(lambda: has_closed(socket.connection), "the socket closes")
    wait_until(lambda: closed_reasons() == ["Blocked"], "the row is closed")


def test_a_lost_doorbell_costs_one_beat(
    fast_beat: None, connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {})
        call = place(station, ring=False)
        assert socket.next_call("TriggerMessage")[0] == call.message_id


def test_stations_live_through_a_valkey_that_is_away(
    fast_beat: None, valkey: Valkey, connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {})
        valkey.stop()
        assert socket.call("Heartbeat", {})[0] == 3
        call = place(station)
        message_id, _ = socket.next_call("TriggerMessage")
        socket.answer(message_id, {"status": "Accepted"})
        becomes(call, "Answered")


def test_a_station_connects_while_valkey_is_away(
    fast_beat: None, valkey: Valkey, connect: Connect, station: ChargingStation
) -> None:
    valkey.stop()
    with connect(station) as socket:
        assert socket.boot()["status"] == "Accepted"
        valkey.start()
        call = place(station)
        assert socket.next_call("TriggerMessage")[0] == call.message_id


def test_a_call_the_version_cannot_say_does_not_hold_up_others(
    connect: Connect, station: ChargingStation
) -> None:
    odd = place(station, ring=False, action="GetConfiguration", payload={})
    good = place(station, ring=False)
    with connect(station, subprotocols=["ocpp2.0.1"]) as socket:
        assert socket.next_call("TriggerMessage")[0] == good.message_id
    odd.refresh_from_db()
    assert (odd.status, odd.error_code) == ("Canceled", "Unsupported")
    assert OutboundCall.objects.count() == 2
