"""The connection that carries a file over FTP.

FTP ends a file by closing its connection, so a file that was cut off looks whole. What is known
beyond that is gathered here and in `Session.took_all_of`, which judges.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from select import select
from typing import Any

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_DTPHandler

from diagnostics.uploads.ftp.inbox import IncomingFile

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
    was_reset = False
    closed_by_tls = False
    _resp: tuple[Any, ...]

    def enable_receiving(self, type: str, cmd: str) -> None:
        super().enable_receiving("i", cmd)

    def close(self) -> None:
        """Keep the file before anything is replied, which pyftpdlib does in here too."""
        if not self._closed:
            # It is called from within the handler of whatever ended the connection.
            ended_by = sys.exc_info()[1]
            self.was_reset |= isinstance(ended_by, ConnectionError | TimeoutError)
            self.closed_by_tls |= isinstance(ended_by, SSL.ZeroReturnError)
            if self.file_obj is not None:
                self.file_obj.close()
        super().close()

    def drain(self) -> None:
        """Take what lies in the socket still, before the connection is given up."""
        with suppress(OSError, SSL.Error):
            for _ in range(LAST_PIECES):
                if self._closed or not self.receive or not select([self.socket], [], [], 0)[0]:
                    break
                self.handle_read()

    def end(self, reply: str) -> None:
        """Close before the station has sent all, and tell it why."""
        self._resp = (reply, None)
        self.close()

    def reply_with(self, reply: str) -> None:
        """Say this in the place of what pyftpdlib was about to say of the transfer."""
        if self._resp:
            self._resp = (reply, self._resp[1])
