"""Retention: files that the rules let go are deleted, in batches, and what went stays on record.

A run is a row. Whoever works on it looks at files by their keys, from where the last batch ended,
for a minute at a time; a sweep goes on with a run that nobody works on. Each batch is one
transaction: the facts that stay, the rows that go, and the objects that are doomed with them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.exceptions import RequestRefused
from diagnostics.jobs import enqueue
from diagnostics.models import DeletedFile, LogFile, RetentionRule, RetentionRun
from diagnostics.models.retention import RunStatus
from diagnostics.progress import publish_on_commit
from diagnostics.services.retention import holds
from diagnostics.services.retention.rules import Rulebook, candidates, rulebook_for_all

logger = logging.getLogger(__name__)

TASK = "diagnostics.tasks.apply_retention"
# Files looked at in one transaction, and seconds after which a worker lets other work go first.
BATCH, SLICE = 500, 60.0
# Silence after which a run counts as forgotten, and how often it is taken up again.
STALE = timedelta(minutes=3)
MOST_TRIES = 5
# Files of a dry run that its page names.
EXAMPLES = 200


def start_run(
    *, is_dry: bool = False, started_by: Any = None, now: datetime | None = None
) -> RetentionRun:
    """Begin a run; `work` or a worker does it. Raises RequestRefused without rules, or beside one.

    A dry run deletes nothing and says what would go.
    """
    if not RetentionRule.objects.filter(is_active=True).exists():
        raise RequestRefused(_("There is no active rule, so that everything is kept."))
    if not is_dry and _open().filter(is_dry=False).exists():
        raise RequestRefused(_("A run is under way already."))
    now = now or timezone.now()
    return RetentionRun.objects.create(
        is_dry=is_dry, started_by=started_by, started_at=now, heard_at=now
    )


def run_in_background(run: RetentionRun) -> None:
    """Have a worker do it; where the broker is away, the sweep will."""
    transaction.on_commit(lambda: enqueue(TASK, run.pk, slow=True))


def run_daily() -> None:
    """What the schedule starts: a run, where there are rules and none is under way."""
    try:
        run = start_run()
    except RequestRefused:
        return
    continue_run(run.pk)


def continue_run(run_id: int) -> None:
    """Work on a run for a while; what is left is handed to the next worker."""
    run = _open().filter(pk=run_id).first()
    if run is not None and not work(run):
        enqueue(TASK, run.pk, slow=True)


def sweep_runs(now: datetime) -> None:
    """Go on with runs whose worker died, a few times."""
    for run in _open().filter(heard_at__lt=now - STALE):
        if run.tries >= MOST_TRIES:
            _end(run, RunStatus.FAILED, problem="Crashed")
        elif (
            _open()
            .filter(pk=run.pk, heard_at=run.heard_at)
            .update(heard_at=now, tries=run.tries + 1)
        ):
            enqueue(TASK, run.pk, slow=True)


def work(run: RetentionRun, *, seconds: float = SLICE) -> bool:
    """Look at files until all were, or the time is up; returns whether the run has ended."""
    book, until = rulebook_for_all(run.started_at), time.monotonic() + seconds
    while True:
        files = LogFile.objects.filter(pk__gt=run.position).order_by("pk")[:BATCH]
        with transaction.atomic():
            looked_at = _batch(run, book, files)
        if not looked_at:
            _end(run, RunStatus.DONE)
            return True
        if time.monotonic() >= until:
            return False


def _batch(run: RetentionRun, book: Rulebook, files: Any) -> int:
    """One batch of files, and what it adds to the report."""
    looked_at = candidates(files)
    found = {file.pk: rule for file in looked_at if (rule := book.goes_by(file)) is not None}
    rows, held = _unheld(list(found))
    if not run.is_dry:
        _delete(run, rows, found)
    elif len(run.examples) < EXAMPLES:
        run.examples += [row.pk for row in rows[: EXAMPLES - len(run.examples)]]
    for row in rows:
        _count(run, found[row.pk], row.size)
    run.looked_at += len(looked_at)
    run.held += held
    run.position = looked_at[-1].pk if looked_at else run.position
    run.heard_at, run.tries = timezone.now(), 0
    run.save()
    publish_on_commit("retentionrun", run.pk, files=run.files)
    return len(looked_at)


def _unheld(keys: Sequence[int]) -> tuple[list[LogFile], int]:
    """The files, each locked, that no hold keeps; and how many some hold keeps.

    Locked first, so that a hold which is placed meanwhile waits, or is seen here.
    """
    wanted = LogFile.objects.filter(pk__in=keys)
    rows = list(wanted.select_for_update(of=("self",)).select_related("log_request"))
    held = set(holds.held_files().filter(pk__in=keys).values_list("pk", flat=True))
    return [row for row in rows if row.pk not in held], len(held)


def _delete(run: RetentionRun, rows: list[LogFile], by: dict[int, RetentionRule]) -> None:
    keys = [row.pk for row in rows]
    opened = LogFile.objects.filter(pk__in=keys).annotate(times=Count("accesses"))
    times = dict(opened.values_list("pk", "times"))
    DeletedFile.objects.bulk_create(
        DeletedFile(
            log_request=row.log_request,
            name=row.name,
            size=row.size,
            sha256=row.sha256,
            complete=row.complete,
            received_at=row.received_at,
            times_opened=times[row.pk],
            deleted_at=timezone.now(),
            rule=by[row.pk].snapshot(),
            run=run,
        )
        for row in rows
    )
    LogFile.objects.filter(pk__in=keys).delete()  # dooms their objects: see `receivers`
    for request in {row.log_request_id for row in rows}:
        publish_on_commit("logrequest", request)


def _count(run: RetentionRun, rule: RetentionRule, size: int) -> None:
    mine = run.by_rule.setdefault(str(rule.pk), {**rule.snapshot(), "files": 0, "octets": 0})
    mine["files"] += 1
    mine["octets"] += size
    run.files += 1
    run.octets += size


def _end(run: RetentionRun, status: str, *, problem: str = "") -> None:
    run.status, run.problem, run.ended_at = status, problem, timezone.now()
    with transaction.atomic():
        run.save()
        publish_on_commit("retentionrun", run.pk, state=status)


def _open() -> Any:
    return RetentionRun.objects.filter(status=RunStatus.RUNNING)
