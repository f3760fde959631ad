"""Searches the files of a search, one after another, in as many workers as take part.

The rows are the truth: a worker claims a file by compare-and-set and settles it in one
transaction, so that a task may be lost, come twice or die. Whoever was away too long finds its
claim taken, and what it found is dropped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from diagnostics.exceptions import FileNotExamined, FileUnreadable
from diagnostics.jobs import enqueue
from diagnostics.lifecycles.log_search import FileState, SearchStatus, Unread
from diagnostics.models import FileAccess, LogMember, LogSearch, SearchedFile, SearchHit
from diagnostics.progress import publish_on_commit
from diagnostics.services.files import record_access
from diagnostics.services.files.reading import open_text
from diagnostics.storage import ObjectMissing, StorageError
from diagnostics.texts.search import Bounds, Ended, Hit, Search

logger = logging.getLogger(__name__)

TASK = "diagnostics.tasks.search_logs"
# Workers that begin a search together, if there are as many.
CHAINS = 2
# Seconds after which a worker lets other work go first.
SLICE = 5.0
# Silence after which a claim counts as dead, and a search as forgotten by its workers.
STALE = timedelta(minutes=2)
AGAIN = timedelta(seconds=30)
MOST_TRIES = 3
HEARTBEAT = 1.0

# What is kept of one file, and of a whole search; everything is counted.
KEPT_PER_FILE, KEPT = 20, 5_000
SECONDS_PER_FILE = 60.0


@dataclass(slots=True)
class Found:
    """What the search of one file came to."""

    hits: list[SearchHit] = field(default_factory=list)
    count: int = 0
    more: bool = False
    problem: str = ""


class _Stopped(Exception):
    """The search was canceled, or somebody else has the file."""


def ask_workers(search_id: int, workers: int = 1) -> None:
    """Have workers take part in a search; where the broker is away, the sweep will."""
    for _worker in range(workers):
        enqueue(TASK, search_id, slow=True)


def run_search(search_id: int) -> None:
    """Search files until none waits, or others should have their turn."""
    begun = time.monotonic()
    while (row := _claim(search_id)) is not None:
        with suppress(_Stopped):
            _settle(row, _look_into(row))
        if time.monotonic() - begun > SLICE:
            _pass_on(search_id)
            return
    _finish(search_id)


def _pass_on(search_id: int) -> None:
    """Go on later, unless enough others are at it: what was revived must not pile up."""
    files = SearchedFile.objects.filter(search=search_id, state=FileState.RUNNING)
    if files.count() < CHAINS:
        ask_workers(search_id)


def revive(now: datetime) -> None:
    """Free the files whose workers died, and ask for workers where none works."""
    running = SearchedFile.objects.filter(state=FileState.RUNNING)
    running.filter(search__status=SearchStatus.RUNNING, at__lt=now - STALE).update(
        state=FileState.WAITING
    )
    silent = LogSearch.objects.open().filter(heard_at__lt=now - AGAIN)
    for pk in silent.values_list("pk", flat=True):
        LogSearch.objects.filter(pk=pk).update(heard_at=now)
        ask_workers(pk)


def _claim(search_id: int) -> SearchedFile | None:
    waiting = SearchedFile.objects.filter(
        search=search_id, search__status=SearchStatus.RUNNING, state=FileState.WAITING
    ).order_by("-log_file")
    while pks := list(waiting.values_list("pk", flat=True)[: 2 * CHAINS]):
        for pk in pks:
            unclaimed = SearchedFile.objects.filter(pk=pk, state=FileState.WAITING)
            if unclaimed.update(state=FileState.RUNNING, at=timezone.now(), tries=F("tries") + 1):
                return SearchedFile.objects.select_related("search", "log_file").get(pk=pk)
    return None


def _look_into(row: SearchedFile) -> Found:
    if row.tries > MOST_TRIES:
        return Found(problem=Unread.GAVE_UP)
    found = Found()
    try:
        _search_members(row, found)
    except FileNotExamined:
        found.problem = Unread.NOT_EXAMINED
    except FileUnreadable:
        found.problem = Unread.NO_TEXT
    except ObjectMissing:
        found.problem = Unread.GONE
    except StorageError as error:
        logger.warning("File %s cannot be searched now: %s", row.log_file_id, error)
        found.problem = Unread.STORE
    return found


def _search_members(row: SearchedFile, found: Found) -> None:
    """Every text in the file. Raises FileUnreadable, StorageError and _Stopped."""
    deadline = time.monotonic() + SECONDS_PER_FILE
    pulse = _pulse(row)
    texts = list(LogMember.objects.filter(log_file=row.log_file).readable())
    if not texts:
        open_text(row.log_file)  # says why
    for member in texts:
        text = open_text(row.log_file, member.index)
        listed = KEPT_PER_FILE - len(found.hits) if row.search.kept < KEPT else 0
        bounds = Bounds(listed=listed, seconds=deadline - time.monotonic())
        search = Search(row.search.query, text.encoding, bounds)
        for each in search.run(text.blocks()):
            if isinstance(each, Hit):
                found.hits.append(_kept(row, text.member, each))
            pulse()
        found.count += search.hits
        found.more = found.more or search.ended != Ended.COMPLETE


def _kept(row: SearchedFile, member: LogMember, hit: Hit) -> SearchHit:
    return SearchHit(
        searched_file=row,
        member=member.index,
        path=member.path,
        line=hit.line,
        column=hit.column,
        text=hit.text.replace("\0", "\N{SYMBOL FOR NULL}"),  # which PostgreSQL does not keep
        spans=hit.spans,
    )


def _pulse(row: SearchedFile) -> Callable[[], None]:
    """Says once a second that the claim lives; raises _Stopped when it should not go on."""
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last < HEARTBEAT:
            return
        last, now = time.monotonic(), timezone.now()
        if not LogSearch.objects.open().filter(pk=row.search_id).update(heard_at=now):
            raise _Stopped
        if not _claimed(row).update(at=now):
            raise _Stopped

    return beat


def _claimed(row: SearchedFile) -> QuerySet[SearchedFile]:
    """The row, as long as it is this worker's: whoever claims it next adds a try."""
    return SearchedFile.objects.filter(pk=row.pk, state=FileState.RUNNING, tries=row.tries)


@transaction.atomic
def _settle(row: SearchedFile, found: Found) -> None:
    now, unread = timezone.now(), int(bool(found.problem))
    state = FileState.UNREAD if unread else FileState.SEARCHED
    if not _claimed(row).update(
        state=state, problem=found.problem, hits=found.count, more=found.more, at=now
    ):
        return
    SearchHit.objects.bulk_create(found.hits)
    if found.hits:
        record_access(row.log_file, user=row.search.requested_by, kind=FileAccess.Kind.SEARCH)
    LogSearch.objects.filter(pk=row.search_id).update(
        searched=F("searched") + 1 - unread,
        unread=F("unread") + unread,
        files_hit=F("files_hit") + int(found.count > 0),
        hits=F("hits") + found.count,
        kept=F("kept") + len(found.hits),
        heard_at=now,
    )
    publish_on_commit("logsearch", row.search_id)


def _finish(search_id: int) -> None:
    """Unless other workers still have files, the search is over."""
    over = LogSearch.objects.open().filter(pk=search_id)
    over = over.exclude(Exists(SearchedFile.objects.unfinished().filter(search=OuterRef("pk"))))
    if over.update(status=SearchStatus.COMPLETE, ended_at=timezone.now()):
        publish_on_commit("logsearch", search_id, state=SearchStatus.COMPLETE)
