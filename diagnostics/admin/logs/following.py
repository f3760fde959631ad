"""The reader while a file arrives: its last lines, and the file itself as soon as it is here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from diagnostics.admin.base import page_media, require
from diagnostics.admin.logs.files import PERMISSION
from diagnostics.admin.numbers import number_in
from diagnostics.admin.reading import reader
from diagnostics.gateway import get_gateway
from diagnostics.models import LogRequest
from diagnostics.services.uploads import following
from diagnostics.storage import StorageError
from diagnostics.texts.lines import lines_of
from diagnostics.wording.files import arriving_sentence


class FollowingViews(ModelAdmin):
    """The part of the log requests' admin that shows files while they arrive."""

    def following_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        follow, tail = wrap(require_GET(self.follow_view)), wrap(require_GET(self.tail_view))
        return [
            path("<int:pk>/follow/", follow, name="diagnostics_logrequest_follow"),
            path("<int:pk>/follow/lines/", tail, name="diagnostics_logrequest_tail"),
        ]

    def follow_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        row = self._find(request, pk)
        if arrived := _arrived(row):
            return redirect(arrived)
        following.watch(row, user=request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": None,
            "subtitle": str(row),
            "row": row,
            "identity": get_gateway().identity(row.station),
            "sentence": arriving_sentence(row, None),
            "media": page_media("reader", "reader_following"),
            "is_nav_sidebar_enabled": False,
        }
        return TemplateResponse(request, "diagnostics/reader_following.html", context)

    def tail_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """The last lines that came, from line `?from=` on, and where to go when all are here."""
        row = self._find(request, pk)
        following.keep_watching(row)
        try:
            arriving = following.read_tail(row)
        except StorageError as error:
            return JsonResponse({"problem": str(error), "lines": []})
        first = number_in(request.GET.get("from")) or 0
        lines = lines_of([arriving.block], "utf-8") if arriving else []
        wanted = [line for line in lines if line.number >= first]
        return JsonResponse(
            {
                "arrived": _arrived(row),
                "sentence": arriving_sentence(row, arriving),
                "received": row.receiving_bytes,
                "size": row.receiving_size,
                "lines": reader.rows_of(wanted, "utf-8", timezone.now()),
            }
        )

    def _find(self, request: HttpRequest, pk: int) -> LogRequest:
        require(request, "diagnostics.view_logrequest")
        require(request, PERMISSION)
        row: LogRequest = self.find(request, pk)  # type: ignore[attr-defined]
        return row


def _arrived(row: LogRequest) -> str:
    """The address of the end of the newest file, once nothing arrives any more; else ""."""
    newest = row.files.order_by("-received_at", "-pk").first()
    if newest is None or row.is_receiving(timezone.now()):
        return ""
    return reverse("admin:diagnostics_logfile_read", args=[row.pk, newest.pk]) + "#end"
