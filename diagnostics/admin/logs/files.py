"""Received files as downloads. Each opening leaves a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from diagnostics.admin.base import require
from diagnostics.admin.reading.ranges import Unsatisfiable, wanted_span
from diagnostics.admin.streaming import streamed
from diagnostics.models import LogFile, LogRequest
from diagnostics.services import access
from diagnostics.services.files import downloads
from diagnostics.storage import StorageError

PERMISSION = "diagnostics.read_log"


class FileViews(ModelAdmin):
    """The part of the log requests' admin that gives their files out."""

    def file_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        download, name = wrap(require_safe(self.download_view)), "diagnostics_logfile_download"
        return [path("<int:pk>/files/<int:file_id>/download/", download, name=name)]

    def download_view(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponseBase:
        """The file or a part of it, through this server or from the store itself."""
        file = find_file(request, pk, file_id)
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
        response = streamed(request, pieces, "application/octet-stream")
    response["Content-Length"] = str(span.end - span.start)
    if span.is_whole:
        return _with_headers(response, file)
    response.status_code = 206
    return _with_headers(response, file, span.content_range)


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


def find_file(request: HttpRequest, pk: int, file_id: int) -> LogFile:
    """A file that the user may read. Raises PermissionDenied, Http404."""
    require(request, "diagnostics.view_logrequest")
    require(request, PERMISSION)
    files_ = LogFile.objects.select_related("log_request__station")
    related = access.visible(files_, request.user)
    file = related.filter(pk=file_id, log_request_id=pk).first()
    if file is None:
        raise Http404(_("There is no such file."))
    return file


def _download_name(file: LogFile) -> str:
    request: LogRequest = file.log_request
    return file.name or f"{request.log_type}-{request.pk}.log"
