"""Stations under daphne: served as well, except that every refusal is a 403."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from stations.models import RefusedConnection
from stations.services import register_station
from tests.servers.processes import ServerProcess, free_port, port_answers, wait_until
from tests.servers.valkey import Valkey
from tests.stations.conftest import PASSWORD, becomes, place
from tests.stations.socket import basic, connected


@pytest.mark.servers
def test_daphne_serves_stations(
    valkey: Valkey, process_environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    argv = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
    server = ServerProcess(
        [*argv, "config.asgi:application"],
        log=tmp_path / "daphne.log",
        environment=process_environment,
    )
    station = register_station("CP 1", password=PASSWORD)[0]
    address = f"http://127.0.0.1:{port}"
    server.start(lambda: port_answers(port))
    try:
        with pytest.raises(InvalidStatus) as caught, connected(address, "CP%201"):
            pass
        assert caught.value.response.status_code == 403
        assert RefusedConnection.objects.get().http_status == 401
        with connected(address, "CP%201", authorization=basic("CP 1", PASSWORD)) as socket:
            assert socket.boot()["status"] == "Accepted"
            call = place(station)
            message_id, _ = socket.next_call("TriggerMessage")
            socket.answer(message_id, {"status": "Accepted"})
            becomes(call, "Answered")
        wait_until(
            lambda: not station.connections.open().exists(), "the end of the socket is noticed"
        )
    finally:
        server.stop()
