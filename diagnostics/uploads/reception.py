"""One upload on its way into the store and into its log request. Blocking: for worker threads."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from threading import Lock
from uuid import uuid4

from django.db import Error as DatabaseError

from diagnostics.services import uploads
from diagnostics.services.uploads import UploadTicket
from diagnostics.storage import StorageError, StoredObject, Upload, get_log_store, object_key
from diagnostics.uploads.requests import UploadRequest
from diagnostics.uploads.unwrapping import unwrap

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 2.0
# Enough of a body to see whether it is a multipart form.
HEAD = 4096


class Reception:
    """Streams one body into the store, then ties the file to its log request.

    The lock puts steps in order when a server gives up on a request while one still runs.
    """

    def __init__(self, ticket: UploadTicket, request: UploadRequest) -> None:
        self._ticket = ticket
        self._request = request
        self._store = get_log_store()
        self._head = b""
        self._upload: Upload | None = None
        self._shown_at = time.monotonic()
        self._lock = Lock()

    def begin(self) -> None:
        """Show on the request that bytes are coming, and open the object.

        Raises StorageFull, StorageUnavailable.
        """
        with self._lock:
            uploads.upload_started(
                self._ticket,
                name=self._request.name,
                method=self._request.method,
                declared_size=self._request.declared_size,
                content_type=self._request.content_type,
                remote_address=self._request.remote_address,
                name_was_appended=self._request.name_was_appended,
            )
            self._upload = self._store.open_upload(
                self._new_key(), expected=self._request.declared_size
            )

    def write(self, pieces: list[bytes]) -> bool:
        """Append to the object; False when they are more than the request may bring.

        What fits is kept all the same. Raises StorageFull, StorageUnavailable.
        """
        with self._lock:
            if self._upload is None:
                return False
            for piece in pieces:
                if len(self._head) < HEAD:
                    self._head += piece[: HEAD - len(self._head)]
                room = self._ticket.max_bytes - self._upload.size
                self._upload.write(piece[:room])
                if len(piece) > room:
                    return False
            self._show_progress(self._upload.size)
            return True

    def finish(self, *, whole: bool) -> None:
        """Keep what has arrived, cut the file out of it, and record it; once.

        Raises StorageFull, StorageUnavailable. When the database fails, the bytes stay in the
        store and the log says under which key.
        """
        with self._lock:
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

    def fail(self, reason: str) -> None:
        """Forget what has arrived; `reason` is a sentence for the operator."""
        with self._lock:
            self._give_up(reason)

    def _record(self, stored: StoredObject, whole: bool) -> None:
        found = unwrap(
            self._store,
            stored,
            head=self._head,
            content_type=self._request.content_type,
            key=self._new_key(),
            whole=whole,
        )
        uploads.record_upload(
            self._ticket,
            stored=found.stored,
            name=self._request.name or found.name,
            method=self._request.method,
            form=found.form,
            content_type=self._request.content_type,
            declared_size=self._request.declared_size,
            complete=whole,
            remote_address=self._request.remote_address,
        )
        if found.leftover:
            with suppress(StorageError):
                self._store.delete(found.leftover)

    def _give_up(self, reason: str) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.abort()
        uploads.upload_failed(self._ticket, reason=reason)

    def _show_progress(self, received: int) -> None:
        now = time.monotonic()
        if now - self._shown_at < PROGRESS_SECONDS:
            return
        self._shown_at = now
        # Progress is for the page; an upload must not fail for it.
        with suppress(DatabaseError):
            uploads.upload_progress(self._ticket, received)

    def _new_key(self) -> str:
        return object_key(self._ticket.station_identity, self._ticket.log_request_id, uuid4().hex)
