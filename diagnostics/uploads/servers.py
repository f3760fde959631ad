"""Runs the FTP and the SFTP server of DIAGNOSTICS, and says that they are alive."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import Protocol

from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from diagnostics.models import FileServer
from diagnostics.models.file_server import HEARTBEAT
from diagnostics.services.uploads import file_servers
from diagnostics.services.uploads.file_servers import Endpoint
from diagnostics.uploads.guard import Guard
from diagnostics.workers import database_turn

logger = logging.getLogger(__name__)

# By name, so that nobody needs the packages of a server that is not wanted.
SERVERS = {
    FileServer.Kind.FTP: "diagnostics.uploads.ftp.server.FtpServer",
    FileServer.Kind.SFTP: "diagnostics.uploads.sftp.server.SftpServer",
}


class Server(Protocol):
    """A server in threads of its own. `start` raises OSError when it cannot."""

    @property
    def port(self) -> int: ...

    @property
    def connected(self) -> int: ...

    @property
    def is_serving(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


def run(stop: Event, tell: Callable[[str], None] = lambda text: None) -> None:
    """Run what the settings ask for until `stop` is set.

    Raises ImproperlyConfigured for settings that make no sense, ImportError where a package is
    missing, OSError where a server cannot listen or has stopped by itself.
    """
    guard = Guard()
    servers: list[tuple[Server, FileServer]] = []
    try:
        for endpoint in wanted():
            server: Server = import_string(SERVERS[endpoint.kind])(endpoint, guard)
            server.start()
            with database_turn():
                servers.append((server, file_servers.start(endpoint, port=server.port)))
            tell(f"{endpoint.kind.label} at port {server.port}. Stations: {endpoint.url}")
        while not stop.wait(HEARTBEAT.total_seconds()):
            if not all(server.is_serving for server, _ in servers):
                raise OSError("A server has stopped by itself: the log says why.")
            _beat(servers)
    finally:
        _stop(servers)


def wanted() -> list[Endpoint]:
    """The servers that the settings ask for. Raises ImproperlyConfigured."""
    endpoints = [file_servers.configured(kind) for kind in SERVERS]
    return [endpoint for endpoint in endpoints if endpoint is not None]


def _beat(servers: list[tuple[Server, FileServer]]) -> None:
    try:
        with database_turn():
            for server, row in servers:
                file_servers.beat(row, connected=server.connected)
    except DatabaseError:
        logger.exception("The heartbeat of the file servers was not written")


def _stop(servers: list[tuple[Server, FileServer]]) -> None:
    for server, row in servers:
        server.stop()
        try:
            with database_turn():
                file_servers.stop(row)
        except DatabaseError:
            logger.exception("The end of a file server was not written")
