"""Files on their way to an operator: through this server, or by a link that the store signed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.models import FileAccess, LogFile
from diagnostics.services import files
from diagnostics.storage import get_log_store

# A link is looked at when a download begins: long enough for a browser to follow it.
LINK_LIFETIME = timedelta(minutes=5)
# What goes on within this time continues a download that is on record.
CONTINUES_WITHIN = timedelta(days=1)


def open_download(
    file: LogFile, start: int = 0, end: int | None = None
) -> Generator[bytes, None, None]:
    """Bytes `start` to `end` in pieces. Raises StorageError now rather than at the first piece."""
    pieces = get_log_store().read(file.key, start, end)
    return _all(next(pieces, b""), pieces)


def _all(first: bytes, others: Iterator[bytes]) -> Generator[bytes, None, None]:
    yield first
    yield from others


def sign_download(file: LogFile, *, name: str) -> str:
    """A link to the file in the store, good for some minutes; "" where we give it out ourselves.

    Raises StorageUnavailable.
    """
    if not app_settings.downloads_from_store:
        return ""
    signed = get_log_store().sign_get(file.key, LINK_LIFETIME, name=name)
    return signed.url if signed else ""


def record_download(file: LogFile, *, user: Any, start: int = 0) -> None:
    """Note who downloads: once for each download, however many parts it is fetched in."""
    begun = file.accesses.filter(
        user=user,
        kind=FileAccess.Kind.DOWNLOAD,
        at__gt=timezone.now() - CONTINUES_WITHIN,
    )
    if start == 0 or not begun.exists():
        files.record_access(file, user=user, kind=FileAccess.Kind.DOWNLOAD)
