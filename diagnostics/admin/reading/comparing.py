"""Two logs side by side: choosing them, and the page that shows what only one of them has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from diagnostics.admin.base import page_media, require
from diagnostics.admin.logs.files import PERMISSION
from diagnostics.admin.reading.comparison_page import CompareForm, TextSide, compared
from diagnostics.exceptions import FileUnreadable
from diagnostics.gateway import get_gateway
from diagnostics.models import FileAccess, GroupMember, LogFile, LogMember
from diagnostics.services import access, files
from diagnostics.services.files.reading import open_text
from diagnostics.storage import StorageError

# Texts that can be chosen from.
MOST_CHOICES = 100


class CompareViews(ModelAdmin):
    """The part of the log requests' admin that compares their files."""

    def compare_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name = "diagnostics_logfile"
        return [
            path("compare/", wrap(require_GET(self.compare_view)), name=f"{name}_compare"),
            path("compare/choose/", wrap(require_GET(self.choose_view)), name=f"{name}_choose"),
        ]

    def choose_view(self, request: HttpRequest) -> HttpResponse:
        """Texts of one station: `?left=` names one of them, or `?station=` its key."""
        require(request, PERMISSION)
        left = request.GET.get("left", "")
        station = _station(request, left)
        texts = LogMember.objects.readable().filter(log_file__log_request__station=station)
        texts = texts.select_related("log_file__log_request").order_by("-log_file", "index")
        rows = [(f"{row.log_file_id}.{row.index}", row) for row in texts[:MOST_CHOICES]]
        chosen = _preselected([key for key, _row in rows], left)
        context = {
            **self._chrome(request),
            "title": _("Compare two logs"),
            "station": station,
            "rows": rows,
            "left": chosen[0],
            "right": chosen[1],
            "most": MOST_CHOICES,
        }
        return TemplateResponse(request, "diagnostics/compare/choose.html", context)

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """`?left=12.0&right=15.0`: a file and the number of the text in it."""
        require(request, PERMISSION)
        form = CompareForm(request.GET)
        context = {
            **self._chrome(request),
            "title": None,
            "subtitle": _("Two logs side by side"),
            "form": form,
        }
        try:
            left, right = (_side(request, request.GET.get(name, "")) for name in ("left", "right"))
            context |= {"left": left, "right": right}
            if form.is_valid():
                context |= compared(form, left, right)
                context["opening"] = _recorded(request, left, right)
        except (FileUnreadable, StorageError) as error:
            context["problem"] = str(error)
        return TemplateResponse(request, "diagnostics/compare/page.html", context)

    def _chrome(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media("compare"),
            "is_nav_sidebar_enabled": False,
        }


def _preselected(keys: list[str], left: str) -> tuple[str, str]:
    """What the address names and the newest other text, or else the two newest ones."""
    if left:
        first = next((key for key in keys if key == left or key.startswith(f"{left}.")), "")
    else:
        first = keys[1] if len(keys) > 1 else ""
    return first, next((key for key in keys if key != first), "")


def _file(request: HttpRequest, key: str) -> tuple[LogFile, int | None]:
    """The file that a key like "12.0" names, and the number of its member. Raises Http404."""
    pk, _dot, member = key.partition(".")
    rows = access.visible(LogFile.objects.all(), request.user)
    file = None
    if pk.isdecimal() and len(pk) < 19 and (not member or member.isdecimal()):
        file = rows.select_related("log_request__station").filter(pk=int(pk)).first()
    if file is None:
        raise Http404(_("There is no such file."))
    return file, int(member) if member else None


def _station(request: HttpRequest, left: str) -> Any:
    """The station whose texts are offered. Raises Http404."""
    if left:
        return _file(request, left)[0].log_request.station
    manager: Any = GroupMember._meta.get_field("station").related_model
    stations = access.visible(manager._default_manager.all(), request.user)
    try:
        found = stations.filter(pk=request.GET.get("station", "")).first()
    except (ValueError, ValidationError):  # no key of the host's type
        found = None
    if found is None:
        raise Http404(_("There is no such station."))
    return found


def _side(request: HttpRequest, key: str) -> TextSide:
    """A text that is compared. Raises Http404, FileUnreadable."""
    file, member = _file(request, key)
    text = open_text(file, member)
    identity = get_gateway().identity(file.log_request.station)
    return TextSide(f"{file.pk}.{text.member.index}", file, text, identity)


def _recorded(request: HttpRequest, *sides: TextSide) -> str:
    """The openings of both files, those of the address or new ones: going on is not opening."""
    given = request.GET.get("opening", "").split(".")
    if len(given) == len(sides) and all(
        files.is_open(side.file, user=request.user, opening=opening)
        for side, opening in zip(sides, given, strict=True)
    ):
        return ".".join(given)
    kind = FileAccess.Kind.READ
    made = [files.record_access(side.file, user=request.user, kind=kind) for side in sides]
    return ".".join(str(row.pk) for row in made)
