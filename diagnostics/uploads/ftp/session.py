"""One station's control connection: pyftpdlib's commands, answered as a write-only inbox does."""

from __future__ import annotations

import logging
import posixpath
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from typing import Any

from django.db import Error as DatabaseError
from OpenSSL import SSL
from pyftpdlib.exceptions import AuthenticationFailed
from pyftpdlib.handlers import TLS_FTPHandler

from diagnostics.exceptions import UploadExpired, UploadRefused, UploadTooLarge, UploadUnknown
from diagnostics.models import LogFile
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads.arrivals import UploadTicket
from diagnostics.storage import StorageError
from diagnostics.uploads.ftp.data import DataConnection
from diagnostics.uploads.ftp.inbox import UNAVAILABLE, Inbox, IncomingFile, reply_to
from diagnostics.uploads.ftp.tls import Certificate
from diagnostics.uploads.ftp.users import Users
from diagnostics.uploads.guard import Guard, plain_address
from diagnostics.uploads.names import display_name, printable
from diagnostics.uploads.reception import Announcement, Reception
from diagnostics.workers import database_turn

logger = logging.getLogger(__name__)

# Seconds without a command.
IDLE_SECONDS = 120
# Seconds in which a station that is gone shows it after the last byte of its file.
FAREWELL_SECONDS = 0.2

NO_LONGER_VALID = "550 This address is no longer valid."

_LEFT_OUT = {"EPRT", "MFMT", "MDTM", "MLST", "SITE CHMOD", "SITE HELP"}


class Refused(Exception):
    """A command that is not obeyed; the text is the reply."""


