"""Examining and reading a gigabyte of log, plain and packed, on a directory and on S3.

    python -m benchmarks.reading [--megabytes 1000] [--pages 9]

Starts a real S3 server (SeaweedFS) and makes a log, and a gzip that unpacks to it. Each is examined
as a worker does, between two runs of the tool that does nothing but count its lines (`wc -l`,
`gzip -dc | wc -l`): the ratio is ours to theirs. Then pages are asked for as a browser asks: the
whole view, with session, permissions and database (SQLite), in this process. Memory is the peak of
the resident set over what it was before.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command
from django.utils.module_loading import import_string

from benchmarks.figures import number, ratio, table
from tests.servers.seaweedfs import BUCKET, SeaweedFS

MB = 1_000_000
CHUNK = 1024 * 1024
PART = 16 * MB


def write_log(path: Path, megabytes: int) -> None:
    """Lines as stations write them, a tenth of them errors, in the order of their times."""
    make = import_string("diagnostics.testing.logs.make_diagnostics_log")
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("wb") as file:
        for part in range(max(megabytes * MB // PART, 1)):
            oldest = begin + timedelta(hours=part)
            size = min(PART, megabytes * MB)
            file.write(
                make(oldest=oldest, latest=oldest + timedelta(hours=1), size=size, seed=part)
            )


def counted(command: str) -> float:
    """Seconds that a shell command takes."""
    begun = time.perf_counter()
    subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


@contextmanager
def peak() -> Iterator[Callable[[], float]]:
    """Gives a function that says by how many MB this process grew at most since the beginning."""
    Path("/proc/self/clear_refs").write_text("5")
    idle = _status("VmRSS")
    yield lambda: (_status("VmHWM") - idle) / 1000


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


class Stored:
    """A file in the store that LOG_STORE_URL names, and its reader's addresses."""

    def __init__(self, source: Path) -> None:
        store = import_string("diagnostics.storage.get_log_store")()
        make_request = import_string("diagnostics.testing.factories.make_log_request")
        stations = apps.get_model("stations.ChargingStation")._default_manager
        station, _ = stations.get_or_create(identity="BENCHMARK")
        row = make_request(station)
        upload = store.open_upload(f"benchmark/{row.pk}/{source.name}")
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                upload.write(chunk)
        stored = upload.complete()
        self.file = apps.get_model("diagnostics.LogFile")._default_manager.create(
            log_request=row, key=stored.key, size=stored.size, sha256=stored.sha256,
            received_at=datetime.now(UTC), name=source.name,
        )  # fmt: skip
        self.address = f"/admin/diagnostics/logrequest/{row.pk}/files/{self.file.pk}/"

    def examine(self) -> tuple[float, float]:
        """Seconds, and MB of memory."""
        begun = time.perf_counter()
        with peak() as grown:
            import_string("diagnostics.services.files.examination.examine")(self.file.pk)
            memory = grown()
        self.file.refresh_from_db()
        assert self.file.examination == "Done", self.file.problem
        return time.perf_counter() - begun, memory

    @property
    def copy_size(self) -> int:
        """Bytes of the readable copy; 0 where the file itself is read."""
        key = self.file.copy_key
        return import_string("diagnostics.storage.get_log_store")().size(key) if key else 0


class Pages:
    """Asks for lines as the reader's script does."""

    def __init__(self, stored: Stored, client: Any, opening: int) -> None:
        self.stored, self.client, self.opening = stored, client, opening
        self.lines = stored.file.members.get().lines

    def times(self, pages: int) -> dict[str, float]:
        """Milliseconds, medians."""
        step = self.lines // (pages + 1)
        asked = {
            "last page": [{"from": self.lines - 200 - place} for place in range(pages)],
            "pages between": [{"from": place * step} for place in range(1, pages + 1)],
            "errors from there": [
                {"levels": "E", "from": place * step} for place in range(1, pages + 1)
            ],
            "at a time": [{"at": f"2026-01-01 {place % 24:02d}:30:00"} for place in range(pages)],
        }
        return {name: statistics.median(map(self._ask, queries)) for name, queries in asked.items()}

    def _ask(self, query: dict[str, Any]) -> float:
        begun = time.perf_counter()
        response = self.client.get(
            f"{self.stored.address}lines/", {"opening": self.opening, **query}
        )
        assert response.status_code == 200, response.content[:200]
        return 1000 * (time.perf_counter() - begun)


