"""NotifyEvent on live connections: written in groups, answered in order, refused alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from diagnostics.models import Alert, StationEvent
from stations.models import ChargingStation, Connector, Registration
from stations.services import register_station
from tests.servers.processes import wait_until
from tests.stations.conftest import PASSWORD, Connect


def message(number: int, **given: Any) -> dict[str, Any]:
    entry = {
        "eventId": number,
        "timestamp": f"2026-03-02T08:00:{number % 60:02}Z",
        "trigger": "Alerting",
        "actualValue": "78",
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 7,
        "component": {"name": "Cabinet"},
        "variable": {"name": "Temperature"},
    }
    return {"generatedAt": "2026-03-02T08:00:00Z", "seqNo": 0, "eventData": [entry | given]}


def test_an_answered_event_is_kept(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        for number in range(5):
            assert socket.call("NotifyEvent", message(number))[2] == {}
            assert StationEvent.objects.count() == number + 1
    assert Alert.objects.get().count == 5


def test_what_cannot_be_read_is_refused_and_the_connection_stays(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        assert socket.call("NotifyEvent", {"seqNo": 0})[0] == 4
        assert socket.call("NotifyEvent", message(1))[2] == {}


def test_many_stations_report_at_once(connect: Connect, station: ChargingStation) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(station))]
        for number in range(5):
            other = register_station(f"CP-1{number}", password=PASSWORD)[0]
            other.registration = Registration.ACCEPTED
            other.save()
            sockets.append(stack.enter_context(connect(other)))

        def burst(socket: Any) -> list[Any]:
            return [socket.call("NotifyEvent", message(number))[2] for number in range(20)]

        with ThreadPoolExecutor(len(sockets)) as threads:
            assert all(answers == [{}] * 20 for answers in threads.map(burst, sockets))
    assert StationEvent.objects.count() == 120


def test_events_of_a_station_that_was_deleted_meanwhile_are_refused(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {})
        ChargingStation.objects.all().delete()
        frame = socket.call("NotifyEvent", message(1))
        assert (frame[0], frame[2]) == (4, "InternalError")


def test_states_of_connectors_of_many_stations_are_kept_at_once(
    connect: Connect, station: ChargingStation
) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(station, subprotocols=["ocpp1.6"]))]
        for number in range(5):
            other = register_station(f"CP-1{number}", password=PASSWORD)[0]
            ChargingStation.objects.filter(pk=other.pk).update(registration=Registration.ACCEPTED)
            sockets.append(stack.enter_context(connect(other, subprotocols=["ocpp1.6"])))

        def tell(socket: Any) -> None:
            for state in ("Preparing", "Charging", "Available"):
                told = {"connectorId": 1, "errorCode": "NoError", "status": state}
                assert socket.call("StatusNotification", told)[2] == {}

        with ThreadPoolExecutor(len(sockets)) as threads:
            list(threads.map(tell, sockets))
    assert list(Connector.objects.values_list("status", flat=True)) == ["Available"] * 6


def test_connector_states_of_2_1_come_as_events(connect: Connect, station: ChargingStation) -> None:
    def state(number: int, value: str) -> dict[str, Any]:
        component = {"name": "Connector", "evse": {"id": 2, "connectorId": 1}}
        return message(number, trigger="Delta", actualValue=value, component=component,
                       variable={"name": "AvailabilityState"})  # fmt: skip

    def is_now(value: str) -> bool:
        return list(Connector.objects.values_list("evse_id", "connector_id", "status")) == [
            (2, 1, value)
        ]

    with connect(station, subprotocols=["ocpp2.1"]) as socket:
        for number, value in enumerate(["Available", "Faulted", "Occupied"]):
            socket.call("NotifyEvent", state(number, value))
            wait_until(lambda value=value: is_now(value), f"the connector is {value}")
        socket.call("NotifyEvent", state(1, "Unavailable"))  # late, from the station's queue
        assert StationEvent.objects.count() == 4
        assert is_now("Occupied")
    assert Alert.objects.get().state == "Cleared"
