"""An FTP or SFTP server for tests, and what it takes to sign in there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ftplib import FTP
from typing import Any

from django.conf import settings
from django.test import override_settings
from django.utils.module_loading import import_string

from diagnostics.models import FileServer
from diagnostics.services.uploads.file_servers import Endpoint
from diagnostics.uploads.guard import Guard
from diagnostics.uploads.servers import SERVERS, Server
from tests.servers.processes import PATIENCE
from tests.uploads.conftest import Address, address_at

# Clients that may be connected still.
signed_in: list[FTP] = []


@dataclass
class Account(Address):
    """A log request as a user of FTP or SFTP."""

    port: int = 0

    @property
    def user(self) -> str:
        return self.request.upload_user

    @property
    def password(self) -> str:
        return self.request.upload_password

    def ftp(self, client: FTP | None = None) -> FTP:
        """A client that has signed in."""
        client = client or FTP()
        client.connect("127.0.0.1", self.port, timeout=PATIENCE)
        client.login(self.user, self.password)
        signed_in.append(client)
        return client


def account_at(port: int, scheme: str = "ftp") -> Account:
    """A request of a station of its own, with a user at that port."""
    request = address_at("").request
    url = f"{scheme}://{request.upload_user}:{request.upload_password}@127.0.0.1:{port}/"
    return Account(url, request, port)


@contextmanager
def serving(kind: FileServer.Kind, **keys: Any) -> Iterator[Server]:
    """A server on a free port, started with these keys of DIAGNOSTICS."""
    listen = ("127.0.0.1", 0)
    endpoint = Endpoint(kind=kind, host="127.0.0.1", port=0, listen=listen)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **keys}):
        server: Server = import_string(SERVERS[kind])(endpoint, Guard())
        server.start()
    try:
        yield server
    finally:
        server.stop()


def run_curl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run curl as stations do; its exit code says what it took the end for."""
    command = ["curl", "--silent", "--show-error", "--max-time", "30", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def reply_of(error: Any) -> str:
    """The code that a server gave."""
    return str(error.value)[:3]
