"""What the page of a search shows of its results: hits by station and file, what was not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from diagnostics.admin.numbers import number_in
from diagnostics.admin.reading.hit_parts import marked, reader_url
from diagnostics.lifecycles.log_search import FileState, Unread
from diagnostics.models import LogFile, LogSearch, SearchedFile, SearchHit
from diagnostics.services import access

# Files of one page, and unread ones named for each reason.
FILES, NAMED = 25, 50
MOST_PAGES = 10_000


@dataclass(slots=True)
class HitRow:
    """One line that was found."""

    number: int
    text: SafeString
    url: str
    path: str = ""


@dataclass(slots=True)
class FileRow:
    """A file with hits; `more` of them are only counted."""

    row: SearchedFile
    url: str
    hits: list[HitRow] = field(default_factory=list)

    @property
    def file(self) -> LogFile:
        return self.row.log_file

    @property
    def more(self) -> int:
        return self.row.hits - len(self.hits)


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """Files that were not searched for one reason; the first ones with their rows."""

    reason: Any
    count: int
    rows: list[SearchedFile]


def results(request: HttpRequest, search: LogSearch) -> dict[str, Any]:
    """One page of files with hits, by station; `?page=` counts from 1."""
    rows = seen_files(search, request.user)
    found = rows.filter(hits__gt=0).order_by("log_file__log_request__station", "-log_file")
    page = _number(request.GET.get("page"))
    found = found.select_related("log_file__log_request__station")
    shown = list(found[(page - 1) * FILES : page * FILES + 1])
    may_read = request.user.has_perm("diagnostics.read_log")
    files = _with_hits(shown[:FILES], search, may_read=may_read)
    return {
        "stations": [
            (station, list(group))
            for station, group in groupby(files, lambda each: each.file.log_request.station)
        ],
        "page": page,
        "older": page + 1 if len(shown) > FILES else None,
        "newer": page - 1 if page > 1 else None,
        "unread": list(_unread(rows)),
    }


def seen_files(search: LogSearch, user: Any) -> QuerySet[SearchedFile]:
    """The files of the search whose stations the user may see, today."""
    rows = SearchedFile.objects.filter(search=search)
    return access.visible(rows, user, station="log_file__log_request__station")


def _with_hits(rows: list[SearchedFile], search: LogSearch, *, may_read: bool) -> list[FileRow]:
    files = {row.pk: FileRow(row, reader_url(row.log_file, search.query)) for row in rows}
    kept = SearchHit.objects.filter(searched_file__in=files if may_read else [])
    for hit in kept.order_by("member", "line"):
        found = files[hit.searched_file_id]
        url = reader_url(found.file, search.query, member=hit.member, line=hit.line)
        found.hits.append(HitRow(hit.line + 1, excerpt(hit), url, hit.path))
    return list(files.values())


def excerpt(hit: SearchHit) -> SafeString:
    """The line, or the part of it that was kept, with the matches marked."""
    text = marked(hit.text, hit.spans)
    return format_html("… {}", text) if hit.column else text


def _unread(rows: QuerySet[SearchedFile]) -> Iterator[UnreadRow]:
    unread = rows.filter(state=FileState.UNREAD).order_by()
    for problem, count in unread.values_list("problem").annotate(Count("pk")):
        named = unread.filter(problem=problem).order_by("-log_file")[:NAMED]
        named = named.select_related("log_file__log_request__station")
        yield UnreadRow(Unread(problem).label, count, list(named))


def _number(value: str | None) -> int:
    return min(number_in(value) or 1, MOST_PAGES)
