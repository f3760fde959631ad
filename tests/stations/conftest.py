from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from stations.models import ChargingStation
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
