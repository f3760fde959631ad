"""The database drops its connections under live stations: sockets stay, and work goes on."""

from __future__ import annotations

import pytest
from django.db import connection

from stations.models import ChargingStation, Connector
from tests.servers.processes import wait_until
from tests.stations.conftest import Connect
from tests.stations.socket import Socket

STATUS = {
    "timestamp": "2026-03-02T08:00:00Z",
    "connectorStatus": "Available",
    "evseId": 1,
    "connectorId": 1,
}


@pytest.fixture
def drop_connections(server: str):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections to drop")

    def drop() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return drop


def reports(socket: Socket) -> bool:
    answer = socket.call("StatusNotification", STATUS)
    assert answer[0] == 3 or answer[2] == "InternalError"
    return bool(answer[0] == 3)


def test_what_was_not_kept_is_not_answered_as_if_it_were(
    drop_connections, connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        assert reports(socket)
        Connector.objects.all().delete()
        drop_connections()
        assert socket.call("Heartbeat", {})[0] == 3
        wait_until(lambda: reports(socket), "the station is served again")
        assert Connector.objects.count() == 1
