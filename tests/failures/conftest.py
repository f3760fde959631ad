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
from tests.servers.processes import ServerProcess, free_port, port_answers
from tests.servers.valkey import Valkey


class Product:
    """ASGI server and Celery worker as separate processes on the test's database and Valkey."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**environment, "PUBLIC_URL": self.url}
        self.directory = directory
        self.processes: dict[str, ServerProcess] = {}

    def start_web(self) -> None:
        self._start("web", programs.web("127.0.0.1", self.port).argv)

    def start_worker(self) -> None:
        self._start("worker", programs.worker().argv)

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye, no clean-up."""
        process = self.processes.pop(name).process
        assert process
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop(10)

    def _start(self, name: str, argv: tuple[str, ...]) -> None:
        log = self.directory / f"{name}.log"
        process = ServerProcess(argv, log=log, environment=self.environment)
        size = log.stat().st_size if log.exists() else 0
        ready = "web" == name and (lambda: port_answers(self.port))
        process.start(ready or (lambda: b" ready." in log.read_bytes()[size:]))
        self.processes[name] = process


@pytest.fixture
def product(
    process_environment: dict[str, str], valkey: Valkey, tmp_path: Path, settings: Any
) -> Iterator[Product]:
    product = Product(process_environment, tmp_path)
    settings.DIAGNOSTICS = {**django_settings.DIAGNOSTICS, "PUBLIC_URL": product.url}
    try:
        product.start_web()
        product.start_worker()
        yield product
    finally:
        product.stop()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "NL0004711.log"
    path.write_bytes(b"08:00:00 boot\n" * 1000)
    return path
