"""The password of a station, changed over OCPP (A01; 1.6: TC_073)."""

from __future__ import annotations

from typing import Any

import pytest

from stations.models import ChargingStation
from stations.password_changes import password_in
from tests.stations.conftest import PASSWORD, Connect, becomes, place
from tests.stations.socket import basic

KEY = "4f43415f4f4354545f61646d696e5f74"
PROFILE = {
    "messageTimeout": 30,
    "ocppCsmsUrl": "wss://csms.example/ocpp",
    "ocppInterface": "Any",
    "ocppTransport": "JSON",
    "securityProfile": 2,
}
VARIABLE = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}

OF_PROFILE = {**VARIABLE, "component": {"name": "networkconfiguration", "instance": "1"}}
OTHER = {**VARIABLE, "variable": {"name": "Identity"}}

WAYS: dict[str, tuple[str, Any]] = {
    "ocpp1.6": ("ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY}),
    "ocpp2.0.1": ("SetVariables", {"setVariableData": [{**VARIABLE, "attributeValue": KEY}]}),
}


def answer_of(subprotocol: str, status: str) -> Any:
    if subprotocol == "ocpp1.6":
        return {"status": status}
    return {"setVariableResult": [{**VARIABLE, "attributeStatus": status}]}


@pytest.mark.parametrize(
    ("action", "payload", "password"),
    [
        ("SetNetworkProfile", {"connectionData": PROFILE | {"basicAuthPassword": KEY}}, KEY),
        ("SetNetworkProfile", {"connectionData": PROFILE}, ""),
        ("SetVariables", {"setVariableData": [{**OF_PROFILE, "attributeValue": KEY}]}, KEY),
        ("SetVariables", {"setVariableData": [{**OTHER, "attributeValue": "x"}]}, ""),
    ],
)
def test_a_password_may_be_that_of_one_network_profile(
    action: str, payload: Any, password: str
) -> None:
    """2.1: the station uses it once it switches to the profile."""
    assert password_in(action, payload) == password


def lets_in(connect: Connect, station: ChargingStation, password: str) -> bool:
    try:
        with connect(station, authorization=basic(station.identity, password)) as socket:
            return socket.call("Heartbeat", {})[0] == 3
    except Exception as refused:  # noqa: BLE001  whatever the client says to a 401
        assert "401" in str(refused)
        return False


@pytest.mark.parametrize("status", ["Accepted", "RebootRequired"])
@pytest.mark.parametrize("subprotocol", WAYS)
def test_a_password_that_the_station_takes_is_the_one_here_too(
    connect: Connect, station: ChargingStation, subprotocol: str, status: str
) -> None:
    """TC_073 and A01.FR.03: the old one ends with the first use of the new."""
    action, payload = WAYS[subprotocol]
    with connect(station, subprotocols=[subprotocol]) as socket:
        call = place(station, action=action, payload=payload)
        message_id, sent = socket.next_call(action)
        assert sent == payload
        socket.answer(message_id, answer_of(subprotocol, status))
        becomes(call, "Answered")
    assert lets_in(connect, station, PASSWORD)
    assert lets_in(connect, station, KEY)
    assert not lets_in(connect, station, PASSWORD)
    assert KEY not in str(call.payload)


@pytest.mark.parametrize("subprotocol", WAYS)
def test_a_change_that_is_refused_changes_nothing(
    connect: Connect, station: ChargingStation, subprotocol: str
) -> None:
    action, payload = WAYS[subprotocol]
    with connect(station, subprotocols=[subprotocol]) as socket:
        call = place(station, action=action, payload=payload)
        message_id, _ = socket.next_call(action)
        socket.answer(message_id, answer_of(subprotocol, "Rejected"))
        becomes(call, "Answered")
        refused = place(station, action=action, payload=payload)
        message_id, _ = socket.next_call(action)
        socket.send([4, message_id, "InternalError", "", {}])
        becomes(refused, "Refused", "InternalError")
    assert not lets_in(connect, station, KEY)
    assert lets_in(connect, station, PASSWORD)


def test_a_change_whose_answer_is_lost_lets_both_in(
    connect: Connect, station: ChargingStation
) -> None:
    """However often: the password that the station used last stays good."""
    for value in (KEY, "another-password"):
        with connect(station, subprotocols=["ocpp1.6"]) as socket:
            change = {"key": "AuthorizationKey", "value": value}
            call = place(station, action="ChangeConfiguration", payload=change)
            socket.next_call("ChangeConfiguration")
        becomes(call, "TimedOut", "ConnectionLost")
    assert lets_in(connect, station, PASSWORD)
    assert lets_in(connect, station, "another-password")


def test_a_password_that_stations_cannot_use_is_not_sent(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station, subprotocols=["ocpp1.6"]) as socket:
        call = place(
            station,
            action="ChangeConfiguration",
            payload={"key": "AuthorizationKey", "value": "short"},
        )
        becomes(call, "Refused", "InternalError")
        assert "16 to 64" in call.error_description
        assert socket.hears_nothing()
    assert lets_in(connect, station, PASSWORD)
