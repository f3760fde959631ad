"""Finds out what a file is that arrived, and where its lines are; once, by a worker.

The row is the truth: a task may be lost, come twice or die. Whoever claims the row by compare-and-
set examines it; what stops getting on is claimed again, a few times. Each examination replaces
what an earlier one found, in one transaction, so that readers see one of the two.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from diagnostics.jobs import enqueue
from diagnostics.lifecycles.examination import (
    ContentKind,
    Examination,
    ExaminationEvent,
    target_of,
)
from diagnostics.models import LogFile, LogMember
from diagnostics.progress import publish_on_commit
from diagnostics.services.files.contents import Contents, look_into
from diagnostics.services.retention.doomed_objects import doom
from diagnostics.storage import ObjectMissing, StorageError

logger = logging.getLogger(__name__)

TASK = "diagnostics.tasks.examine_file"

MOST_TRIES = 5
# Silence after which a running examination counts as dead, and a waiting one is asked for again.
STALE = timedelta(minutes=2)
AGAIN = timedelta(seconds=30)
PROGRESS_SECONDS = 1.0
# Files that one sweep hands out; the next one takes the rest.
BATCH = 50

GAVE_UP, GONE = "gave_up", "gone"


def request_examination(file: LogFile) -> None:
    """Have a file examined, again where it was before; nothing that was found goes until then."""
    LogFile.objects.filter(pk=file.pk).update(
        examination=Examination.WAITING,
        examination_tries=0,
        examination_at=timezone.now(),
        examined_bytes=0,
    )
    publish_on_commit("logrequest", file.log_request_id)
    transaction.on_commit(lambda: enqueue(TASK, file.pk, slow=True))


def sweep_examinations(now: datetime) -> None:
    """Ask again for what nobody began, and for what stopped getting on."""
    waiting = Q(examination=Examination.WAITING)
    waiting &= Q(examination_at__isnull=True) | Q(examination_at__lt=now - AGAIN)
    for pk in _unexamined(waiting | _stale(now)):
        LogFile.objects.filter(pk=pk, examination=Examination.WAITING).update(examination_at=now)
        enqueue(TASK, pk, slow=True)


def _stale(now: datetime) -> Q:
    return Q(examination=Examination.RUNNING, examination_at__lt=now - STALE)


def _unexamined(condition: Q) -> list[int]:
    newest_first = LogFile.objects.filter(condition).order_by("-pk")
    return list(newest_first.values_list("pk", flat=True)[:BATCH])


def examine(file_id: int) -> None:
    """Examine a file unless another worker does, or somebody has."""
    file = _claim(file_id)
    if file is None:
        return
    try:
        _settle(file, look_into(file, _progress(file)))
    except ObjectMissing:
        _fail(file, GONE)
    except StorageError as error:
        logger.warning("File %s cannot be examined now: %s", file_id, error)
        _let_go(file)


def _claim(file_id: int) -> LogFile | None:
    now = timezone.now()
    claimable = Q(examination=Examination.WAITING) | _stale(now)
    claimed = LogFile.objects.filter(claimable, pk=file_id).update(
        examination=Examination.RUNNING,
        examination_at=now,
        examination_tries=F("examination_tries") + 1,
        examined_bytes=0,
    )
    if not claimed:
        return None
    file = LogFile.objects.select_related("log_request__station").get(pk=file_id)
    publish_on_commit("logrequest", file.log_request_id)
    if file.examination_tries > MOST_TRIES:  # it kills its worker
        _fail(file, GAVE_UP)
        return None
    return file


def _progress(file: LogFile) -> Callable[[int], None]:
    """Tells the row how many stored bytes were read, at most once a second."""
    shown = time.monotonic()

    def tell(done: int) -> None:
        nonlocal shown
        if time.monotonic() - shown >= PROGRESS_SECONDS:
            shown = time.monotonic()
            LogFile.objects.filter(pk=file.pk).update(
                examined_bytes=done, examination_at=timezone.now()
            )
            publish_on_commit("logrequest", file.log_request_id, examined=done)

    return tell


def _settle(file: LogFile, contents: Contents) -> None:
    with transaction.atomic():
        held = LogFile.objects.select_for_update().filter(pk=file.pk).first()
        if held is None:  # deleted meanwhile
            doom([contents.copy_key])
            return
        LogMember.objects.filter(log_file=file).delete()
        LogMember.objects.bulk_create(contents.members, batch_size=200)
        held.examination, held.examination_at = Examination.DONE, timezone.now()
        held.examination_tries, held.examined_bytes = 0, held.size
        held.kind, held.problem = contents.kind, contents.problem
        held.copy_key = contents.copy_key
        held.save()
        publish_on_commit("logrequest", file.log_request_id)


def _let_go(file: LogFile) -> None:
    """Another try, by a sweep, unless there were enough."""
    if file.examination_tries >= MOST_TRIES:
        _fail(file, GAVE_UP)
        return
    _end(file, ExaminationEvent.INTERRUPT)


def _fail(file: LogFile, problem: str) -> None:
    kind = file.kind or ContentKind.BINARY
    _end(file, ExaminationEvent.GIVE_UP, problem=problem, kind=kind)


def _end(file: LogFile, event: ExaminationEvent, **columns: str) -> None:
    running = LogFile.objects.filter(pk=file.pk, examination=Examination.RUNNING)
    running.update(examination=target_of(event), examination_at=timezone.now(), **columns)
    publish_on_commit("logrequest", file.log_request_id)
