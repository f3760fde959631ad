"""Listens for stations and gives each connection a thread of its own.

The store blocks, and stations are slow: with a thread and an event loop for each connection, none
waits for another. pyftpdlib's own threaded server shares timers between threads; this one shares
nothing but its counters.
"""

from __future__ import annotations

import logging
import socket
from collections import Counter
from contextlib import suppress
from select import select
from threading import Event, Lock, Thread, current_thread
from typing import Any

from django.db import connections
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from diagnostics.conf import app_settings
from diagnostics.services.uploads.file_servers import Endpoint
from diagnostics.uploads.ftp.session import Session
from diagnostics.uploads.ftp.tls import Certificate
from diagnostics.uploads.guard import Guard, plain_address

logger = logging.getLogger(__name__)

# Seconds in which a station that speaks TLS at once shows it; others wait to be greeted.
HELLO_SECONDS = 1.0
_TLS_HANDSHAKE = b"\x16"
# Seconds between two looks at whether to stop.
TICK = 2.0
PAUSE = 0.1
AFTER_ERROR = 1.0
# Seconds that transfers have to keep what came, when the server stops.
STOP_SECONDS = 15.0

TOO_MANY = b"421 Too many connections, come again later.\r\n"
KEPT_OUT = b"421 Too many wrong passwords from your address, come again later.\r\n"


class FtpServer:
    """The FTP server of DIAGNOSTICS: `start`, and later `stop`. Both schemes on one port.

    `start` raises OSError when it cannot listen, or cannot use the certificate.
    """

    def __init__(self, endpoint: Endpoint, guard: Guard) -> None:
        self._endpoint = endpoint
        self._guard = guard
        self._listener: _Listener | None = None
        self._thread = Thread(target=self._run, name="ftp", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.address[1]) if self._listener else 0

    @property
    def connected(self) -> int:
        """How many connections there are now."""
        return self._listener.sessions if self._listener else 0

    @property
    def is_serving(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        certificate = None
        if app_settings.ftp_certificate:
            certificate = Certificate(app_settings.ftp_certificate, app_settings.ftp_key)
        first, last = app_settings.ftp_passive_ports
        required = app_settings.ftp_tls_required
        session = type(
            "ServerSession",
            (Session,),
            {
                "guard": self._guard,
                "certificate": certificate,
                "passive_ports": range(first, last + 1),
                "masquerade_address": app_settings.ftp_passive_address or None,
                "tls_control_required": required,
                "tls_data_required": required,
            },
        )
        self._listener = _Listener(self._endpoint.listen, session, self._guard)
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections and end those there are; what came of their files is kept."""
        if self._listener is not None:
            self._listener.stopping.set()
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        assert self._listener is not None  # noqa: S101
        self._listener.serve()


def _begins_with_tls(sock: socket.socket) -> bool:
    """Whether the station speaks first, and TLS: what `ftps://` means to some, as to curl.

    To others, as to MicroOcpp, it means to wait for the greeting and say AUTH TLS.
    """
    if not select([sock], [], [], HELLO_SECONDS)[0]:
        return False
    try:
        return sock.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE
    except OSError:
        return False


class _Listener(FTPServer):
    """pyftpdlib's acceptor, with threads."""

    def __init__(self, address: tuple[str, int], session: type[Session], guard: Guard) -> None:
        super().__init__(address, session, ioloop=IOLoop())
        self.stopping = Event()
        self._guard = guard
        self._lock = Lock()
        self._from: Counter[str] = Counter()
        self._threads: set[Thread] = set()

    @property
    def sessions(self) -> int:
        return len(self._threads)

    def handle_error(self) -> None:
        """pyftpdlib would stop listening, as when there are no more file descriptors."""
        logger.exception("A connection could not be taken")
        self.stopping.wait(AFTER_ERROR)

    def serve(self) -> None:
        """Accept until `stopping` is set, then wait for the sessions to end."""
        while not self.stopping.is_set():
            self.ioloop.loop(timeout=TICK, blocking=False)
        self.close_all()
        for thread in list(self._threads):
            thread.join(STOP_SECONDS)

    def handle_accepted(self, sock: socket.socket, addr: Any) -> None:
        address = plain_address(str(addr[0]))
        refusal = self._refusal(address)
        if refusal:
            with sock, suppress(OSError):
                sock.setblocking(False)
                sock.send(refusal)
            return
        thread = Thread(
            target=self._serve, args=(sock, address), name=f"ftp-{address}", daemon=True
        )
        with self._lock:
            thread.start()
            self._threads.add(thread)
            self._from[address] += 1

    def _refusal(self, address: str) -> bytes:
        if self._guard.keeps_out(address):
            return KEPT_OUT
        with self._lock:
            most_here = app_settings.ftp_max_connections_per_address
            if (
                len(self._threads) >= app_settings.ftp_max_connections
                or self._from[address] >= most_here
            ):
                logger.warning("A connection from %s was refused: there are too many", address)
                return TOO_MANY
        return b""

    def _serve(self, sock: socket.socket, address: str) -> None:
        """Run one session from its greeting to its end, in its own thread."""
        try:
            with IOLoop() as ioloop:
                implicit = self.handler.certificate is not None and _begins_with_tls(sock)
                session = self.handler(sock, self, ioloop=ioloop, implicit=implicit)
                if session.connected:
                    session.handle()
                soonest = None
                while session.connected and not self.stopping.is_set():
                    wait = TICK if soonest is None else min(TICK, soonest)
                    soonest = ioloop.loop(timeout=wait, blocking=False)
                    if not ioloop.socket_map:  # after a wrong password it is deaf for a while
                        self.stopping.wait(PAUSE)
        except Exception:
            logger.exception("A session of FTP from %s ended", address)
        finally:
            connections.close_all()
            with self._lock:
                self._threads.discard(current_thread())
                self._from -= Counter([address])

    def _accept_new_cons(self) -> bool:
        """Asked before each data connection, which needs no place of its own."""
        return True
