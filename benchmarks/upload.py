"""Uploads through the endpoint against the same bytes put straight into the same store.

    python -m benchmarks.upload [--megabytes 1000] [--rounds 3] [--only WORDS] [--sparse]

Starts a real S3 server (SeaweedFS), a Valkey, and the project under uvicorn twice: on S3 and on a
directory, with a SQLite database. Each round sends one file by each way, in turn, so that a
machine that slows down slows all of them; medians are printed. The first way is what a station does
with an address that the store has signed, and the measure for the others. Memory is the peak of the
server's resident set during its uploads, over what it held before.

`--only` takes the ways whose names hold these words. `--sparse` sends zeros from a file that takes
no room: `--megabytes 5000 --rounds 1 --sparse --only "endpoint to"` is as large as one PUT may be.
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
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def all(self) -> dict[str, Callable[[Path], None]]:
        return {
            "curl PUT at a signed address, straight to S3": self._put_signed,
            "boto3 put_object, straight to S3": self._put_object,
            "boto3 upload_file, straight to S3": self._upload_file,
            "PUT through the endpoint to S3": lambda file: put(self._s3, file),
            "write, SHA-256, fsync in one loop": self._write,
            "PUT through the endpoint to a directory": lambda file: put(self._disk, file),
        }

    def _put_signed(self, file: Path) -> None:
        wanted = {"Bucket": BUCKET, "Key": "straight/signed"}
        curl(file, self._client.generate_presigned_url("put_object", Params=wanted))

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
    curl(file, f"http://127.0.0.1:{server.port}/u/{new_token()}/")


def curl(file: Path, url: str) -> None:
    command = ["curl", "--silent", "--show-error", "--fail", "--output", os.devnull]
    subprocess.run([*command, "-T", str(file), url], check=True)


def write_file(path: Path, megabytes: int, *, sparse: bool) -> None:
    """Another file each time: equal contents are kept once, and stores may notice too."""
    with path.open("wb") as file:
        if sparse:
            file.write(os.urandom(16))
            file.truncate(megabytes * MB)
            return
        piece = os.urandom(MB)
        for _ in range(megabytes):
            file.write(piece)


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
            MAX_UPLOAD_SIZE=str(10**10),  # parts on S3, and memory, grow with 50 GB and more
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


def measure(megabytes: int, rounds: int, only: str, sparse: bool) -> None:
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as (store, s3, disk):
        directory = Path(name)
        every = Ways(directory, store, s3, disk).all()
        ways = {way: bring for way, bring in every.items() if only in way}
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        cpu = dict.fromkeys(ways, 0.0)
        file = directory / "body.bin"
        for number in range(rounds + 1):
            write_file(file, megabytes if number else 5, sparse=sparse)
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
        speed = f"{megabytes / median:6.0f} MB/s  {straight / median:5.2f} x the first"
        print(f"{way:45} {speed}  {spread:14}  {cpu[way]:.2f} s of CPU")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="WORDS")
    parser.add_argument("--sparse", action="store_true")
    options = parser.parse_args()
    measure(options.megabytes, options.rounds, options.only, options.sparse)
