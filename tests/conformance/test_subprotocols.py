"""Which version is spoken, as the certification tests have it."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from stations.services import register_station
from tests.servers.valkey import Valkey
from tests.stations.socket import connected


@pytest.mark.parametrize("supported", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_what_is_not_supported_is_passed_over(
    asgi_server: str, valkey: Valkey, supported: str
) -> None:
    """TC_B_58, TC_088: ocpp0.1 alone is refused; beside it the known one is chosen."""
    register_station("NL0004711", security_profile=0)
    with (
        pytest.raises(InvalidStatus),
        connected(asgi_server, "NL0004711", subprotocols=["ocpp0.1"]),
    ):
        pass
    with connected(asgi_server, "NL0004711", subprotocols=["ocpp0.1", supported]) as socket:
        assert socket.subprotocol == supported
        assert socket.boot()["status"] == "Accepted"
