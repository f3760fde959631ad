"""Who may connect, and what a station may do before its boot is accepted, as the certification
tests have it (A_01 to A_03, B_02, B_30, B_31; TC_085 of 1.6)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
import websockets
from ocpp import v16
from ocpp.exceptions import SecurityError
from websockets.exceptions import InvalidStatus

from diagnostics.models import OutboundCall
from diagnostics.services.calls.triggers import trigger
from stations.models import ChargingStation, Registration
from stations.services import register_station
from tests.conformance.block_n import BOTH, NOW, act, becomes
from tests.conformance.conftest import Connect, Station16

BOX = {"vendorName": "Nordlader", "model": "NL-22-Duo"}

each = pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize("kind", [*BOTH, Station16], ids=lambda kind: kind.__name__)
async def test_the_password_decides_who_comes_in(
    asgi_server: str, connect: Connect, kind: Any
) -> None:
    """TC_A_01 (right), TC_A_02 (wrong user, wrong password), TC_A_03 (none); TC_085 of 1.6."""

    async def open_socket(headers: dict[str, str]) -> Any:
        return await websockets.connect(
            f"{asgi_server.replace('http', 'ws', 1)}/ocpp/NL-2",
            subprotocols=[f"ocpp{kind._ocpp_version}"],  # type: ignore[list-item]
            additional_headers=headers,
        )

    password = await act(lambda station: register_station("NL-2")[1])
    for headers in (basic("NL-3", password), basic("NL-2", "a wrong password"), {}):
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(headers)
        assert refused.value.response.status_code == 401
    socket = await open_socket(basic("NL-2", password))
    assert socket.subprotocol == f"ocpp{kind._ocpp_version}"
    await socket.close()


def with_policy(policy: Registration) -> None:
    ChargingStation.objects.update(registration_policy=policy)


async def boots(station: Any) -> str:
    answer = await station.says("BootNotification", chargingStation=BOX, reason="PowerUp")
    return str(answer.status)


async def is_refused(station: Any) -> None:
    status = {"timestamp": NOW, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    for action, payload in (("Heartbeat", {}), ("StatusNotification", status)):
        with pytest.raises(SecurityError):
            await station.says(action, **payload)


@each
async def test_a_pending_station_is_asked_to_boot_and_then_accepted(
    connect: Connect, kind: Any
) -> None:
    """TC_B_02, TC_B_30, TC_B_31: all else is a SecurityError until the boot is accepted."""
    async with connect(kind) as station:
        await act(lambda station: with_policy(Registration.PENDING))
        assert await boots(station) == "Pending"
        await is_refused(station)
        await act(lambda station: with_policy(Registration.ACCEPTED))
        station.will("TriggerMessage", status="Accepted")
        call: OutboundCall = await act(trigger, message="BootNotification")
        assert await station.asked("TriggerMessage") == {"requestedMessage": "BootNotification"}
        await becomes(call, status="Answered")
        assert await boots(station) == "Accepted"
        assert (await station.says("Heartbeat")).current_time


@each
async def test_a_rejected_station_is_told_when_to_try_again(connect: Connect, kind: Any) -> None:
    """TC_B_03 and the end of TC_B_30."""
    async with connect(kind) as station:
        await act(lambda station: with_policy(Registration.REJECTED))
        answer = await station.says("BootNotification", chargingStation=BOX, reason="PowerUp")
        assert (answer.status, answer.interval) == ("Rejected", 60)
        await is_refused(station)


async def test_a_pending_station_of_1_6_is_accepted_with_a_later_boot(connect: Connect) -> None:
    boot = v16.call.BootNotification(charge_point_vendor="Nordlader", charge_point_model="NL-11")
    async with connect(Station16) as station:
        await act(lambda station: with_policy(Registration.PENDING))
        assert (await station.says(boot)).status == "Pending"
        await act(lambda station: with_policy(Registration.ACCEPTED))
        assert (await station.says(boot)).status == "Accepted"
        assert (await station.says(v16.call.Heartbeat())).current_time
