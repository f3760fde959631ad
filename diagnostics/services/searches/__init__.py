"""Searches over many logs: begun, canceled, tried again. `runs` does the work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.lifecycles.log_search import FileState, SearchScope, SearchStatus
from diagnostics.models import LogFile, LogRequest, LogSearch, SearchedFile
from diagnostics.progress import publish_on_commit
from diagnostics.services import access
from diagnostics.services.searches import runs as search_runs
from diagnostics.texts.pattern import Pattern
from diagnostics.texts.query import Query

# Files that one search takes.
MOST_FILES = 10_000
BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose logs are searched, and which of them; None and "" leave out nothing.

    `scope` and `scope_name` say to operators what `stations` or `requests` are.
    """

    stations: QuerySet[Any] | None = None
    requests: QuerySet[LogRequest] | None = None
    log_type: str = ""
    days: int | None = None
    scope: str = SearchScope.ALL
    scope_name: str = ""


def wanted_files(
    wanted: Wanted, user: Any = None, now: datetime | None = None
) -> QuerySet[LogFile]:
    """The files that are wanted, as far as the user may see them."""
    files = access.visible(LogFile.objects.all(), user)
    if wanted.stations is not None:
        stations = wanted.stations.order_by().values("pk")
        files = files.filter(log_request__station__in=stations)
    if wanted.requests is not None:
        files = files.filter(log_request__in=wanted.requests.order_by().values("pk"))
    if wanted.log_type:
        files = files.filter(log_request__log_type=wanted.log_type)
    if wanted.days:
        since = (now or timezone.now()) - timedelta(days=wanted.days)
        files = files.filter(received_at__gte=since)
    return files


def start_search(*, query: Query, wanted: Wanted, requested_by: Any = None) -> LogSearch:
    """Begin to search in the background.

    Raises PatternRefused, and RequestRefused where there is nothing to search, or too much.
    """
    if not query.text and not query.levels:
        raise RequestRefused(_("Say what to look for."))
    Pattern(query)
    rows = wanted_files(wanted, requested_by).order_by("-pk")
    files = list(rows.values_list("pk", "log_request__station")[: MOST_FILES + 1])
    if not files:
        raise RequestRefused(_("There is no log like that: nothing to search."))
    if len(files) > MOST_FILES:
        text = _("There are more than %(most)s logs like that. Choose fewer stations or days.")
        raise RequestRefused(text % {"most": f"{MOST_FILES:,}"})
    with transaction.atomic():
        search = _created(query, wanted, requested_by, files)
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            SearchedFile.objects.bulk_create(
                SearchedFile(search=search, log_file_id=pk) for pk, _station in batch
            )
        transaction.on_commit(lambda: search_runs.ask_workers(search.pk, search_runs.CHAINS))
    return search


def _created(query: Query, wanted: Wanted, user: Any, files: list[tuple[int, Any]]) -> LogSearch:
    now = timezone.now()
    return LogSearch.objects.create(
        pattern=query.text,
        regex=query.regex,
        case=query.case,
        levels=query.levels,
        scope=wanted.scope,
        scope_name=wanted.scope_name[:255],
        log_type=wanted.log_type,
        days=wanted.days,
        created_at=now,
        heard_at=now,
        expires_at=now + app_settings.search_lifetime,
        requested_by=user,
        stations=len({station for _pk, station in files}),
        files=len(files),
    )


def cancel_search(search: LogSearch) -> None:
    """End a search; what it found so far stays. Raises RequestClosed when it was over."""
    now = timezone.now()
    open_row = LogSearch.objects.open().filter(pk=search.pk)
    if not open_row.update(status=SearchStatus.CANCELED, ended_at=now):
        raise RequestClosed(_("The search was over already."))
    publish_on_commit("logsearch", search.pk, state=SearchStatus.CANCELED)


@transaction.atomic
def search_unread_again(search: LogSearch) -> int:
    """Try the files again that could not be read. Returns how many they are.

    Raises RequestClosed where there are none.
    """
    held = LogSearch.objects.select_for_update().get(pk=search.pk)
    unread = SearchedFile.objects.filter(search=held, state=FileState.UNREAD)
    count = unread.update(state=FileState.WAITING, problem="", tries=0)
    if not count:
        raise RequestClosed(_("Every file was read."))
    LogSearch.objects.filter(pk=search.pk).update(
        status=SearchStatus.RUNNING,
        unread=F("unread") - count,
        heard_at=timezone.now(),
        ended_at=None,
    )
    publish_on_commit("logsearch", search.pk, state=SearchStatus.RUNNING)
    transaction.on_commit(lambda: search_runs.ask_workers(search.pk))
    return count
