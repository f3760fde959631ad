"""Objects in the store whose rows are deleted: written down with that, removed after it.

Row first: whoever dies in between leaves an object that is known to be removed, and never a row
that promises a file which is gone. The sweep goes on where somebody stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from diagnostics.models import DoomedObject, LogFile
from diagnostics.storage import StorageError, get_log_store

logger = logging.getLogger(__name__)

# How long whoever doomed an object has to remove it, before a sweep does; and how many at once.
OWN_TIME = timedelta(minutes=1)
BATCH = 200


def doom(keys: Iterable[str]) -> None:
    """Have these objects removed, for certain, once the transaction commits. "" is left out."""
    wanted = [key for key in keys if key]
    now = timezone.now()
    rows = [DoomedObject(key=key, since=now) for key in wanted]
    DoomedObject.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(lambda: remove(wanted))


def reprieve(key: str) -> None:
    """The object of this key is about to be written anew: it, and its copy, are to stay."""
    DoomedObject.objects.filter(Q(key=key) | Q(key__startswith=f"{key}.")).delete()


def remove(keys: Iterable[str]) -> int:
    """Remove doomed objects now; returns how many went. What the store refuses awaits a sweep."""
    removed = 0
    for key in keys:
        try:
            removed += _remove(key)
        except StorageError as error:
            logger.warning("Objects cannot be removed from the store now: %s", error)
            break
    return removed


def sweep_doomed(now: datetime) -> None:
    """Remove what was left, a batch at a time."""
    left = DoomedObject.objects.filter(since__lt=now - OWN_TIME).order_by("since")
    remove(list(left.values_list("key", flat=True)[:BATCH]))


@transaction.atomic
def _remove(key: str) -> bool:
    """Whether it went. The row is held meanwhile, and goes last. Raises StorageError."""
    skip = connection.features.has_select_for_update_skip_locked
    held = DoomedObject.objects.select_for_update(skip_locked=skip).filter(key=key).first()
    if held is None:
        return False
    is_spoken_of = LogFile.objects.filter(Q(key=key) | Q(copy_key=key)).exists()
    if not is_spoken_of:
        get_log_store().delete(key)
    held.delete()
    return not is_spoken_of
