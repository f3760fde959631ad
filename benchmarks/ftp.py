"""How a quick station fares over FTP while many slow ones are in the middle of their files.

    python -m benchmarks.ftp [--slow 190] [--megabytes 50] [--rounds 5]

Starts PostgreSQL, a real S3 server (SeaweedFS) and `manage.py ftpserver`. Each round curl sends one
file twice: alone, and while the slow ones trickle. Medians, their ratio, and
what the slow ones hold of memory are printed; at the end every slow file is closed and counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from ftplib import FTP
from pathlib import Path

import django
from django.apps import apps
from django.utils import timezone

from benchmarks import cores
from benchmarks.servers import prepare_database, prepared_environment
from tests.servers.processes import ServerProcess, free_port, port_answers
from tests.servers.seaweedfs import BUCKET, SeaweedFS

MB = 1_000_000
LINE = b"2026-03-02T08:00:00Z a line of a log\r\n"
# Seconds between two lines of a slow station.
TRICKLE = 0.5
# Stations behind one address: the server takes 50.
TOGETHER = 20


class SlowStations:
    """Stations in the middle of their files, each sending a line now and then."""

    def __init__(self, port: int, count: int) -> None:
        self._clients = [self._begun(port, number) for number in range(count)]
        self._sockets = [client.transfercmd("STOR slow.log") for client in self._clients]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """Close the files as by the book; returns how many were taken as whole."""
        self._stop.set()
        self._thread.join()
        for data in self._sockets:
            data.close()
        taken = sum(client.voidresp().startswith("226") for client in self._clients)
        for client in self._clients:
            client.quit()
        return taken

    def _begun(self, port: int, number: int) -> FTP:
        client = FTP(source_address=(f"127.0.1.{1 + number // TOGETHER}", 0))
        client.connect("127.0.0.1", port, timeout=120)
        client.login(*new_user())
        return client

    def _run(self) -> None:
        while not self._stop.wait(TRICKLE):
            for data in self._sockets:
                data.sendall(LINE)


def new_user() -> tuple[str, str]:
    """User and password of a request of its own."""
    now = timezone.now()
    later = now + timedelta(hours=1)
    stations = apps.get_model("stations.ChargingStation")._default_manager
    station, _ = stations.get_or_create(identity="BENCHMARK")
    row = apps.get_model("diagnostics.LogRequest")._default_manager.create(
        station=station, created_at=now, expires_at=later, address_expires_at=later
    )
    return row.upload_user, row.upload_password


def send(port: int, file: Path) -> float:
    """Seconds that curl takes for the file."""
    user, password = new_user()
    url = f"ftp://{user}:{password}@127.0.0.1:{port}/"
    begun = time.perf_counter()
    subprocess.run(["curl", "--silent", "--show-error", "--fail", "-T", str(file), url], check=True)
    return time.perf_counter() - begun


@contextmanager
def running() -> Iterator[tuple[int, int, Path]]:
    """The FTP server on S3: its port, its process id, and a directory for files."""
    with ExitStack() as stack:
        directory = stack.enter_context(prepared_environment())
        store = SeaweedFS(directory)
        store.start()
        stack.callback(store.stop)
        port = free_port()
        os.environ.update(LOG_STORE_URL=f"s3://{BUCKET}/logs", **store.environment)
        os.environ["FTP_URL"] = f"ftp://127.0.0.1:{port}"
        django.setup()
        prepare_database()
        argv = [sys.executable, "manage.py", "ftpserver"]
        server = ServerProcess(argv, log=directory / "ftp.log")
        server.start(lambda: port_answers(port))
        stack.callback(server.stop, 60)
        assert server.process
        yield port, server.process.pid, directory


def measure(slow: int, megabytes: int, rounds: int) -> None:
    with running() as (port, pid, directory):
        file = directory / "body.bin"
        file.write_bytes(os.urandom(MB) * megabytes)
        send(port, file)  # warms up
        alone, among = [], []
        before = cores.resident_kilobytes(pid)
        held = taken = 0
        for _ in range(rounds):
            alone.append(send(port, file))
            stations = SlowStations(port, slow)
            among.append(send(port, file))
            held = max(held, cores.resident_kilobytes(pid) - before)
            taken += stations.end()
        report(megabytes, alone, f"{megabytes} MB over FTP to S3, alone")
        report(megabytes, among, f"the same among {slow} slow stations")
        print(f"ratio of the medians {statistics.median(among) / statistics.median(alone):.2f}")
        print(f"memory of the slow stations {held / 1000:.0f} MB, {held / slow:.0f} kB each")
        print(f"slow files taken as whole: {taken} of {slow * rounds}")


def report(megabytes: int, seconds: list[float], what: str) -> None:
    median = statistics.median(seconds)
    spread = f"{min(seconds):.2f}-{max(seconds):.2f} s"
    print(f"{what:42} {median:.2f} s  {megabytes / median:5.0f} MB/s  {spread}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", type=int, default=190)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    measure(options.slow, options.megabytes, options.rounds)
