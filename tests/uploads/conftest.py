"""The upload endpoint behind a real server, and curl as the station."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics.models import LogFile, LogRequest
from diagnostics.storage import get_log_store
from diagnostics.uploads.app import upload_app
from tests.servers.application import served
from tests.servers.processes import PATIENCE, wait_until
from tests.services.conftest import make_station


@dataclass
class Address:
    """One upload address, the request it belongs to, and what came of it."""

    url: str
    request: LogRequest

    @property
    def endpoint(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def files(self) -> list[LogFile]:
        return list(LogFile.objects.filter(log_request=self.request).order_by("pk"))

    def awaited_file(self) -> LogFile:
        """The only file, once it is recorded: a station that is gone cannot tell us when."""
        wait_until(lambda: bool(self.files()), "a file is recorded")
        (file,) = self.files()
        return file

    def notes(self) -> list[tuple[str, str]]:
        entries = self.request.timeline.order_by("pk")
        return [(entry.kind, str(entry.data.get("info", ""))) for entry in entries]


@dataclass
class Answer:
    status: int
    text: str
    headers: str


def curl(*arguments: str) -> Answer:
    """Run curl as stations do; the last answer's head and body."""
    command = ["curl", "--silent", "--show-error", "--include", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE)
    text = done.stdout.decode()
    while text.startswith("HTTP/1.1 100"):
        text = text.partition("\r\n\r\n")[2]
    headers, _, body = text.partition("\r\n\r\n")
    return Answer(int(headers.split()[1]), body.strip(), headers.lower())


def content_of(file: LogFile) -> bytes:
    return b"".join(get_log_store().read(file.key))


def stored_keys(directory: Path) -> list[str]:
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file())


@pytest.fixture
def log_directory(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def configured(log_directory: Path) -> Iterator[Callable[..., None]]:
    """Change keys of DIAGNOSTICS for the test; the store is a directory unless said otherwise."""
    overrides = []

    def configure(**keys: Any) -> None:
        override = override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **keys})
        override.enable()
        overrides.append(override)

    configure(LOG_STORE_URL=f"file://{log_directory}")
    yield configure
    for override in reversed(overrides):
        override.disable()


@pytest.fixture
def server(configured: Callable[..., None], transactional_db: None) -> Iterator[str]:
    with served(upload_app) as address:
        yield address


@pytest.fixture
def address(server: str) -> Address:
    return address_at(server)


def address_at(server: str) -> Address:
    now = timezone.now()
    request = LogRequest.objects.create(
        station=make_station(f"CS-{secrets.token_hex(4)}"),
        created_at=now,
        expires_at=now + timedelta(hours=1),
        address_expires_at=now + timedelta(hours=2),
    )
    return Address(f"{server}/u/{request.token}", request)


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """Two and a half megabytes that look like no form."""
    path = tmp_path / "diagnostics-2026-03-02T08:00:00Z.log"
    path.write_bytes(b"2026-03-02T08:00:00Z a line of a log\r\n" * 65_536)
    return path
