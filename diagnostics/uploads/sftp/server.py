"""Listens for stations that speak SFTP: an event loop in a thread, and threads for the store."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

import asyncssh
from django.db import Error as DatabaseError

from diagnostics.conf import app_settings
from diagnostics.exceptions import UploadExpired, UploadUnknown
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads.arrivals import UploadTicket
from diagnostics.services.uploads.file_servers import Endpoint
from diagnostics.uploads.guard import Guard, plain_address
from diagnostics.uploads.sftp.inbox import Inbox
from diagnostics.workers import Workers, database_turn

logger = logging.getLogger(__name__)

# Seconds without anything from a station; mobile links pause for long.
IDLE_SECONDS = 120
LOGIN_SECONDS = 60
STOP_SECONDS, LAST_SECONDS = 15.0, 10.0
# What old stations know too.
KEY_TYPE, KEY_BITS = "ssh-rsa", 3072


class SftpServer:
    """The SFTP server of DIAGNOSTICS: `start`, and later `stop`. SCP comes with it.

    `start` raises OSError when it cannot listen, or cannot read or make the host key.
    """

    def __init__(self, endpoint: Endpoint, guard: Guard) -> None:
        self.guard = guard
        # A slow store holds a thread for each station, and lets the others be.
        self.workers = Workers(app_settings.ftp_max_connections + 8, "sftp")
        self.doors: set[Door] = set()
        self.addresses: Counter[str] = Counter()
        self._endpoint = endpoint
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._acceptor.get_port() if self._acceptor else 0

    @property
    def connected(self) -> int:
        """How many connections there are now."""
        return len(self.doors)

    @property
    def is_serving(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        key = host_key(Path(app_settings.sftp_host_key))
        self._thread.start()
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(key), self._loop).result()
        logger.info("The SFTP server has the host key %s", key.get_fingerprint())

    def stop(self) -> None:
        """Take no more connections and end those there are; what came of their files is kept."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(STOP_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(STOP_SECONDS)
        if not self._loop.is_running():
            self._loop.close()

    async def _listen(self, key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
        host, port = self._endpoint.listen
        return await asyncssh.create_server(
            lambda: Door(self),
            host,
            port,
            server_host_keys=[key],
            sftp_factory=_inbox,
            allow_scp=True,
            encoding=None,
            login_timeout=LOGIN_SECONDS,
            keepalive_interval=30,
            agent_forwarding=False,
            server_version="upload",
        )

    async def _end(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
        for door in list(self.doors):
            await door.shut()
        # What is still being written is written before the loop goes.
        if rest := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(rest, timeout=LAST_SECONDS)


class Door(asyncssh.SSHServer):
    """One connection: who it is, and how long it has been silent."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server
        self._connection: asyncssh.SSHServerConnection
        self._idle: asyncio.TimerHandle | None = None
        self._inboxes: list[Inbox] = []
        self.address = ""
        self.credentials = ("", "")

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        peer = conn.get_extra_info("peername") or ("",)
        self.address = plain_address(str(peer[0]))
        conn.set_extra_info(door=self)
        refusal = self._refusal()
        self._server.doors.add(self)
        self._server.addresses[self.address] += 1
        if refusal:
            conn.disconnect(asyncssh.DISC_BY_APPLICATION, refusal)
        else:
            self.touch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.doors.discard(self)
        self._server.addresses -= Counter([self.address])
        if self._idle is not None:
            self._idle.cancel()

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        try:
            await self._server.workers.run(self._sign_in, username, password)
        except UploadUnknown:
            self._server.guard.wrong_password(self.address)
            if self._server.guard.keeps_out(self.address):
                self._connection.abort()
            return False
        except (UploadExpired, DatabaseError) as error:
            logger.warning("%s cannot sign in: %s", username[:64].encode(), error)
            return False
        self._server.guard.right_password(self.address)
        self.credentials = username, password
        return True

    def touch(self) -> None:
        """The station has just done something."""
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(IDLE_SECONDS, self._connection.abort)

    def open_inbox(self, channel: Any) -> Inbox:
        inbox = Inbox(
            channel,
            credentials=self.credentials,
            address=self.address,
            workers=self._server.workers,
            touch=self.touch,
        )
        self._inboxes.append(inbox)
        return inbox

    async def shut(self) -> None:
        """The server stops."""
        self._connection.abort()
        for inbox in self._inboxes:
            await inbox.abandon()

    def _sign_in(self, user: str, password: str) -> UploadTicket:
        with database_turn():
            return uploads.sign_in(user, password, remote_address=self.address)

    def _refusal(self) -> str:
        server = self._server
        if server.guard.keeps_out(self.address):
            return "Too many wrong passwords from your address, come again later."
        most = app_settings.ftp_max_connections_per_address
        is_full = server.connected >= app_settings.ftp_max_connections
        if is_full or server.addresses[self.address] >= most:
            logger.warning("A connection from %s was refused: there are too many", self.address)
            return "Too many connections, come again later."
        return ""


def _inbox(channel: Any) -> Inbox:
    door: Door = channel.get_connection().get_extra_info("door")
    return door.open_inbox(channel)


def host_key(path: Path) -> asyncssh.SSHKey:
    """The private key in the file, made and kept there for its owner only at first use.

    Raises OSError, and ValueError for what is no key.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key(KEY_TYPE, key_size=KEY_BITS)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.export_private_key())
    return key
