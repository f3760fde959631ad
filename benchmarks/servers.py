"""The servers of a run: ours as production starts it, the peer, and what ours needs.

Everything listens on loopback, lives in a temporary directory, and ends with this process.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from redis import Redis

from benchmarks import cores
from config import programs
from tests.servers.postgres import Postgres
from tests.servers.processes import ServerProcess, free_port, port_answers
from tests.servers.valkey import Valkey

# Unlike the tests, commits wait for the disk, as in production.
DURABLE = {"max_connections": "400"}


@dataclass(slots=True)
class Server:
    """A running server: where stations connect, and which process it is."""

    name: str
    port: int
    prefix: str
    pid: int

    def cpu_seconds(self) -> float:
        return cores.cpu_seconds(self.pid)

    def kilobytes(self) -> int:
        return cores.resident_kilobytes(self.pid)


@contextmanager
def prepared_environment() -> Iterator[Path]:
    """PostgreSQL and Valkey, and the variables that lead Django to them."""
    with ExitStack() as stack, cores.on(cores.OTHERS):
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="diagnostics-bench-")))
        postgres, valkey = Postgres(DURABLE), Valkey(directory)
        stack.callback(postgres.stop)
        database_url = postgres.start()
        stack.callback(valkey.stop)
        valkey.start()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=database_url,
            REDIS_URL=valkey.url,
            LOG_STORE_URL=f"file://{directory / 'logs'}",
            PUBLIC_URL="http://127.0.0.1:8000",
            SECRET_KEY="only-for-measuring-" + "x" * 40,
            VAR_DIR=str(directory / "var"),
            DEBUG="",
        )
        yield directory


def prepare_database() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def our_server(directory: Path) -> Iterator[Server]:
    """The project under uvicorn, with the options of `manage.py serve`."""
    port = free_port()
    argv = list(programs.web("127.0.0.1", port).argv)
    with _running("ours", argv, port, "/ocpp/", directory) as server:
        yield server


@contextmanager
def our_server_without_log(directory: Path) -> Iterator[Server]:
    """The same without the log of messages."""
    port = free_port()
    argv = list(programs.web("127.0.0.1", port).argv)
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.without_log"}
    with _running("no log", argv, port, "/ocpp/", directory, settings) as server:
        yield server


@contextmanager
def peer(directory: Path) -> Iterator[Server]:
    """The central system on the `ocpp` package."""
    port = free_port()
    argv = [sys.executable, "-m", "benchmarks.central_system", str(port)]
    with _running("ocpp", argv, port, "/", directory) as server:
        yield server


@contextmanager
def stock(directory: Path) -> Iterator[Server]:
    """Stock Channels with one save() per event, under uvicorn with the options of ours."""
    port = free_port()
    argv = list(programs.web("127.0.0.1", port).argv)
    argv[argv.index("config.asgi:application")] = "benchmarks.stock:application"
    with _running("stock", argv, port, "/ocpp/", directory) as server:
        yield server


@contextmanager
def _running(
    name: str,
    argv: list[str],
    port: int,
    prefix: str,
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    process = ServerProcess(argv, log=directory / f"{name}.log", environment=environment)
    with cores.on(cores.SERVER):
        process.start(lambda: port_answers(port))
    assert process.process
    try:
        yield Server(name, port, prefix, process.process.pid)
    finally:
        process.stop(timeout=10)


@contextmanager
def worker(directory: Path) -> Iterator[None]:
    """The Celery worker of `manage.py serve`, beside the server's core."""
    process = ServerProcess(list(programs.worker().argv), log=directory / "worker.log")
    process.start(lambda: True)
    time.sleep(4)  # it does not say when it is ready
    try:
        yield
    finally:
        process.stop(timeout=10)


@contextmanager
def echo(directory: Path) -> Iterator[None]:
    """The process that answers over Redis alone, on the server's core."""
    url = os.environ["REDIS_URL"]
    argv = [sys.executable, "-m", "benchmarks.echo", url]
    process = ServerProcess(argv, log=directory / "echo.log")
    with Redis.from_url(url) as client, cores.on(cores.SERVER):
        process.start(lambda: bool(client.exists("benchmark.ready")))
    try:
        yield
    finally:
        process.stop()