def pages_of(stored: Stored) -> Pages:
    user, _ = import_string("django.contrib.auth.models.User").objects.get_or_create(
        username="benchmark", is_staff=True, is_superuser=True
    )
    client = import_string("django.test.Client")()
    client.force_login(user)
    opened = import_string("diagnostics.services.files.record_access")(
        stored.file, user=user, kind="Read"
    )
    return Pages(stored, client, opened.pk)


@contextmanager
def prepared(directory: Path) -> Iterator[dict[str, str]]:
    """Django on a database of its own; gives the addresses of both stores by their names."""
    with ExitStack() as stack:
        seaweed = SeaweedFS(directory)
        seaweed.start()
        stack.callback(seaweed.stop)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=f"sqlite:///{directory / 'db.sqlite3'}",
            SECRET_KEY="x" * 50,
            DEBUG="0",
            PUBLIC_URL="http://testserver",
            VAR_DIR=str(directory / "var"),
            **seaweed.environment,
        )
        django.setup()
        call_command("migrate", verbosity=0)
        yield {"directory": f"file://{directory / 'logs'}", "S3": f"s3://{BUCKET}/logs"}


def measure(megabytes: int, pages: int) -> None:
    with tempfile.TemporaryDirectory() as name, prepared(Path(name)) as stores:
        plain, packed = Path(name) / "cs.log", Path(name) / "cs.log.gz"
        write_log(plain, megabytes)
        subprocess.run(["sh", "-c", f"gzip -6 -c {plain} > {packed}"], check=True)
        tools = {plain: f"wc -l {plain}", packed: f"gzip -dc {packed} | wc -l"}
        examined, asked = [], []
        for store, url in stores.items():
            for source, tool in tools.items():
                with on_store(url):
                    row, times = _measure_one(source, tool, megabytes, pages)
                title = f"{source.suffix.removeprefix('.')} on {store}"
                examined.append([title, *row])
                asked.append([title, *(number(value) for value in times.values())])
                print(".", end="", file=sys.stderr, flush=True)
        print(f"\n{megabytes} MB of text, its gzip {packed.stat().st_size / MB:.0f} MB\n")
        print(
            table(["examined", "ours MB/s", "tool MB/s", "ratio", "memory MB", "copy MB"], examined)
        )
        print("\n" + table(["milliseconds", *times], asked))


def _measure_one(
    source: Path, tool: str, megabytes: int, pages: int
) -> tuple[list[str], dict[str, float]]:
    stored = Stored(source)
    before = counted(tool)
    seconds, memory = stored.examine()
    theirs = megabytes / statistics.mean([before, counted(tool)])
    with peak() as grown:
        times = pages_of(stored).times(pages)
        memory = max(memory, grown())
    ours = megabytes / seconds
    copy = f"{stored.copy_size / MB:.0f}" if stored.copy_size else "–"
    return [number(ours), number(theirs), ratio(ours, theirs), f"{memory:.0f}", copy], times


@contextmanager
def on_store(url: str) -> Iterator[None]:
    settings = import_string("django.conf.settings")
    override = import_string("django.test.override_settings")
    with override(
        ALLOWED_HOSTS=["testserver"], DIAGNOSTICS={**settings.DIAGNOSTICS, "LOG_STORE_URL": url}
    ):
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=9)
    options = parser.parse_args()
    measure(options.megabytes, options.pages)
