"""Log requests: the list, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.filters import (
    AgeFilter,
    EndedFilter,
    FirmwareFilter,
    LogTypeFilter,
    ModelFilter,
    ReasonFilter,
    VendorFilter,
    VerdictFilter,
    WhoFilter,
)
from diagnostics.admin.fleet.group_filters import SelectionFilter
from diagnostics.admin.live_list import LiveListAdmin
from diagnostics.admin.logs import keeping as log_keeping
from diagnostics.admin.logs import page as log_page
from diagnostics.admin.logs.asking import AskingViews
from diagnostics.admin.logs.files import FileViews
from diagnostics.admin.logs.following import FollowingViews
from diagnostics.admin.logs.outcomes import OutcomeViews
from diagnostics.admin.pages import RequestAdmin
from diagnostics.admin.reading.comparing import CompareViews
from diagnostics.admin.reading.pages import ReaderViews
from diagnostics.admin.reading.search import ReaderSearchViews
from diagnostics.admin.searches.actions import search_requests_action
from diagnostics.admin.searches.log_search import may_search
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import FileAccess, LogRequest
from diagnostics.services import files
from diagnostics.services.retention import holds
from diagnostics.wording import route_sentence, verdict_sentence, verdict_tone
from diagnostics.wording.retention import hold_sentence


@admin.register(LogRequest)
class LogRequestAdmin(
    AskingViews,
    FileViews,
    FollowingViews,
    ReaderViews,
    ReaderSearchViews,
    CompareViews,
    OutcomeViews,
    LiveListAdmin,
    RequestAdmin,
):
    template = "diagnostics/log_request.html"
    live_template = "diagnostics/log_request_live.html"

    list_display = ("outcome", "station_", "log", "who", "when", "size")
    nothing_yet = gettext_lazy("No station was asked for a log yet.")
    list_filter = (
        VerdictFilter, LogTypeFilter, AgeFilter, EndedFilter, WhoFilter, ReasonFilter,
        VendorFilter, ModelFilter, FirmwareFilter, SelectionFilter,
    )  # fmt: skip
    search_help_text = gettext_lazy("A station, or # and the number of a request.")
    actions = (search_requests_action,)

    def get_actions(self, request: HttpRequest) -> Any:
        return super().get_actions(request) if may_search(request) else {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogRequest]:
        related = super().get_queryset(request).select_related("requested_by", "call")
        return related.prefetch_related("files", "deleted_files")

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: LogRequest) -> SafeString:
        return format_html(
            '<div class="dx-outcome" data-row="{}" data-cell="outcome">{}</div>',
            row.pk,
            _outcome(row),
        )

    @admin.display(description=gettext_lazy("Log"))
    def log(self, row: LogRequest) -> str:
        return row.get_log_type_display()

    @admin.display(description=gettext_lazy("Size"))
    def size(self, row: LogRequest) -> SafeString:
        return format_html(
            '<span class="dx-size" data-row="{}" data-cell="size">{}</span>', row.pk, _size(row)
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            *self.asking_urls(wrap),
            *self.file_urls(wrap),
            *self.reader_urls(wrap),
            *self.following_urls(wrap),
            *self.search_urls(wrap),
            *self.compare_urls(wrap),
            *self.outcome_urls(wrap),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_request": self.may_request(request), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def cells(self, row: LogRequest) -> dict[str, Any]:
        return {"outcome": _outcome(row), "size": _size(row)}

    def page(self, request: HttpRequest, row: LogRequest) -> dict[str, Any]:
        """Everything that the templates of one request show."""
        timeline = list(row.timeline.select_related("user").order_by("id"))
        accesses = FileAccess.objects.filter(log_file__log_request=row).select_related("user")
        sees_calls = request.user.has_perm("diagnostics.view_outboundcall")
        may_request = self.may_request(request)
        return {
            "row": row,
            "sentence": verdict_sentence(row),
            "tone": verdict_tone(row.verdict),
            "steps": log_page.steps(row, timeline),
            "said": log_page.said(row),
            "way_in": route_sentence(row.route, row.route_reason),
            "files": _files(row),
            "accesses": accesses.order_by("-at")[:10],
            "timeline": timeline,
            "raw_calls": log_page.raw_calls(row, shows_addresses=may_request) if sees_calls else [],
            "may_request": may_request,
            "may_read": request.user.has_perm("diagnostics.read_log"),
            "may_delete": self.has_delete_permission(request, row),
            "upload_settings": _upload_settings(row),
            **log_keeping.keeping(request, row),
        }

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is on legal hold protects all that it hangs on."""
        names, counts, lacking, protected = super().get_deleted_objects(objs, request)
        held = [hold_sentence(hold) for row in objs for hold in holds.holds_on(log_request=row)]
        return (names, counts, set(), held) if held else (names, counts, lacking, protected)

    def delete_model(self, request: HttpRequest, obj: LogRequest) -> None:
        files.delete_log_request(obj)


def _files(row: LogRequest) -> list[tuple[Any, list[str], str]]:
    """The files, each with what a reader should know, and what will become of it."""
    fates = log_keeping.fates(row)
    return [
        (file, log_page.problems_of(file), fates.get(file.pk, "")) for file in _newest_first(row)
    ]


def _outcome(row: LogRequest) -> SafeString:
    return format_html(
        '<a href="{}">{}</a> <span class="dx-sentence">{}</span>',
        f"../logrequest/{row.pk}/change/",
        parts.verdict_badge(row),
        verdict_sentence(row),
    )


def _size(row: LogRequest) -> str:
    best = row.best_file
    return parts.size(best.size) if best else parts.size(row.receiving_bytes)


def _newest_first(row: LogRequest) -> list[Any]:
    return sorted(
        row.files.all(), key=lambda file: (file.complete, file.received_at, file.pk), reverse=True
    )


def _upload_settings(row: LogRequest) -> str:
    """Where a station that cannot reach the usual address is given another; "" where it can."""
    url = parts.station_url(row.station) if row.verdict == LogVerdict.CLAIMED else ""
    return f"{url}?tab=settings" if url else ""
