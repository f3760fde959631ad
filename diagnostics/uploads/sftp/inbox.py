"""What a station finds when it has signed in over SFTP: everything may be put here, nothing taken.

Directories live as long as the session. Of a path only the last part matters, as the name of the
file, which is shown to people and used for nothing else.
"""

from __future__ import annotations

import logging
import posixpath
import stat
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

import asyncssh
from asyncssh import SFTPAttrs, SFTPFailure, SFTPName, SFTPNoSuchFile, SFTPPermissionDenied
from django.db import Error as DatabaseError

from diagnostics.exceptions import UploadRefused
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads.arrivals import UploadTicket
from diagnostics.storage import StorageError
from diagnostics.uploads.names import display_name
from diagnostics.uploads.reception import Announcement
from diagnostics.uploads.sftp.arriving import ArrivingFile, OutOfOrder
from diagnostics.workers import Workers, database_turn

logger = logging.getLogger(__name__)

# Remembered for a session; more of them are made all the same, and forgotten.
MOST_DIRECTORIES = 1000

UNAVAILABLE = "The file cannot be stored now, come again later."

_DIRECTORY = SFTPAttrs(
    type=asyncssh.FILEXFER_TYPE_DIRECTORY, permissions=stat.S_IFDIR | stat.S_IWUSR | stat.S_IXUSR
)

Params = ParamSpec("Params")
Result = TypeVar("Result")


class Inbox(asyncssh.SFTPServer):
    """One session of SFTP, or one transfer of SCP.

    `touch` is called with everything a station does. Nothing of asyncssh's own file access is left.
    """

    def __init__(
        self,
        channel: Any,
        *,
        credentials: tuple[str, str],
        address: str,
        workers: Workers,
        touch: Callable[[], None],
    ) -> None:
        super().__init__(channel)
        self._credentials = credentials
        self._address = address
        self._workers = workers
        self._touch = touch
        self._directories = {b"/"}
        self._open: set[ArrivingFile] = set()

    # Files

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> ArrivingFile:
        if not pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND):
            self._deny()
        await self._do(self._ticket)
        self.mkdir(posixpath.dirname(self.realpath(path)), attrs)
        announced = Announcement(name=_name(path), method="SFTP", remote_address=self._address)
        appending = bool(pflags & asyncssh.FXF_APPEND)
        file = ArrivingFile(self._ticket, announced, appending=appending)
        self._open.add(file)
        return file

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        assert isinstance(file_obj, ArrivingFile)  # noqa: S101
        await self._do(file_obj.write, offset, data)
        return len(data)

    async def close(self, file_obj: object) -> None:
        """The client closes the file, or asyncssh does, while it handles the end of the session."""
        assert isinstance(file_obj, ArrivingFile)  # noqa: S101
        cut_off = sys.exc_info()[1] is not None
        self._open.discard(file_obj)
        await self._do(file_obj.close, cut_off=cut_off)

    async def abandon(self) -> None:
        """The session is over: what came of files that are still open is kept as parts."""
        while self._open:
            file = self._open.pop()
            try:
                await self._workers.run(file.close, cut_off=True)
            except (StorageError, DatabaseError) as error:
                logger.warning("A part of a file could not be kept: %s", error)

    # What is here: a part of a file, for a client that wants to resume, and directories

    async def stat(self, path: bytes) -> SFTPAttrs:
        canonical = self.realpath(path)
        if canonical in self._directories or path.endswith(b"/"):
            return _DIRECTORY
        size = await self._do(self._size, _name(path))
        if size is None:
            raise SFTPNoSuchFile("Nothing is here of this file.")
        return _file(size)

    async def lstat(self, path: bytes) -> SFTPAttrs:
        return await self.stat(path)

    def fstat(self, file_obj: object) -> SFTPAttrs:
        assert isinstance(file_obj, ArrivingFile)  # noqa: S101
        return _file(file_obj.size)

    def realpath(self, path: bytes) -> bytes:
        return posixpath.normpath(posixpath.join(b"/", path)).replace(b"//", b"/")

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        if len(self._directories) < MOST_DIRECTORIES:
            self._directories.add(self.realpath(path))

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """Nothing is ever listed."""
        nothing: tuple[SFTPName, ...] = ()
        for name in nothing:
            yield name

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Clients like to set times and permissions behind a file."""

    lsetstat = setstat

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """See `setstat`."""

    def fsync(self, file_obj: object) -> None:
        """A file is safe when it has been closed."""

    async def exit(self) -> None:
        """The client has ended the session; OpenSSH's scp fails without an exit status."""
        await self.abandon()
        if self.channel.get_subsystem() and not self.channel.is_closing():
            self.channel.exit(0)

    def _deny(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SFTPPermissionDenied("Files are only taken here.")

    read = open56 = remove = rmdir = rename = posix_rename = _deny
    readlink = symlink = link = lock = unlock = statvfs = fstatvfs = _deny

    # In worker threads

    def _ticket(self) -> UploadTicket:
        with database_turn():
            return uploads.sign_in(*self._credentials)

    def _size(self, name: str) -> int | None:
        ticket = self._ticket()
        with database_turn():
            part = uploads.find_part(ticket, name)
        return part.size if part else None

    async def _do(
        self, call: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
    ) -> Result:
        """Run a blocking call; what goes wrong is told in words."""
        self._touch()
        try:
            return await self._workers.run(call, *args, **kwargs)
        except UploadRefused as error:
            raise SFTPPermissionDenied(str(error)) from error
        except (OutOfOrder, StorageError) as error:
            raise SFTPFailure(str(error)) from error
        except DatabaseError as error:
            logger.exception("The database does not take an upload")
            raise SFTPFailure(UNAVAILABLE) from error
        finally:
            self._touch()


def _file(size: int) -> SFTPAttrs:
    return SFTPAttrs(
        type=asyncssh.FILEXFER_TYPE_REGULAR,
        size=size,
        permissions=stat.S_IFREG | stat.S_IWUSR,
    )


def _name(path: bytes) -> str:
    return display_name(path.decode("utf-8", "replace"))
