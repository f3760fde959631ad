"""Compares the store with the rows: objects without a row, rows without an object.

Only what is old enough counts: younger objects may be on their way to their rows. Keys that are
not built as ours are never touched; whoever has orphans removed must not share the bucket and
prefix with another installation, whose objects have no rows here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.jobs import enqueue
from diagnostics.models import DoomedObject, LogFile, LogRequest, StoreCheck
from diagnostics.models.retention import RunStatus
from diagnostics.progress import publish_on_commit
from diagnostics.services.retention.doomed_objects import doom
from diagnostics.services.uploads.direct import LATE
from diagnostics.storage import (
    ObjectFacts,
    ObjectMissing,
    StorageError,
    get_log_store,
    incoming_key,
    incoming_request,
)

TASK = "diagnostics.tasks.check_store"
OLD = timedelta(hours=24)
BATCH = 1000
EXAMPLES = 100
# A check whose process says nothing for so long has died.
STALE = timedelta(minutes=10)

# <station>-<hash>/<log request>/<upload>, and the readable copy beside it.
_OURS = re.compile(r"[\w-]{1,48}-[0-9a-f]{12}/(\d{1,18})/[\w-]{1,64}(\.text)?", re.ASCII)


def start_check(
    *,
    deletes: bool = False,
    older_than: timedelta = OLD,
    started_by: Any = None,
    now: datetime | None = None,
) -> StoreCheck:
    """Begin a check; `work` does it. Raises RequestRefused while another one is under way."""
    now = now or timezone.now()
    running = StoreCheck.objects.filter(status=RunStatus.RUNNING)
    running.filter(heard_at__lt=now - STALE).update(
        status=RunStatus.FAILED, ended_at=now, problem="Crashed"
    )
    if running.exists():
        raise RequestRefused("A check is under way already.")
    return StoreCheck.objects.create(
        deletes=deletes,
        older_than=older_than,
        started_by=started_by,
        started_at=now,
        heard_at=now,
    )


def check_in_background(check: StoreCheck) -> None:
    enqueue(TASK, check.pk, slow=True)


def work(check: StoreCheck) -> None:
    """Do it. What the store refuses ends it, and is kept as its problem."""
    try:
        seen = _objects(check)
        _files(check, seen)
    except StorageError as error:
        check.status, check.problem = RunStatus.FAILED, str(error)[:255]
    else:
        check.status = RunStatus.DONE
    check.waiting = DoomedObject.objects.count()
    check.ended_at = timezone.now()
    _heard(check)


def _objects(check: StoreCheck) -> set[int]:
    """Go through the store; returns the keys of the rows whose file is there."""
    seen: set[int] = set()
    for batch in _batches(get_log_store().list()):
        _batch(check, batch, seen)
        _heard(check)
    return seen


def _batch(check: StoreCheck, batch: list[ObjectFacts], seen: set[int]) -> None:
    """Some objects: those of files are ticked off, what has no row is counted and removed."""
    keys = [each.key for each in batch]
    rows = {row.key: row for row in LogFile.objects.filter(key__in=keys)}
    known = _spoken_of(check, keys)
    check.objects_count += len(batch)
    check.octets += sum(each.size for each in batch)
    before = check.started_at - check.older_than
    for each in batch:
        if each.key in rows:
            seen.add(rows[each.key].pk)
            _compare(check, rows[each.key], each)
        elif each.key not in known and each.modified < before:
            _unknown(check, each)


def _compare(check: StoreCheck, row: LogFile, found: ObjectFacts) -> None:
    if row.size != found.size:
        check.differing += 1
        _example(check, "differing", row.pk)


def _spoken_of(check: StoreCheck, keys: list[str]) -> set[str]:
    """Those of these keys that a row speaks of without being the file itself.

    What a station may still put, or has just put, into the store by itself is among them.
    """
    known = set(LogFile.objects.filter(copy_key__in=keys).values_list("copy_key", flat=True))
    known |= set(DoomedObject.objects.filter(key__in=keys).values_list("key", flat=True))
    numbers = {int(found[1]) for key in keys if (found := _OURS.fullmatch(key))}
    tails = LogRequest.objects.filter(pk__in=numbers).exclude(tail_key="")
    known |= set(tails.values_list("tail_key", flat=True))
    coming = {number for key in keys if (number := incoming_request(key)) is not None}
    rows = LogRequest.objects.filter(pk__in=coming, signed_until__gt=check.started_at - LATE)
    return known | {incoming_key(row.pk, row.token) for row in rows}


def _unknown(check: StoreCheck, found: ObjectFacts) -> None:
    """An object without a row: counted, and removed where that is wanted and it is ours."""
    ours = _OURS.fullmatch(found.key)
    if ours is None and not _came_too_late(found.key):
        check.foreign += 1
        _example(check, "foreign", found.key)
        return
    kind = "copies" if ours and ours[2] else "orphans"
    setattr(check, kind, getattr(check, kind) + 1)
    check.orphan_octets += found.size
    _example(check, kind, found.key)
    if check.deletes:
        doom([found.key])
        check.removed += 1


def _came_too_late(key: str) -> bool:
    """Whether a station of ours put it there by itself, when nobody waited for it any more."""
    row = LogRequest.objects.filter(pk__in=[incoming_request(key)]).first()
    return row is not None and incoming_key(row.pk, row.token) == key


def _files(check: StoreCheck, seen: set[int]) -> None:
    """Go through the rows; those whose file was not seen are asked for one by one."""
    last, before = 0, check.started_at - check.older_than
    while rows := list(LogFile.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in rows:
            is_old = row.received_at < before
            if row.pk not in seen and is_old and not _is_there(row.key):
                check.missing += 1
                _example(check, "missing", row.pk)
        check.files += len(rows)
        last = rows[-1].pk
        _heard(check)


def _is_there(key: str) -> bool:
    try:
        get_log_store().head(key)
    except ObjectMissing:
        return False
    return True


def _example(check: StoreCheck, kind: str, key: str | int) -> None:
    kept = check.examples.setdefault(kind, [])
    if len(kept) < EXAMPLES:
        kept.append(key)


def _heard(check: StoreCheck) -> None:
    check.heard_at = timezone.now()
    check.save()
    publish_on_commit("storecheck", check.pk, state=check.status)


def _batches(objects: Iterable[ObjectFacts]) -> Iterator[list[ObjectFacts]]:
    iterator = iter(objects)
    while batch := list(islice(iterator, BATCH)):
        yield batch
