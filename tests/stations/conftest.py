from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from diagnostics.models import OutboundCall
from diagnostics.services import calls
from diagnostics.services.calls import delivery
from stations.models import ChargingStation, Registration
from stations.services import register_station
from tests.servers.processes import wait_until
from tests.servers.valkey import Valkey
from tests.stations.socket import Socket, basic, connected

PASSWORD = "correct horse battery"

Connect = Callable[..., AbstractContextManager[Socket]]


@pytest.fixture
def server(asgi_server: str, valkey: Valkey) -> str:
    """The running project with an empty Valkey: http://127.0.0.1:PORT."""
    return asgi_server


@pytest.fixture
def connect(server: str) -> Connect:
    """Connects a registered station: `with connect(station, subprotocols=["ocpp1.6"]) as …`."""

    def open_socket(station: ChargingStation, **options: Any) -> AbstractContextManager[Socket]:
        if station.security_profile:
            options.setdefault("authorization", basic(station.identity, PASSWORD))
        return connected(server, station.identity, **options)

    return open_socket


@pytest.fixture
def station(server: str) -> ChargingStation:
    """A registered station with PASSWORD, accepted before."""
    station = register_station("CP-1", password=PASSWORD)[0]
    station.registration = Registration.ACCEPTED
    station.save()
    return station


@pytest.fixture
def fast_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats every 0.2 s instead of every 10 s."""
    monkeypatch.setattr("stations.process.HEARTBEAT", timedelta(seconds=0.2))


def place(station: ChargingStation, *, ring: bool = True, **options: Any) -> OutboundCall:
    """Place a TriggerMessage call, which all versions know, and ring as the worker does."""
    call = calls.place_call(
        station=station,
        action=options.pop("action", "TriggerMessage"),
        payload=options.pop("payload", {"requestedMessage": "Heartbeat"}),
        **options,
    )
    if ring:
        delivery.ring_waiting()
    return call


def becomes(call: OutboundCall, status: str, error_code: str = "") -> None:
    """Wait until the call has this status; raise TimeoutError if it never has."""

    def has() -> bool:
        call.refresh_from_db()
        return (call.status, call.error_code) == (status, error_code)

    wait_until(has, f"{call} is {status} {error_code}")
