"""What stations send on a live connection, and what they are answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from diagnostics.models import SecurityEvent, StationInfo
from stations.models import ChargingStation, Connector, StationConnection
from tests.servers.processes import PATIENCE, wait_until
from tests.stations.conftest import Connect

NOW = "2026-03-02T08:00:00Z"
STATUS = {"timestamp": NOW, "connectorStatus": "Faulted", "evseId": 2, "connectorId": 1}


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_boot_is_answered_and_kept(
    connect: Connect, station: ChargingStation, subprotocol: str
) -> None:
    with connect(station, subprotocols=[subprotocol]) as socket:
        answer = socket.boot()
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)
    assert answer["currentTime"].endswith("Z")
    station.refresh_from_db()
    assert (station.registration, f"ocpp{station.ocpp_version}") == ("Accepted", subprotocol)
    assert StationInfo.objects.get(station=station).vendor == "Vendor"


def test_the_connection_and_its_end_are_kept(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {})
        row = StationConnection.objects.live().get()
        assert (row.ocpp_version, row.remote_address) == ("2.0.1", "127.0.0.1")
        assert "websockets" in row.user_agent
    wait_until(lambda: not StationConnection.objects.open().exists(), "the row is closed")
    row.refresh_from_db()
    assert row.close_reason == "Station"
    seen = ChargingStation.objects.filter(pk=station.pk, last_seen_at=row.closed_at)
    wait_until(seen.exists, "the station was last seen when its connection ended")


def test_the_newest_status_of_each_connector_is_kept(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        for status in ("Available", "Faulted"):
            answer = socket.call("StatusNotification", {**STATUS, "connectorStatus": status})
            assert answer[2] == {}
    connector = Connector.objects.get()
    assert (connector.evse_id, connector.connector_id, connector.status) == (2, 1, "Faulted")


def test_a_connector_of_1_6_brings_its_error(connect: Connect, station: ChargingStation) -> None:
    payload = {
        "connectorId": 1,
        "errorCode": "GroundFailure",
        "status": "Faulted",
        "vendorErrorCode": "E17",
    }
    with connect(station, subprotocols=["ocpp1.6"]) as socket:
        assert socket.call("StatusNotification", payload)[2] == {}
    connector = Connector.objects.get()
    assert (connector.error_code, connector.vendor_error_code) == ("GroundFailure", "E17")


def test_security_events_are_kept(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        answer = socket.call(
            "SecurityEventNotification", {"type": "TamperDetection", "timestamp": NOW}
        )
    assert answer[2] == {}
    assert SecurityEvent.objects.get().type == "TamperDetection"


def test_transactions_are_numbered(connect: Connect, station: ChargingStation) -> None:
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW}
    with connect(station, subprotocols=["ocpp1.6"]) as socket:
        numbers = [socket.call("StartTransaction", start)[2]["transactionId"] for _ in range(2)]
    assert 0 < numbers[0] < numbers[1]


@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        (
            "Authorize",
            {"idToken": {"idToken": "x", "type": "Central"}},
            {"idTokenInfo": {"status": "Accepted"}},
        ),
        ("DataTransfer", {"vendorId": "V"}, {"status": "UnknownVendorId"}),
        ("FirmwareStatusNotification", {"status": "Idle"}, {}),
    ],
)
def test_the_rest_gets_the_smallest_answer(
    connect: Connect, station: ChargingStation, action: str, payload: Any, expected: Any
) -> None:
    with connect(station) as socket:
        assert socket.call(action, payload)[2] == expected


def test_odd_input_is_refused_and_the_connection_stays(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        assert socket.call("NoSuchThing", {})[2] == "NotImplemented"
        assert socket.call("GetLog", {})[2] == "NotSupported"
        assert socket.call("MeterValues", {"evseId": "one"})[0] == 4
        socket.send("not json")
        socket.send(json.dumps({"an": "object"}))
        assert socket.call("Heartbeat", {})[0] == 3


def test_null_characters_and_lone_surrogates_do_no_harm(
    connect: Connect, station: ChargingStation
) -> None:
    info = "a\x00b\ud800c"
    with connect(station) as socket:
        answer = socket.call(
            "SecurityEventNotification", {"type": "X", "timestamp": NOW, "techInfo": info}
        )
        socket.answer("a\x00b", {"bad": "\ud800"})
        assert socket.call("Heartbeat", {})[0] == 3
    assert answer[2] == {}


def test_a_retried_call_is_answered_again_and_kept_once(
    connect: Connect, station: ChargingStation
) -> None:
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW}
    with connect(station, subprotocols=["ocpp1.6"]) as socket:
        answers = [socket.call("StartTransaction", start, "the same id") for _ in range(2)]
    assert answers[0] == answers[1]
    station.refresh_from_db()
    assert station.last_transaction_id == 1


@pytest.mark.parametrize(
    ("message", "code", "reason"), [(b"\x00\x01", 1003, "Binary"), ("x" * 3000, 1009, "TooLarge")]
)
def test_what_is_no_ocpp_ends_the_connection(
    connect: Connect,
    station: ChargingStation,
    settings: Any,
    message: str | bytes,
    code: int,
    reason: str,
) -> None:
    settings.STATIONS = {"MAX_MESSAGE_SIZE": 2000}
    with connect(station) as socket:
        socket.connection.send(message)
        with pytest.raises(ConnectionClosed):
            socket.connection.recv(timeout=PATIENCE)
        assert socket.connection.close_code == code
    wait_until(lambda: StationConnection.objects.get().close_reason == reason, "the reason is kept")


def test_compression_is_negotiated(connect: Connect, station: ChargingStation) -> None:
    """Part 4: RFC 7692 is required of a CSMS."""
    with connect(station, compression="deflate") as socket:
        extensions = socket.connection.response.headers["Sec-WebSocket-Extensions"]
        assert "permessage-deflate" in extensions
        assert socket.boot()["status"] == "Accepted"


def test_last_seen_is_written_with_the_beat(
    fast_beat: None, connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {})
        station.refresh_from_db()
        before = station.last_seen_at
        socket.call("Heartbeat", {})

        def moved() -> bool:
            station.refresh_from_db()
            return station.last_seen_at > before

        wait_until(moved, "last seen moves on")
