"""The product's own processes, which the tests kill, and a station that watches it happen."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from config import programs
from stations.models import ServerProcess, StationConnection
from tests.conftest import environment, variables_of_processes
from tests.servers.processes import ServerProcess as Process
from tests.servers.processes import free_port, port_answers, wait_until
from tests.servers.valkey import Valkey


class Product:
    """ASGI server and Celery worker as separate processes on the test's database and Valkey."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**environment, "PUBLIC_URL": self.url}
        self.directory = directory
        self.processes: dict[str, Process] = {}
        self.known: list[ServerProcess] = []

    def start_web(self) -> None:
        self._start("web", programs.web("127.0.0.1", self.port).argv)

    def start_worker(self) -> None:
        self._start("worker", programs.worker().argv)

    def start_what_is_not_running(self) -> None:
        # What a process has written of itself went with the rows of the test before.
        ServerProcess.objects.bulk_create(self.known, ignore_conflicts=True)
        if "web" not in self.processes:
            self.start_web()
        if "worker" not in self.processes:
            self.start_worker()

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye, no clean-up."""
        os.kill(self.pid(name), signal.SIGKILL)
        killed = self.processes.pop(name).process
        assert killed
        killed.wait()

    def pid(self, name: str) -> int:
        process = self.processes[name].process
        assert process
        return process.pid

    def settle(self, valkey: Valkey) -> None:
        """Wait until nothing is under way that writes rows: those of the test are about to go."""
        self.known = []
        if "web" in self.processes:
            self.known = list(ServerProcess.objects.filter(pid=self.pid("web")))
            open_ones = StationConnection.objects.open()
            wait_until(lambda: not open_ones.exists(), "the stations are known to be gone")
        if "worker" in self.processes:
            with valkey.client() as client:
                wait_until(lambda: _waiting_or_begun(client) == 0, "the worker has done its jobs")

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop(10)

    def _start(self, name: str, argv: tuple[str, ...]) -> None:
        log = self.directory / f"{name}.log"
        process = Process(argv, log=log, environment=self.environment)
        size = log.stat().st_size if log.exists() else 0
        ready = "web" == name and (lambda: port_answers(self.port))
        process.start(ready or (lambda: b" ready." in log.read_bytes()[size:]))
        self.processes[name] = process


def _waiting_or_begun(client: Any) -> int:
    queues = [queue.name for queue in django_settings.CELERY_TASK_QUEUES]
    return sum(client.llen(name) for name in queues) + int(client.hlen("unacked"))


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """Not emptied: the processes that the tests of a file share have named their queues there."""
    yield environment.valkey
    if not environment.valkey.is_running:
        environment.valkey.start()


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    directory = tmp_path_factory.mktemp("product")
    product = Product(variables_of_processes(directory), directory)
    yield product
    product.stop()


@pytest.fixture
def product(
    processes: Product, transactional_db: None, valkey: Valkey, settings: Any
) -> Iterator[Product]:
    """All running, whatever the test before has killed."""
    settings.DIAGNOSTICS = {**django_settings.DIAGNOSTICS, "PUBLIC_URL": processes.url}
    processes.start_what_is_not_running()
    yield processes
    processes.settle(valkey)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "NL0004711.log"
    path.write_bytes(b"08:00:00 boot\n" * 1000)
    return path
