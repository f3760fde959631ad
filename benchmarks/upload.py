"""Uploads through the endpoint against the same bytes written straight into the same store.

    python -m benchmarks.upload [--megabytes 200] [--rounds 5]

Starts a real S3 server (SeaweedFS), a Valkey, and the project under uvicorn twice: on S3 and on a
directory, with a SQLite database. Each round sends one file by each way, in turn, so that a
machine that slows down slows all of them; medians are printed. Memory is the peak of the server's
resident set during its uploads, over what it held before.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import boto3
import django
from botocore.config import Config
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from tests.servers.processes import ServerProcess, free_port, port_answers
from tests.servers.seaweedfs import BUCKET, SeaweedFS
from tests.servers.valkey import Valkey

MB = 1_000_000
CHUNK = 1024 * 1024


class Server:
    """The project under uvicorn; `megabytes_over_idle` is its peak memory since `settle`."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        argv = [sys.executable, "-m", "uvicorn", "--port", str(self.port), "--log-level", "error"]
        self._server = ServerProcess(
            [*argv, "config.asgi:application"],
            log=directory / f"uvicorn-{self.port}.log",
            environment=environment,
        )
        self._idle = 0

    def start(self) -> None:
        self._server.start(lambda: port_answers(self.port))

    def stop(self) -> None:
        self._server.stop()

    def settle(self) -> None:
        """Forget the peak so far, and take what is held now as idle."""
        (self._proc / "clear_refs").write_text("5")
        self._idle = self._status("VmRSS")

    @property
    def megabytes_over_idle(self) -> float:
        return (self._status("VmHWM") - self._idle) / 1000

    @property
    def cpu_seconds(self) -> float:
        """What the server has used of the processors so far; does not depend on their load."""
        user, system = (self._proc / "stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def _proc(self) -> Path:
        process = self._server.process
        return Path("/proc") / str(process.pid if process else "self")

    def _status(self, key: str) -> int:
        lines = (self._proc / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(key))


class Ways:
    """The ways to bring a file; each returns when the bytes are where they should be."""

    def __init__(self, directory: Path, store: SeaweedFS, s3: Server, disk: Server) -> None:
        self._directory = directory
        self._s3, self._disk = s3, disk
        self._client = boto3.client(
            "s3",
            endpoint_url=store.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=store.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=store.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=store.environment["AWS_DEFAULT_REGION"],
            config=Config(s3={"addressing_style": "path"}),
        )

    def all(self) -> dict[str, Callable[[Path], None]]:
        return {
            "boto3 put_object, straight to S3": self._put_object,
            "boto3 upload_file, straight to S3": self._upload_file,
            "PUT through the endpoint to S3": lambda file: put(self._s3, file),
            "write, SHA-256, fsync in one loop": self._write,
            "PUT through the endpoint to a directory": lambda file: put(self._disk, file),
        }

    def _put_object(self, file: Path) -> None:
        with file.open("rb") as body:
            self._client.put_object(Bucket=BUCKET, Key="straight/put", Body=body)

    def _upload_file(self, file: Path) -> None:
        self._client.upload_file(str(file), BUCKET, "straight/upload")

    def _write(self, file: Path) -> None:
        digest = hashlib.sha256()
        copy = self._directory / "straight"
        with file.open("rb") as source, copy.open("wb") as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        copy.unlink()


def put(server: Server, file: Path) -> None:
    url = f"http://127.0.0.1:{server.port}/u/{new_token()}/"
    command = ["curl", "--silent", "--show-error", "--fail", "--output", os.devnull]
    subprocess.run([*command, "-T", str(file), url], check=True)


def new_token() -> str:
    """A fresh upload address: the same contents twice at one address would be kept once."""
    now = timezone.now()
    later = now + timedelta(hours=1)
    stations = apps.get_model("stations.ChargingStation")._default_manager
    station, _ = stations.get_or_create(identity="BENCHMARK")
    row = apps.get_model("diagnostics.LogRequest")._default_manager.create(
        station=station, created_at=now, expires_at=later, address_expires_at=later
    )
    return str(row.token)


@contextmanager
def running(directory: Path) -> Iterator[tuple[SeaweedFS, Server, Server]]:
    with ExitStack() as stack:
        store, valkey = SeaweedFS(directory), Valkey(directory)
        for server in (store, valkey):
            server.start()
            stack.callback(server.stop)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=f"sqlite:///{directory / 'db.sqlite3'}",
            REDIS_URL=valkey.url,
            SECRET_KEY="x" * 50,
            VAR_DIR=str(directory / "var"),
            LOG_STORE_URL=f"s3://{BUCKET}/logs",
            **store.environment,
        )
        django.setup()
        call_command("migrate", verbosity=0)
        s3 = Server(directory, {})
        disk = Server(directory, {"LOG_STORE_URL": f"file://{directory / 'logs'}"})
        for server in (s3, disk):
            server.start()
            stack.callback(server.stop)
        yield store, s3, disk


def measure(megabytes: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as (store, s3, disk):
        directory = Path(name)
        ways = Ways(directory, store, s3, disk).all()
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        cpu = dict.fromkeys(ways, 0.0)
        file = directory / "body.bin"
        for number in range(rounds + 1):
            file.write_bytes(os.urandom(MB) * (megabytes if number else 5))
            if number == 1:
                s3.settle()
                disk.settle()
            for way, bring in ways.items():
                begun, used = time.perf_counter(), cpu_seconds(s3, disk)
                bring(file)
                if number:  # the first round, a small file, only warms up
                    seconds[way].append(time.perf_counter() - begun)
                    cpu[way] += (cpu_seconds(s3, disk) - used) / rounds
        report(megabytes, seconds, cpu)
        for server, name in ((s3, "S3"), (disk, "a directory")):
            print(f"peak memory over idle, {name}: {server.megabytes_over_idle:.0f} MB")


def cpu_seconds(*servers: Server) -> float:
    """Processor time of those who send to a store: this process and the servers, not the store."""
    return time.process_time() + sum(server.cpu_seconds for server in servers)


def report(megabytes: int, seconds: dict[str, list[float]], cpu: dict[str, float]) -> None:
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    straight = next(iter(medians.values()))
    print(f"{megabytes} MB, median of {len(next(iter(seconds.values())))} rounds")
    for way, median in medians.items():
        spread = f"{min(seconds[way]):.2f}-{max(seconds[way]):.2f} s"
        speed = f"{megabytes / median:6.0f} MB/s  {straight / median:5.2f} x put_object"
        print(f"{way:42} {speed}  {spread:14}  {cpu[way]:.2f} s of CPU")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    measure(options.megabytes, options.rounds)