class Session(TLS_FTPHandler):
    """A control connection. One thread runs it with its data connection and its file.

    `implicit`: the station began with TLS at once, without AUTH.
    """

    authorizer = Users()
    abstracted_fs = Inbox
    dtp_handler = DataConnection
    proto_cmds = {
        name: command
        for name, command in TLS_FTPHandler.proto_cmds.items()
        if name not in _LEFT_OUT
    }
    timeout = IDLE_SECONDS
    banner = "Ready to take a file."
    use_sendfile = False

    # A server sets these on a subclass of its own.
    guard: Guard
    certificate: Certificate | None = None

    _extra_feats: list[str]

    def __init__(
        self, conn: socket.socket, server: Any, ioloop: Any = None, *, implicit: bool = False
    ) -> None:
        self.address = ""
        self.arriving: IncomingFile | None = None
        self._implicit = implicit
        self._credentials = ("", "")
        self._declared: int | None = None
        self._position: int | None = None
        super().__init__(conn, server, ioloop)
        self.address = plain_address(str(self.remote_ip))
        if self.certificate is None:
            self._extra_feats = []

    # TLS

    @classmethod
    def get_ssl_context(cls) -> SSL.Context | None:
        return cls.certificate.context() if cls.certificate else None

    def handle(self) -> None:
        """Greet; where TLS comes first, after it."""
        if self._implicit:
            self._pbsz = self._prot = True
            self.secure_connection(self.ssl_context)
        else:
            super().handle()

    def handle_ssl_established(self) -> None:
        if self._implicit:
            super().handle()

    def ftp_AUTH(self, line: str) -> None:  # noqa: N802
        if self.certificate is None:
            self.respond("502 TLS is not offered here.")
        else:
            super().ftp_AUTH(line)

    # Who it is

    def sign_in(self, user: str, password: str) -> None:
        """Raises AuthenticationFailed with a sentence for the station."""
        try:
            with database_turn():
                uploads.sign_in(user, password, remote_address=self.address)
        except UploadUnknown:
            self.guard.wrong_password(self.address)
            raise AuthenticationFailed("Wrong user or password.") from None
        except UploadExpired:
            raise AuthenticationFailed("The time of this user is over.") from None
        except DatabaseError:
            logger.exception("The database does not take an upload")
            raise AuthenticationFailed("Nobody can sign in now, come again.") from None
        self._credentials = user, password
        self.guard.right_password(self.address)

    # What it brings

    def ftp_ALLO(self, line: str) -> None:  # noqa: N802
        """Remember the size of the file to come: without it nobody knows that a part is missing."""
        self._declared = _number(line.split()[0])
        self.respond("501 A size is a number." if self._declared is None else "200 Noted.")

    def ftp_REST(self, line: str) -> None:  # noqa: N802
        self._position = _number(line)
        if self._position is None:
            self.respond("501 A position is a number.")
        else:
            self.respond(f"350 The file to come goes on at {self._position}.")

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        """What is here of a file, for a station that wants to resume it."""
        with self._refusals():
            part = self._part(self._ticket(), path)
            self.respond(f"213 {part.size}" if part else "550 Nothing is here of this file.")

    def ftp_STOR(self, file: str, mode: str = "w") -> None:  # noqa: N802
        """Begin to take a file: from the start, after REST, or with APPE after what is here."""
        if self.arriving is not None:
            self.arriving.close()  # accepted before, and its data never came
        with self._refusals():
            self.arriving = self._begin(file, append="a" in mode)
            super().ftp_STOR(file)

    def ftp_STOU(self, line: str) -> None:  # noqa: N802
        """Names need not be unique here."""
        self.ftp_STOR(self.fs.ftp2fs(line or "file"))

    def ftp_PORT(self, line: str) -> None:  # noqa: N802
        self.respond("502 Active mode is not offered here: use PASV or EPSV.")

    def took_all_of(self, file: IncomingFile) -> bool:
        """Whether a file that ended is whole, by everything that FTP lets us know."""
        data = getattr(self, "data_channel", None)
        if data is None or not data.transfer_finished or data.was_reset:
            return False
        if file.needed is not None:
            return bool(max(data.tot_bytes_received, file.received) >= file.needed)
        return data.closed_by_tls or not self._left_without_a_word()

    def end_transfer(self, reply: str) -> None:
        if (data := getattr(self, "data_channel", None)) is not None:
            data.end(reply)

    def reply_to_transfer(self, reply: str) -> None:
        if (data := getattr(self, "data_channel", None)) is not None:
            data.reply_with(reply)

    def close(self) -> None:
        data = getattr(self, "data_channel", None)
        if not self._closed and data is not None:
            data.drain()
        super().close()
        if self._closed and self.arriving is not None:
            self.arriving.close()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Reply with whatever stands against a command."""
        try:
            yield
        except Refused as refused:
            self.respond(str(refused))
        except UploadTooLarge:
            self.respond("552 The file is too large.")
        except UploadRefused:
            self.respond(NO_LONGER_VALID)
        except StorageError as error:
            self.respond(reply_to(error))
        except DatabaseError:
            logger.exception("The database does not take an upload")
            self.respond(UNAVAILABLE)

    def _ticket(self) -> UploadTicket:
        """The request's time may have ended since the station signed in."""
        with database_turn():
            return uploads.sign_in(*self._credentials)

    def _part(self, ticket: UploadTicket, path: str) -> LogFile | None:
        with database_turn():
            return uploads.find_part(ticket, _name(path))

    def _begin(self, path: str, *, append: bool) -> IncomingFile:
        declared, self._declared = self._declared, None
        position, self._position = self._position, None
        ticket = self._ticket()
        part = self._part(ticket, path) if append or position else None
        kept = part.size if part else 0
        if position is None:
            position = kept if append else 0
        if position > kept:
            raise Refused(f"554 {kept} bytes are here of this file: go on from there.")
        announced = Announcement(
            name=_name(path),
            method="FTPS" if self._ssl_established else "FTP",
            declared_size=declared,
            remote_address=self.address,
        )
        reception = Reception(ticket, announced)
        reception.begin(part, position)
        return IncomingFile(self, reception, declared)

    def _left_without_a_word(self) -> bool:
        """Whether the control connection ended with the file, as when a station loses its power.

        The book has a station wait for the reply, and say QUIT.
        """
        if self._closed or self._quit_pending:
            return not self._quit_pending
        if not select([self.socket], [], [], FAREWELL_SECONDS)[0]:
            return False
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except (SSL.ZeroReturnError, SSL.WantReadError, BlockingIOError):
            return False
        except (OSError, SSL.Error):
            return True

    def log(self, msg: str, logfun: Any = None) -> None:
        """Of little interest, and full of what stations say."""
        logger.debug("%s: %s", self.address, printable(msg))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _name(path: str) -> str:
    return display_name(posixpath.basename(path))
