"""Received files: who opens them, what the store keeps of them, and how they go."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.storage import StorageError, get_log_store, incoming_key

# How long an open page may go on reading; it then asks to be opened again, and is noted again.
OPENING_LASTS = timedelta(hours=24)


def record_access(file: LogFile, *, user: Any, kind: str) -> FileAccess:
    """Note that `user` opened the file: once for each opening."""
    return FileAccess.objects.create(log_file=file, user=user, at=timezone.now(), kind=kind)


def is_open(file: LogFile, *, user: Any, opening: str) -> bool:
    """Whether `opening`, the key of a FileAccess, is this user's of this file, and not old."""
    if not opening.isdecimal():
        return False
    since = timezone.now() - OPENING_LASTS
    mine = FileAccess.objects.filter(pk=int(opening), log_file=file, user=user, at__gt=since)
    return mine.exists()


def store_keys(file: LogFile) -> list[str]:
    """Everything that the store keeps for a file: its bytes, and the readable copy if it has one.

    What is deleted, moved or counted with a file is all of these.
    """
    return [key for key in (file.key, file.copy_key) if key]


def passing_keys(row: LogRequest) -> list[str]:
    """What the store may have for a request besides its files, while one is on its way."""
    incoming = incoming_key(row.pk, row.token) if row.signed_until else ""
    return [key for key in (row.tail_key, incoming) if key]


def delete_log_request(row: LogRequest) -> None:
    """Delete a request, its history and its files; their objects follow.

    Raises ProtectedError where some of it is on legal hold.
    """
    with transaction.atomic():
        row.delete()


def drop_file(file: LogFile) -> None:
    """Delete one file of a request; its objects follow. One on legal hold stays."""
    with suppress(ProtectedError), transaction.atomic():
        file.delete()


def delete_objects(keys: Iterable[str]) -> None:
    """Remove objects that may be written again under the same key, as far as that is possible now.

    What goes for good is doomed instead: see `doomed_objects`.
    """
    for key in filter(None, keys):
        try:
            get_log_store().delete(key)
        except StorageError:
            continue  # the store is away: `manage.py check_store` finds it
