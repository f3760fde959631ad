"""The connection that carries a file over FTP.

FTP ends a file by closing its connection, so a file that was cut off looks whole. What is known
beyond that is gathered here and in `Session.took_all_of`, which judges.
"""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import suppress
from select import select
from typing import Any

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_DTPHandler

from diagnostics.uploads.ftp.inbox import IncomingFile
from diagnostics.uploads.ftp.ticketless import TicketlessConnection

# Seconds without a byte after which a station is taken to be gone; mobile links pause for long.
STALL_SECONDS = 120
# Pieces that are still read from a connection which is given up.
LAST_PIECES = 64


class DataConnection(TLS_DTPHandler):
    """Takes a file as it comes, whatever type was chosen: many stations choose none.

    `was_reset`: it broke. `closed_by_tls`: the station said within TLS that this is the end, which
    nobody on the way can say for it.
    """

    timeout = STALL_SECONDS
    ac_in_buffer_size = 256 * 1024
    file_obj: IncomingFile | None
    socket: Any
    was_reset = False
    closed_by_tls = False
    _resp: tuple[Any, ...]
    # What was being handled elsewhere, and says nothing of this connection.
    _elsewhere: BaseException | None = None

    def secure_connection(self, ssl_context: SSL.Context) -> None:
        """TLS, from the next byte on."""
        self._ssl_requested = self._ssl_accepting = True
        context = self.cmd_channel.certificate.data_context()
        self.socket = TicketlessConnection(context, self.socket)

    def handle_read_event(self) -> None:
        """Take what TLS holds back too: the socket says nothing of it."""
        super().handle_read_event()
        if not self._closed and self._holds_more():
            super().handle_read_event()

    def enable_receiving(self, type: str, cmd: str) -> None:
        super().enable_receiving("i", cmd)

    def close(self) -> None:
        """Keep the file before anything is replied, which pyftpdlib does in here too."""
        if not self._closed:
            # It is called from within the handler of whatever ended the connection.
            ended_by = sys.exc_info()[1]
            if ended_by is not self._elsewhere:
                self.was_reset |= isinstance(ended_by, OSError)
                self.closed_by_tls |= isinstance(ended_by, SSL.ZeroReturnError)
            if self.file_obj is not None:
                self.was_reset |= self._is_broken()
                self.file_obj.close()
        super().close()

    def _holds_more(self) -> bool:
        return isinstance(self.socket, TicketlessConnection) and self.socket.holds_more

    def _is_broken(self) -> bool:
        """Whether the socket has an error that nobody has met while reading."""
        try:
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        except OSError:
            return True
        # EPIPE is of one that had been closed before, with all that was sent.
        return error not in (0, errno.EPIPE)

    def drain(self) -> None:
        """Take what lies in the socket still, before the connection is given up."""
        self._elsewhere = sys.exc_info()[1]
        with suppress(OSError, SSL.Error):
            for _ in range(LAST_PIECES):
                if self._closed or not self.receive:
                    break
                if not self._holds_more() and not select([self.socket], [], [], 0)[0]:
                    break
                self.handle_read_event()

    def end(self, reply: str) -> None:
        """Close before the station has sent all, and tell it why."""
        self._resp = (reply, None)
        self.close()

    def reply_with(self, reply: str) -> None:
        """Say this in the place of what pyftpdlib was about to say of the transfer."""
        if self._resp:
            self._resp = (reply, self._resp[1])
