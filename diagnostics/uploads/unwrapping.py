"""Cuts the file out of a multipart body that lies in the store as it came."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from diagnostics.models.log_file import UploadForm
from diagnostics.storage import LogStore, StorageError, StoredObject
from diagnostics.uploads.multipart import find_parts, is_multipart, looks_multipart
from diagnostics.uploads.names import display_name

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The object that is the file, how it lay in the body, and the name it had there.

    `leftover` is the key of the raw body, to be deleted once the file is recorded.
    """

    stored: StoredObject
    form: UploadForm
    name: str = ""
    leftover: str = ""


def unwrap(
    store: LogStore, raw: StoredObject, *, head: bytes, content_type: str, key: str, whole: bool
) -> Unwrapped:
    """Copy the file of a multipart body to `key`; anything else is the file itself.

    `head` is how the body begins (4 KiB are enough), `whole` tells whether all of it arrived.
    When the store fails here, the raw body stays the file: what has arrived is never lost.
    """
    if not is_multipart(content_type) and not looks_multipart(head):
        return Unwrapped(raw, UploadForm.RAW)
    try:
        return _cut(store, raw, content_type, key, whole)
    except StorageError as error:
        logger.warning("Multipart body %s stays as it came: %s", raw.key, error)
        return Unwrapped(raw, UploadForm.RAW_MULTIPART)


def _cut(store: LogStore, raw: StoredObject, content_type: str, key: str, whole: bool) -> Unwrapped:
    form = find_parts(lambda start, end: store.read(raw.key, start, end), raw.size, content_type)
    part = form.file_part()
    if part is None:
        return Unwrapped(raw, UploadForm.RAW_MULTIPART)
    upload = store.open_upload(key, expected=part.size)
    try:
        for piece in store.read(raw.key, part.start, part.end):
            upload.write(piece)
        stored = upload.complete()
    except StorageError:
        upload.abort()
        raise
    return Unwrapped(
        stored,
        UploadForm.MULTIPART if form.conforming and whole else UploadForm.SALVAGED,
        name=display_name(part.filename or ""),
        leftover=raw.key,
    )
