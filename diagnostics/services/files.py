"""Received files: who opens them, what the store keeps of them, and how they go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
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


def delete_log_request(row: LogRequest) -> None:
    """Delete a request, its history and its files, in the store too."""
    keys = [key for file in row.files.all() for key in store_keys(file)]
    keys.append(row.tail_key)
    if row.signed_until:
        keys.append(incoming_key(row.pk, row.token))
    with transaction.atomic():
        row.delete()
        transaction.on_commit(lambda: delete_objects(keys))


def drop_file(file: LogFile) -> None:
    """Delete one file of a request, in the store too."""
    keys = store_keys(file)
    LogFile.objects.filter(pk=file.pk).delete()
    transaction.on_commit(lambda: delete_objects(keys))


def delete_objects(keys: Iterable[str]) -> None:
    """Remove objects that no row speaks of any more, as far as the store can be reached now."""
    for key in filter(None, keys):
        try:
            get_log_store().delete(key)
        except StorageError:
            continue  # the store is away; the object has no row and retention finds it
