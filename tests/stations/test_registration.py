"""Boot states (B01 to B03) on a live connection."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.services import logs
from diagnostics.services.calls import delivery
from stations.models import ChargingStation, Connector, Registration
from stations.registration import asked_for_by
from stations.services import register_station
from tests.stations.conftest import PASSWORD, Connect, becomes, place

NOW = "2026-03-02T08:00:00Z"
STATUS = {"timestamp": NOW, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


@pytest.fixture
def newcomer(server: str) -> ChargingStation:
    return register_station("NEW-1", password=PASSWORD)[0]


def with_policy(station: ChargingStation, policy: Registration) -> ChargingStation:
    station.registration_policy = policy
    station.save()
    return station


@pytest.mark.parametrize("policy", [Registration.PENDING, Registration.REJECTED])
def test_other_calls_are_refused_before_the_boot_is_accepted(
    connect: Connect, newcomer: ChargingStation, policy: Registration
) -> None:
    """TC_B_30_CSMS: B01.FR.10, B02.FR.09, B03.FR.07."""
    with connect(with_policy(newcomer, policy)) as socket:
        answer = socket.boot()
        assert (answer["status"], answer["interval"]) == (policy, 60)
        for action, payload in (("Heartbeat", {}), ("StatusNotification", STATUS)):
            assert socket.call(action, payload)[2] == "SecurityError"
    assert not Connector.objects.exists()


def test_a_changed_policy_holds_from_the_next_boot(
    connect: Connect, newcomer: ChargingStation
) -> None:
    with connect(with_policy(newcomer, Registration.PENDING)) as socket:
        assert socket.boot()["status"] == "Pending"
        with_policy(newcomer, Registration.ACCEPTED)
        assert socket.call("Heartbeat", {})[0] == 4
        assert socket.boot()["status"] == "Accepted"
        assert socket.call("Heartbeat", {})[0] == 3


def test_an_accepted_station_stays_so_over_connections(
    connect: Connect, newcomer: ChargingStation
) -> None:
    """A station that reconnects does not boot again."""
    with connect(newcomer) as socket:
        socket.boot()
    with connect(newcomer) as socket:
        assert socket.call("Heartbeat", {})[0] == 3
        assert socket.hears_nothing()


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_station_that_booted_elsewhere_is_asked_to_boot(
    connect: Connect, newcomer: ChargingStation, subprotocol: str
) -> None:
    with connect(newcomer, subprotocols=[subprotocol]) as socket:
        assert socket.call("Heartbeat", {})[2] == "SecurityError"
        message_id, payload = socket.next_call("TriggerMessage")
        assert payload == {"requestedMessage": "BootNotification"}
        socket.answer(message_id, {"status": "Accepted"})
        assert socket.call("Heartbeat", {})[0] == 4
        assert socket.boot()["status"] == "Accepted"
        assert socket.call("Heartbeat", {})[0] == 3
        assert socket.hears_nothing()


def test_pending_lets_only_settings_and_triggers_out(
    connect: Connect, newcomer: ChargingStation
) -> None:
    """B02.FR.01; the log request goes out once the station is accepted."""
    with connect(with_policy(newcomer, Registration.PENDING)) as socket:
        socket.boot()
        logs.request_log(station=newcomer)
        trigger = place(
            newcomer, payload={"requestedMessage": "StatusNotification", "evse": {"id": 1}}
        )
        message_id, _ = socket.next_call("TriggerMessage")
        assert socket.call("StatusNotification", STATUS)[2] == {}  # F06.FR.04, and before it
        socket.answer(message_id, {"status": "Accepted"})
        becomes(trigger, "Answered")
        assert socket.call("StatusNotification", STATUS)[2] == {}
        assert socket.hears_nothing()
        with_policy(newcomer, Registration.ACCEPTED)
        socket.boot()
        assert socket.next_call("GetLog")[1]["logType"] == "DiagnosticsLog"


def test_a_pending_station_of_1_6_may_say_what_becomes_of_its_log(
    connect: Connect, newcomer: ChargingStation
) -> None:
    """1.6 takes all requests but those on transactions while Pending, and tells what they do."""
    with connect(with_policy(newcomer, Registration.PENDING), subprotocols=["ocpp1.6"]) as socket:
        socket.boot()
        row = logs.request_log(station=newcomer)
        delivery.ring_waiting()
        message_id, asked = socket.next_call("GetLog")
        socket.answer(message_id, {"status": "Accepted", "filename": "a.log"})
        told = {"status": "Uploading", "requestId": asked["requestId"]}
        assert socket.call("LogStatusNotification", told)[2] == {}
        assert socket.call("Heartbeat", {})[2] == "SecurityError"
    row.refresh_from_db()
    assert row.station_status == "Uploading"


def test_nothing_is_sent_to_a_rejected_station(connect: Connect, newcomer: ChargingStation) -> None:
    """B03.FR.03."""
    with connect(with_policy(newcomer, Registration.REJECTED)) as socket:
        socket.boot()
        place(newcomer)
        assert socket.hears_nothing()


def test_leniency_keeps_what_impatient_stations_send(
    connect: Connect, newcomer: ChargingStation, settings: Any
) -> None:
    settings.STATIONS = {"LENIENT_BEFORE_ACCEPTED": True}
    with connect(with_policy(newcomer, Registration.PENDING)) as socket:
        socket.boot()
        assert socket.call("StatusNotification", STATUS)[2] == {}
        assert socket.call("Heartbeat", {})[2] == "SecurityError"
    assert Connector.objects.count() == 1


@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        ("GetBaseReport", {}, {"NotifyReport"}),
        ("GetReport", {}, {"NotifyReport"}),
        ("TriggerMessage", {"requestedMessage": "MeterValues"}, {"MeterValues"}),
        (
            "ExtendedTriggerMessage",
            {"requestedMessage": "SignChargePointCertificate"},
            {"SignCertificate"},
        ),
        ("TriggerMessage", {"requestedMessage": "SignCombinedCertificate"}, {"SignCertificate"}),
        (
            "ExtendedTriggerMessage",
            {"requestedMessage": "FirmwareStatusNotification"},
            {"FirmwareStatusNotification", "SignedFirmwareStatusNotification"},
        ),
        ("GetVariables", {}, set()),
    ],
)
def test_what_a_call_asks_for(action: str, payload: Any, expected: set[str]) -> None:
    assert asked_for_by(action, payload) == expected
