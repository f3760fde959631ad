"""TLS for data connections, without the tickets that a server of TLS 1.3 sends after the handshake.

A station that sends its file and closes has not read them: its TCP then answers with a reset, in
the place of what it had not sent yet, and nobody there notices. OpenSSL keeps its tickets to itself
when it is told to, and pyOpenSSL cannot tell it; Python's own `ssl` can. The socket is read here,
and not by `ssl`, to which a connection that broke looks like one that was closed.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

from OpenSSL import SSL

# What TLS puts in one record.
RECORD = 16 * 1024


def ticketless_context(chain: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer. Raises OSError when the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0
    context.load_cert_chain(chain, key)
    return context


class TicketlessConnection:
    """A connection that takes bytes, with what pyftpdlib uses of an `SSL.Connection`.

    What goes wrong is raised as there: `ZeroReturnError` where the station ended TLS,
    `SysCallError(-1, …)` where it closed without; OSError where the connection broke.
    """

    def __init__(self, context: ssl.SSLContext, sock: socket.socket) -> None:
        self._socket = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._unsent = b""
        self._end: SSL.Error | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    @property
    def holds_more(self) -> bool:
        """Whether `recv` has something to say of what was read from the socket already."""
        return bool(self._incoming.pending or self._end)

    def do_handshake(self) -> None:
        try:
            self._shake_hands()
        except ssl.SSLEOFError as error:
            raise _closed() from error
        except ssl.SSLError as error:
            raise SSL.Error(str(error)) from error
        except OSError as error:
            raise SSL.SysCallError(error.errno, str(error)) from error

    def recv(self, size: int) -> bytes:
        """What can be told of the next bytes, at most about `size`."""
        if not self.holds_more:
            self._read(size)
        pieces = []
        with suppress(ssl.SSLWantReadError):
            while self._end is None:
                pieces.append(self._record())
        if data := b"".join(pieces):
            return data
        raise self._end or SSL.WantReadError

    def get_shutdown(self) -> int:
        return SSL.RECEIVED_SHUTDOWN

    def set_shutdown(self, state: int) -> None:
        """Whether the station answers is not waited for."""

    def shutdown(self) -> bool:
        """Tell the station that this is the end; no answer is needed."""
        with suppress(OSError):
            self._tls.unwrap()
        with suppress(OSError, SSL.Error):
            self._send()
        return True

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                self._send()
                self._read(RECORD)
            finally:
                self._send()

    def _read(self, size: int) -> None:
        try:
            data = self._socket.recv(size)
        except BlockingIOError as error:
            raise SSL.WantReadError from error
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _record(self) -> bytes:
        try:
            if data := self._tls.read(RECORD):
                return data
            self._end = SSL.ZeroReturnError()
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLEOFError:
            self._end = _closed()
        except ssl.SSLError as error:
            self._end = SSL.Error(str(error))
        return b""

    def _send(self) -> None:
        """Hand on what TLS has to say. Raises SSL.WantWriteError when it does not all fit."""
        self._unsent += self._outgoing.read()
        with suppress(BlockingIOError):
            while self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
        if self._unsent:
            raise SSL.WantWriteError


def _closed() -> SSL.SysCallError:
    return SSL.SysCallError(-1, "Unexpected EOF")
