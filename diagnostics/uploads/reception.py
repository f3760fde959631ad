"""One upload on its way into the store and into its log request. Blocking: for worker threads.

Whatever brings a file, HTTP, FTP or SFTP, brings it through here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar
from uuid import uuid4
from weakref import WeakSet

from django.db import Error as DatabaseError

from diagnostics.exceptions import UploadTooLarge
from diagnostics.models import LogFile
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads import following
from diagnostics.services.uploads.arrivals import UploadTicket
from diagnostics.storage import StorageError, StoredObject, Upload, get_log_store, object_key
from diagnostics.texts.tail import Tail
from diagnostics.uploads.unwrapping import unwrap
from diagnostics.workers import database_turn

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 2.0
# So many uploads of a process at a time show their progress that often, more of them less often, to
# a tenth: each time takes a connection to the database.
OFTEN = 20
# Enough of a body to see whether it is a multipart form.
HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A file as it is announced before its first byte.

    `method` is a word of at most eight letters for how it comes; `declared_size` is in bytes, None
    when nobody said it. `name_was_appended`: the station put the name behind the address it was
    given.
    """

    name: str
    method: str
    declared_size: int | None = None
    content_type: str = ""
    remote_address: str = ""
    name_was_appended: bool = False


class Reception:
    """Streams one file into the store, then ties it to its log request.

    After StorageFull or StorageUnavailable, from whichever step, nothing is kept and the attempt
    is noted: there is nothing left to do. The lock puts steps in order when a server gives up on a
    request while one still runs.
    """

    _under_way: ClassVar[WeakSet[Reception]] = WeakSet()
    _entering: ClassVar[Lock] = Lock()

    def __init__(self, ticket: UploadTicket, announced: Announcement) -> None:
        self._ticket = ticket
        self._announced = announced
        self._store = get_log_store()
        self._head = b""
        self._tail = Tail()
        self._upload: Upload | None = None
        self._continued: LogFile | None = None
        self._shown_at = time.monotonic()
        self._lock = Lock()
        self._has_ended = False

    @property
    def received(self) -> int:
        """Bytes so far, with those of a file that is continued."""
        return self._upload.size if self._upload is not None else 0

    def begin(self, continued: LogFile | None = None, offset: int = 0) -> None:
        """Show on the request that bytes are coming, and open the object.

        With `continued`, the first `offset` bytes of that file come first: a station resumes.
        Raises UploadTooLarge, UploadExpired, StorageFull, StorageUnavailable.
        """
        with self._step():
            self._refuse_too_large()
            others = self._enter()
            with database_turn():
                uploads.upload_started(
                    self._ticket,
                    name=self._announced.name,
                    method=self._announced.method,
                    declared_size=self._announced.declared_size,
                    content_type=self._announced.content_type,
                    remote_address=self._announced.remote_address,
                    name_was_appended=self._announced.name_was_appended,
                    continued_at=offset,
                    others=others,
                )
            self._upload = self._store.open_upload(
                self._new_key(), expected=self._announced.declared_size
            )
            if continued is not None and offset:
                self._continued = continued
                for piece in self._store.read(continued.key, 0, offset):
                    self._append(self._upload, piece)

    def write(self, pieces: list[bytes]) -> bool:
        """Append to the object; False when they are more than the request may bring.

        What fits is then kept as a part, and this reception has ended. Raises StorageFull,
        StorageUnavailable.
        """
        with self._step():
            if self._upload is None:
                return False
            for piece in pieces:
                if not self._append(self._upload, piece):
                    self._finish(whole=False)
                    return False
            self._show_progress(self._upload.size)
            return True

    def finish(self, *, whole: bool) -> None:
        """Keep what has arrived, cut the file out of it, and record it; once.

        Raises StorageFull, StorageUnavailable. When the database fails, the bytes stay in the
        store and the log says under which key.
        """
        with self._step():
            self._finish(whole=whole)

    def _enter(self) -> int:
        """Be under way from now on. Returns how many files of the same request are, too."""
        with self._entering:
            self._under_way.add(self)
            mine = self._ticket.log_request_id
            return sum(
                each._ticket.log_request_id == mine and not each._has_ended
                for each in self._under_way
                if each is not self
            )

    @contextmanager
    def _step(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except StorageError as error:
                logger.warning("The log store does not take an upload: %s", error)
                self._give_up(str(error))
                raise
            except Exception:
                self._has_ended = True
                raise

    def _refuse_too_large(self) -> None:
        size, most = self._announced.declared_size, self._ticket.max_bytes
        if size is not None and size > most:
            reason = f"The file of {size} bytes is larger than the {most} allowed."
            self._give_up(reason)
            raise UploadTooLarge(reason)

    def _append(self, upload: Upload, piece: bytes) -> bool:
        if len(self._head) < HEAD:
            self._head += piece[: HEAD - len(self._head)]
        room = self._ticket.max_bytes - upload.size
        upload.write(piece[:room])
        self._tail.add(piece[:room])
        return len(piece) <= room

    def _finish(self, *, whole: bool) -> None:
        upload = self._upload
        if upload is None:
            return
        if not upload.size and not whole:
            self._give_up("The connection ended before the first byte.")
            return
        stored = upload.complete()
        self._upload = None
        try:
            self._record(stored, whole)
        except Exception:
            logger.exception("Upload is stored as %s but could not be recorded", stored.key)
            raise
        self._has_ended = True

    def _record(self, stored: StoredObject, whole: bool) -> None:
        found = unwrap(
            self._store,
            stored,
            head=self._head,
            content_type=self._announced.content_type,
            key=self._new_key(),
            whole=whole,
        )
        with database_turn():
            uploads.record_upload(
                self._ticket,
                stored=found.stored,
                name=self._announced.name or found.name,
                method=self._announced.method,
                form=found.form,
                content_type=self._announced.content_type,
                declared_size=self._announced.declared_size,
                complete=whole,
                remote_address=self._announced.remote_address,
                continues=self._continued,
            )
        if found.leftover:
            with suppress(StorageError):
                self._store.delete(found.leftover)

    def _give_up(self, reason: str) -> None:
        upload, self._upload = self._upload, None
        self._has_ended = True
        if upload is not None:
            upload.abort()
        with database_turn():
            uploads.upload_failed(self._ticket, reason=reason)

    def _show_progress(self, received: int) -> None:
        now = time.monotonic()
        rarer = min(max(1, len(self._under_way) / OFTEN), 10)
        if now - self._shown_at < PROGRESS_SECONDS * rarer:
            return
        self._shown_at = now
        # Progress is for the page; an upload must not fail for it.
        with suppress(DatabaseError), database_turn():
            uploads.upload_progress(self._ticket, received)
            if following.is_watched(self._ticket.log_request_id):
                self._show_tail()

    def _show_tail(self) -> None:
        ticket = self._ticket
        with suppress(StorageError):
            following.show_tail(
                ticket.log_request_id, ticket.station_identity, head=self._head, tail=self._tail
            )

    def _new_key(self) -> str:
        return object_key(self._ticket.station_identity, self._ticket.log_request_id, uuid4().hex)
