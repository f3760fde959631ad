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
from django.views.decorators.http import require_GET

from diagnostics.admin.base import page_media, require
from diagnostics.admin.reader import Page, page_of
from diagnostics.gateway import get_gateway
from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.services import files
from diagnostics.storage import StorageError

PERMISSION = "diagnostics.read_log"


class FileViews(ModelAdmin):
    """The part of the log requests' admin that opens their files."""

    def file_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name, read, download = "diagnostics_logfile", self.read_view, self.download_view
        base = "<int:pk>/files/<int:file_id>/"
        return [
            path(base, wrap(require_GET(read)), name=f"{name}_read"),
            path(f"{base}download/", wrap(require_GET(download)), name=f"{name}_download"),
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
        file = _open(request, pk, file_id)
        try:
            pieces = files.open_download(file)
        except StorageError as error:
            messages.error(request, _("The file cannot be fetched now: %s") % error)
            return redirect("admin:diagnostics_logrequest_change", pk)
        files.record_access(file, user=request.user, kind=FileAccess.Kind.DOWNLOAD)
        asynchronous = isinstance(request, ASGIRequest)
        response = StreamingHttpResponse(
            _in_threads(pieces) if asynchronous else pieces,
            content_type="application/octet-stream",
        )
        response["Content-Length"] = str(file.size)
        response["Content-Disposition"] = content_disposition_header(True, _download_name(file))
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


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
