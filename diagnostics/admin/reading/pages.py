"""The reader: a page that shows one text of a file, and the windows of lines that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from diagnostics.admin.base import page_media
from diagnostics.admin.logs.files import find_file
from diagnostics.admin.numbers import number_in
from diagnostics.admin.reading import reader
from diagnostics.exceptions import FileUnreadable
from diagnostics.gateway import get_gateway
from diagnostics.models import FileAccess, LogMember
from diagnostics.services import files
from diagnostics.services.files import examination, level_lines
from diagnostics.services.files.reading import Text, open_text
from diagnostics.storage import StorageError
from diagnostics.texts.levels import LEVELS
from diagnostics.wording import files as wording

MOST_LINES = 500


class ReaderViews(ModelAdmin):
    """The part of the log requests' admin that reads their files.

    Lines are given only to who opened the page, which is what leaves a trace; not each window.
    """

    def reader_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        base, name = "<int:pk>/files/<int:file_id>/", "diagnostics_logfile"
        return [
            path(base, wrap(require_GET(self.read_view)), name=f"{name}_read"),
            path(f"{base}state/", wrap(require_GET(self.state_view)), name=f"{name}_state"),
            path(f"{base}lines/", wrap(require_GET(self.lines_view)), name=f"{name}_lines"),
            path(f"{base}examine/", wrap(require_POST(self.examine_view)), name=f"{name}_examine"),
        ]

    def read_view(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
        """The reader; `?member=` names a file inside an archive by its number."""
        file = find_file(request, pk, file_id)
        members = list(LogMember.objects.filter(log_file=file).listed())
        member = _chosen(members, request.GET.get("member", ""))
        context = {
            **self.admin_site.each_context(request),
            **reader.page_of(file, members, member),
            "encoding": _encoding(request.GET),
            "opts": self.opts,
            "title": None,
            "subtitle": file.name or str(file.log_request),
            "row": file.log_request,
            "identity": get_gateway().identity(file.log_request.station),
            "media": page_media("reader", "reader_waiting", "reader_search"),
            "is_nav_sidebar_enabled": False,  # the file's lines fill the page
        }
        if context["may_read"]:
            opened = files.record_access(file, user=request.user, kind=FileAccess.Kind.READ)
            context["opening"] = opened.pk
        return TemplateResponse(request, "diagnostics/reader.html", context)

    def state_view(self, request: HttpRequest, pk: int, file_id: int) -> JsonResponse:
        """How far the examination is."""
        file = find_file(request, pk, file_id)
        return JsonResponse(
            {
                "examination": file.examination,
                "sentence": wording.examination_sentence(file),
                "done": file.examined_bytes,
                "size": file.size,
            }
        )

    def lines_view(self, request: HttpRequest, pk: int, file_id: int) -> JsonResponse:
        """Lines as JSON: a window, those of some levels, or the number of the line at a time."""
        file = find_file(request, pk, file_id)
        opening = request.GET.get("opening", "")
        if not files.is_open(file, user=request.user, opening=opening):
            raise PermissionDenied
        try:
            text = open_text(file, number_in(request.GET.get("member")))
            return JsonResponse(_answer(text, request.GET))
        except (FileUnreadable, StorageError) as error:
            return JsonResponse({"problem": str(error)}, status=409)

    def examine_view(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
        """Have the file examined again."""
        file = find_file(request, pk, file_id)
        examination.request_examination(file)
        messages.info(request, _("The file is being examined again."))
        return redirect("admin:diagnostics_logfile_read", pk, file_id)


def _chosen(members: list[LogMember], wanted: str) -> LogMember | None:
    """The member that the address names, or the only one. Raises Http404."""
    if wanted:
        found = [member for member in members if str(member.index) == wanted]
        if not found:
            raise Http404(_("There is no such file in this archive."))
        return found[0]
    return members[0] if len(members) == 1 else None


def _answer(text: Text, query: Any) -> dict[str, Any]:
    count = min(_number(query.get("count"), 200), MOST_LINES)
    levels = "".join(level for level in query.get("levels", "") if level in LEVELS)
    start = _number(query.get("from"), 0)
    if "at" in query:
        return _line_at(text, query["at"], near=_number(query.get("near"), 0))
    if levels and "before" in query:
        look = level_lines.look_back_for_levels(text, levels, _number(query["before"], 0))
    elif levels:
        look = level_lines.look_for_levels(text, levels, start, count)
    else:
        look = level_lines.Look(text.window(start, count))
    rows = reader.rows_of(look.lines, _encoding(query) or text.encoding, text.received_at)
    return {"lines": rows, "goesOn": look.goes_on}


def _encoding(query: Any) -> str:
    """What the text is to be read as instead, or ""."""
    wanted = query.get("encoding", "")
    return wanted if wanted in reader.OTHER_ENCODINGS else ""


def _line_at(text: Text, wanted: str, near: int) -> dict[str, Any]:
    """The line at a time; typed without a date it is that of the day of line `near`."""
    day = text.time_near(near)
    if day is None:
        return {"problem": _("The lines carry no times that are understood here.")}
    moment = reader.moment_of(wanted, day)
    if moment is None:
        return {
            "problem": _(
                "“%(wanted)s” is neither the number of a line nor a time like 08:00, 08:00:07 or "
                "2026-03-02 08:00."
            )
            % {"wanted": wanted[:80]}
        }
    return {"line": text.line_at(moment)}


def _number(value: Any, default: int) -> int:
    """A count or a line of the query; what is none, or absurd, is the default."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 16 else default
