"""The product's own processes, which the tests kill, shared by those of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from stations.models import ServerProcess, StationConnection
from tests.conftest import environment, variables_of_processes
from tests.servers.processes import wait_until
from tests.servers.product import Product
from tests.servers.valkey import Valkey


class SharedProduct(Product):
    """The one of all tests of a file, each of which finds it running."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        super().__init__(environment, directory)
        self.known: list[ServerProcess] = []
        self.lost = 0

    def start(self, *names: str) -> None:
        if "worker" in names:
            self.lost = _begun()  # by one that was killed: nobody ends those jobs for an hour
        super().start(*names)

    def start_what_is_not_running(self) -> None:
        # What a process has written of itself went with the rows of the test before.
        ServerProcess.objects.bulk_create(self.known, ignore_conflicts=True)
        self.start(*(name for name in ("web", "worker") if name not in self.processes))

    def settle(self) -> None:
        """Wait until nothing is under way that writes rows: those of the test are about to go."""
        self.known = []
        if "web" in self.processes:
            self.known = list(ServerProcess.objects.filter(pid=self.pid("web")))
            open_ones = StationConnection.objects.open()
            wait_until(lambda: not open_ones.exists(), "the stations are known to be gone")
        if "worker" in self.processes:
            wait_until(self._is_idle, "the worker has done its jobs")

    def _is_idle(self) -> bool:
        return _waiting() == 0 and _begun() <= self.lost


def _waiting() -> int:
    with environment.valkey.client() as client:
        return sum(client.llen(queue.name) for queue in django_settings.CELERY_TASK_QUEUES)


def _begun() -> int:
    with environment.valkey.client() as client:
        return int(client.hlen("unacked"))


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """Not emptied: the processes that the tests of a file share have named their queues there."""
    yield environment.valkey
    if not environment.valkey.is_running:
        environment.valkey.start()


@pytest.fixture(scope="module")
def processes(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedProduct]:
    directory = tmp_path_factory.mktemp("product")
    product = SharedProduct(variables_of_processes(directory), directory)
    yield product
    product.stop()


@pytest.fixture
def product(
    processes: SharedProduct, transactional_db: None, valkey: Valkey, settings: Any
) -> Iterator[Product]:
    """All running, whatever the test before has killed."""
    settings.DIAGNOSTICS = {**django_settings.DIAGNOSTICS, "PUBLIC_URL": processes.url}
    processes.start_what_is_not_running()
    yield processes
    processes.settle()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "NL0004711.log"
    path.write_bytes(b"08:00:00 boot\n" * 1000)
    return path
