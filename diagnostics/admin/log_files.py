"""Received files: read in the browser as text, or downloaded. Each opening leaves a trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from diagnostics.admin.base import page_media, require
from diagnostics.admin.ranges import Unsatisfiable, wanted_span
from diagnostics.admin.reader import Page, page_of
from diagnostics.gateway import get_gateway
from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.services import downloads, files
from diagnostics.storage import StorageError

PERMISSION = "diagnostics.read_log"


class FileViews(ModelAdmin):
    """The part of the log requests' admin that opens their files."""

    def file_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name, read, download = "diagnostics_logfile", self.read_view, self.download_view
        base = "<int:pk>/files/<int:file_id>/"
        return [
            path(base, wrap(require_GET(read)), name=f"{name}_read"),
            path(f"{base}download/", wrap(require_safe(download)), name=f"{name}_download"),
        ]

    def read_view(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
        """The reader; `?member=` names a file inside an archive by its number."""
        file = _open(request, pk, file_id)
        member = request.GET.get("member", "")
        page = _read(file, int(member) if member.isdecimal() else None)
        files.record_access(file, user=request.user, kind=FileAccess.Kind.READ)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": None,
            "subtitle": _("Read a log"),
            "file": file,
            "row": file.log_request,
            "identity": get_gateway().identity(file.log_request.station),
            "page": page,
            "media": page_media("reader"),
            "is_nav_sidebar_enabled": False,  # the file's lines fill the page
        }
        return TemplateResponse(request, "diagnostics/reader.html", context)

    def download_view(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponseBase:
        """The file or a part of it, through this server or from the store itself."""
        file = _open(request, pk, file_id)
        try:
            return _download(request, file)
        except Unsatisfiable:
            return _with_headers(HttpResponse(status=416), file, f"bytes */{file.size}")
        except StorageError as error:
            messages.error(request, _("The file cannot be fetched now: %s") % error)
            return redirect("admin:diagnostics_logrequest_change", pk)


def _download(request: HttpRequest, file: LogFile) -> HttpResponseBase:
    span = wanted_span(request, size=file.size, etag=_etag(file))
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse()
    elif link := downloads.sign_download(file, name=_download_name(file)):
        downloads.record_download(file, user=request.user, start=span.start)
        return redirect(link)
    else:
        pieces = downloads.open_download(file, span.start, span.end)
        downloads.record_download(file, user=request.user, start=span.start)
        response = _streamed(request, pieces)
    response["Content-Length"] = str(span.end - span.start)
    if span.is_whole:
        return _with_headers(response, file)
    response.status_code = 206
    return _with_headers(response, file, span.content_range)


def _streamed(request: HttpRequest, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    asynchronous = isinstance(request, ASGIRequest)
    return StreamingHttpResponse(_in_threads(pieces) if asynchronous else pieces)


def _with_headers(
    response: HttpResponseBase, file: LogFile, content_range: str = ""
) -> HttpResponseBase:
    """What keeps a browser from opening the file, and lets it go on after a cut line."""
    response["Content-Type"] = "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(True, _download_name(file))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(file)
    if content_range:
        response["Content-Range"] = content_range
    return response


def _etag(file: LogFile) -> str:
    return f'"{file.sha256}"'


def _open(request: HttpRequest, pk: int, file_id: int) -> LogFile:
    require(request, "diagnostics.view_logrequest")
    require(request, PERMISSION)
    related = LogFile.objects.select_related("log_request__station")
    file = related.filter(pk=file_id, log_request_id=pk).first()
    if file is None:
        raise Http404(_("There is no such file."))
    return file


def _read(file: LogFile, member: int | None) -> Page:
    try:
        return page_of(files.read_file(file, member))
    except StorageError as error:
        return Page(problem=_("The file cannot be fetched now: %s") % error)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces for ASGI; the store blocks, so each is fetched beside the event loop."""
    fetch = sync_to_async(partial(next, pieces, b""), thread_sensitive=False)
    while piece := await fetch():
        yield piece


def _download_name(file: LogFile) -> str:
    request: LogRequest = file.log_request
    return file.name or f"{request.log_type}-{request.pk}.log"
