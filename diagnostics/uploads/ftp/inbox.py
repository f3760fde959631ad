"""What a station finds when it has signed in: everything may be put here, and nothing is here.

Directories are not kept: any may be made and entered. Of a path only the last part matters, as the
name of the file, which is shown to people and used for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS

from diagnostics.storage import StorageError, StorageFull
from diagnostics.uploads.reception import Reception

if TYPE_CHECKING:
    from diagnostics.uploads.ftp.session import Session

LONGEST_PATH = 4096

TOO_LARGE = "552 The file is too large; what fits was kept."
FULL = "452 There is no room for the file."
UNAVAILABLE = "451 The file cannot be stored now, come again later."
CUT_OFF = "426 The transfer ended early; what came was kept."


class IncomingFile:
    """A file on its way into the store, as pyftpdlib writes one. `needed`: bytes announced."""

    def __init__(self, session: Session, reception: Reception, needed: int | None) -> None:
        self.name = "incoming"
        self.closed = False
        self.needed = needed
        self._session = session
        self._reception = reception
        self._failure = ""

    @property
    def received(self) -> int:
        return self._reception.received

    def write(self, data: bytes) -> None:
        """Take some bytes; where they cannot be taken, the transfer ends, and `close` follows."""
        try:
            if not self._reception.write([data]):
                self._failure = TOO_LARGE
        except StorageError as error:
            self._failure = reply_to(error)
        if self._failure:
            self._session.end_transfer(self._failure)

    def close(self) -> None:
        """The transfer has ended: keep what came, and have the station told."""
        if self.closed:
            return
        self.closed = True
        whole = not self._failure and self._session.took_all_of(self)
        try:
            self._reception.finish(whole=whole)
        except StorageError as error:
            self._failure = reply_to(error)
        except Exception:  # of the database; the reception has logged it
            self._failure = UNAVAILABLE
        if reply := self._failure or ("" if whole else CUT_OFF):
            self._session.reply_to_transfer(reply)


def reply_to(error: StorageError) -> str:
    """What a station is told when the store does not take its file."""
    return FULL if isinstance(error, StorageFull) else UNAVAILABLE


class Inbox(AbstractedFS):
    """pyftpdlib's view of a file system; no path of it is one of this machine."""

    def ftp2fs(self, ftppath: str) -> str:
        return str(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return len(path) <= LONGEST_PATH

    def realpath(self, path: str) -> str:
        return path

    def chdir(self, path: str) -> None:
        self.cwd = path

    def mkdir(self, path: str) -> None:
        """Every directory is there already."""

    def listdir(self, path: str) -> list[str]:
        return []

    def format_list(self, basedir: str, listing: Any, ignore_err: bool = True) -> Iterator[bytes]:
        return iter(())

    def isdir(self, path: str) -> bool:
        return True

    def isfile(self, path: str) -> bool:
        return False

    def open(self, filename: str, mode: str) -> IncomingFile:
        """The file that the session is about to receive: there is no other."""
        incoming: IncomingFile | None = self.cmd_channel.arriving
        if incoming is None or incoming.closed:
            raise FilesystemError("Files are only taken here")
        return incoming
