"""Searching the text that the reader shows: hits go to the page while they are found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from diagnostics.admin.logs.files import find_file
from diagnostics.admin.reading.reader import OTHER_ENCODINGS, moment_of, visible
from diagnostics.admin.searches.forms import PatternForm
from diagnostics.admin.streaming import streamed
from diagnostics.exceptions import DiagnosticsError, FileUnreadable, RequestRefused
from diagnostics.services import files
from diagnostics.services.files.reading import Text, open_text
from diagnostics.services.searches.searching import TextSearch, record_search
from diagnostics.storage import StorageError
from diagnostics.texts.search import Hit

# A page is told what there is to tell after so many seconds, or after so many hits.
SECONDS = 0.15
MOST_HITS = 500


class ReaderSearchForm(PatternForm):
    """What the reader's search field sends. `line` counts from 0, `opening` is the reader's own."""

    line = forms.IntegerField(required=False, min_value=0)
    member = forms.IntegerField(required=False, min_value=0)
    opening = forms.CharField(required=False, max_length=20)
    encoding = forms.CharField(required=False, max_length=20)
    since = forms.CharField(required=False, max_length=80)
    until = forms.CharField(required=False, max_length=80)


class ReaderSearchViews(ModelAdmin):
    """The part of the log requests' admin that searches in a file."""

    def search_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        view = wrap(require_POST(self.search_view))
        return [
            path("<int:pk>/files/<int:file_id>/search/", view, name="diagnostics_logfile_search")
        ]

    def search_view(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponseBase:
        """Hits as JSON lines, while they are found. By POST: no server's log has the pattern."""
        file = find_file(request, pk, file_id)
        form = ReaderSearchForm(request.POST)
        if not form.is_valid():
            return _problem(str(next(iter(form.errors.values()))[0]))
        data = form.cleaned_data
        if not files.is_open(file, user=request.user, opening=data["opening"]):
            raise PermissionDenied
        try:
            text = open_text(file, data["member"])
            wanted = _search(text, form)
        except (FileUnreadable, StorageError) as error:
            return _problem(str(error), status=409)
        except DiagnosticsError as error:
            return _problem(str(error))
        record_search(file, user=request.user, opening=int(data["opening"]))
        return streamed(request, _told(wanted, text), "application/x-ndjson")


def _problem(sentence: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"problem": sentence}, status=status)


def _search(text: Text, form: ReaderSearchForm) -> TextSearch:
    """The search that a form asks for. Raises DiagnosticsError with a sentence."""
    data = form.cleaned_data
    return TextSearch(
        text,
        form.query,
        line=data["line"] or 0,
        since=_moment(text, data["since"]),
        until=_moment(text, data["until"]),
        encoding=data["encoding"] if data["encoding"] in OTHER_ENCODINGS else "",
    )


def _moment(text: Text, wanted: str) -> datetime | None:
    if not wanted.strip():
        return None
    day = text.time_near(0)
    moment = moment_of(wanted, day) if day is not None else None
    if moment is None:
        words = _("“%(wanted)s” is no time like 08:00 or 2026-03-02 08:00.")
        raise RequestRefused(words % {"wanted": wanted})
    return moment


def _told(wanted: TextSearch, text: Text) -> Generator[bytes, None, None]:
    """JSON lines: {"hits", "marks", "done", "size", "found"}; the last one has "ended" too.

    `hits` are lists: line, column, text, spans; `marks` lines that were only counted.
    """
    begun, hits, marks = time.monotonic(), [], []
    told = begun
    try:
        for each in wanted.run():
            if isinstance(each, Hit):
                hits.append(_row(each))
            elif each.line is not None:
                marks.append(each.line)
            if time.monotonic() - told > SECONDS or len(hits) >= MOST_HITS:
                yield _line(wanted, text, hits=hits, marks=marks)
                told, hits, marks = time.monotonic(), [], []
    except StorageError as error:
        yield _line(wanted, text, problem=str(error))
        return
    seconds = max(round(time.monotonic() - begun, 1), 0.1)
    ended = wanted.search.ended
    yield _line(wanted, text, hits=hits, marks=marks, ended=ended, seconds=seconds)


def _line(wanted: TextSearch, text: Text, **more: Any) -> bytes:
    search = wanted.search
    told = {"done": search.done, "size": text.size, "found": search.hits, **more}
    return f"{json.dumps(told)}\n".encode()


def _row(hit: Hit) -> list[Any]:
    """Places in UTF-16, as scripts count."""
    text = hit.text
    spans = [[_units(text[:start]), _units(text[:end])] for start, end in hit.spans]
    return [hit.line, hit.column, visible(text), spans]


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
