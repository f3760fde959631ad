"""The server process: what is written when it stops, and its settings."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.utils.module_loading import import_string

from stations import database
from stations.models import Registration, ServerProcess, StationConnection
from stations.services import register_station
from tests.servers.application import served
from tests.servers.processes import PATIENCE, wait_until
from tests.servers.valkey import Valkey
from tests.stations.conftest import PASSWORD
from tests.stations.socket import basic, connected


def test_a_server_that_stops_says_goodbye(transactional_db: None, valkey: Valkey) -> None:
    station = register_station("CP-1", password=PASSWORD)[0]
    station.registration = Registration.ACCEPTED
    station.save()
    with served(import_string(django_settings.ASGI_APPLICATION)) as address:
        socket_of_station = connected(address, "CP-1", authorization=basic("CP-1", PASSWORD))
        socket = socket_of_station.__enter__()
        assert socket.call("Heartbeat", {})[0] == 3
        assert ServerProcess.objects.get().stopped_at is None
    socket_of_station.__exit__(None, None, None)
    wait_until(lambda: ServerProcess.objects.get().stopped_at is not None, "the process is stopped")
    row = StationConnection.objects.get()
    assert row.close_reason == "ServerStopped"
    assert not StationConnection.objects.live().exists()


async def test_a_process_lives_however_busy_its_stations_keep_the_database() -> None:
    release = threading.Event()
    units = [asyncio.create_task(database.in_database(release.wait)) for _ in range(20)]
    try:
        async with asyncio.timeout(PATIENCE):
            assert await database.at_once(lambda: "alive") == "alive"
        assert not any(unit.done() for unit in units)
    finally:
        release.set()
        await asyncio.gather(*units)
        database.close()


def test_a_typo_in_the_settings_is_reported(settings: Any) -> None:
    settings.STATIONS = {"HEARTBEAT_INTERVAL": 60, "HEART_BEAT": 1}
    found = [message.msg for message in run_checks() if message.id == "stations.E001"]
    assert found == ["STATIONS has an unknown key HEART_BEAT. Did you mean HEARTBEAT_INTERVAL?"]
