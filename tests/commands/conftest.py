"""The project running, with simulated stations on its sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import connections
from django.test import override_settings

from config.celery import app
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.campaigns import driver as campaign_driver
from diagnostics.testing import Quirk
from diagnostics.testing.fleet import Fleet, StationPlan
from stations.models import ChargingStation, Registration, SecurityProfile
from stations.services import register_station
from tests.servers.processes import PATIENCE, wait_until

#: Connects a registered station and returns its row.
Simulate = Callable[..., ChargingStation]


@pytest.fixture(scope="module")
def worker(django_db_setup: None) -> Iterator[None]:
    """A Celery worker in a thread, which rings the stations' doorbells."""
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=PATIENCE):
        yield


@pytest.fixture
def running(asgi_server: str, worker: None) -> Iterator[str]:
    """ws://… of the project."""
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "PUBLIC_URL": asgi_server}):
        yield f"{asgi_server.replace('http', 'ws', 1)}/ocpp"


@pytest.fixture
def beat(running: str) -> Iterator[None]:
    """What beat has a worker do every two seconds, a little more often."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.2):
            campaign_driver.run_campaigns()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def simulate(running: str) -> Iterator[Simulate]:
    """Start stations: `simulate("CS1", Quirk.REJECTS, version=…, log_size=…)`."""
    with ExitStack() as fleets:

        def start(
            identity: str,
            *quirks: Quirk,
            version: OcppVersion = OcppVersion.V201,
            log_size: int = 20_000,
        ) -> ChargingStation:
            register_station(identity, security_profile=SecurityProfile.NONE)
            plan = StationPlan(
                identity=identity, version=version, quirks=frozenset(quirks), log_size=log_size
            )
            fleets.enter_context(sailing(Fleet([plan], running)))
            found = ChargingStation.objects.filter(identity=identity)
            accepted = found.filter(registration=Registration.ACCEPTED)
            wait_until(accepted.exists, f"{identity} has booted")
            return found.get()

        yield start


@contextmanager
def sailing(fleet: Fleet) -> Iterator[Fleet]:
    """Run the fleet in a thread until the block ends."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(fleet.run(stop),), name="fleet", daemon=True
    )
    thread.start()
    try:
        yield fleet
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()
