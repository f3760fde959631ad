"""Searches over many logs: the list, the form that begins one, and the page of its results."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from diagnostics.admin import parts
from diagnostics.admin.asked_station import initial_station
from diagnostics.admin.base import require
from diagnostics.admin.filters import AgeFilter, WhoFilter
from diagnostics.admin.home import Line, Section, register_section
from diagnostics.admin.live_list import LiveListAdmin
from diagnostics.admin.pages import RequestAdmin
from diagnostics.admin.searches.export import as_csv, as_json_lines, exported
from diagnostics.admin.searches.forms import SearchForm
from diagnostics.admin.searches.results import results
from diagnostics.admin.streaming import streamed
from diagnostics.exceptions import DiagnosticsError
from diagnostics.lifecycles.log_search import SearchScope
from diagnostics.models import LogSearch, SearchedFile, SearchHit
from diagnostics.services import access
from diagnostics.services import searches as log_searches
from diagnostics.wording.searches import how_words, search_sentence, search_tone, where_words

SEARCH, VIEW, READ = (
    "diagnostics.search_logs",
    "diagnostics.view_logsearch",
    "diagnostics.read_log",
)
# Letters of a pattern that the list shows.
SHOWN = 60
# Running searches named on the home page.
NAMED = 6


@admin.register(LogSearch)
class LogSearchAdmin(LiveListAdmin, RequestAdmin):
    template = "diagnostics/search/page.html"
    live_template = "diagnostics/search/live.html"
    list_display = ("outcome", "pattern_", "where", "who", "when")
    nothing_yet = gettext_lazy(
        "Nobody searched over many logs yet, or all searches are gone with their time."
    )
    list_filter = (("status", admin.ChoicesFieldListFilter), AgeFilter, WhoFilter)
    why_gone = gettext_lazy("It may have been deleted with its time.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogSearch]:
        rows = LogSearch.objects.select_related("requested_by").order_by("-pk")
        return access.own(rows, request.user, by="requested_by")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """None: what was looked for may be somebody's name, and would stand in the address."""
        return []

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: LogSearch) -> SafeString:
        return format_html(
            '<div class="dx-outcome" data-row="{}" data-cell="outcome">{}</div>',
            row.pk,
            _outcome(row),
        )

    @admin.display(description=gettext_lazy("Searched for"))
    def pattern_(self, row: LogSearch) -> SafeString:
        shown = row.pattern[:SHOWN] + (" …" if len(row.pattern) > SHOWN else "")
        return format_html(
            '<code>{}</code> <span class="dx-sentence">{}</span>', shown, how_words(row)
        )

    @admin.display(description=gettext_lazy("In the logs of"))
    def where(self, row: LogSearch) -> str:
        return where_words(row)

    @admin.display(description=gettext_lazy("Searched by"))
    def who(self, row: LogSearch) -> str:
        return str(row.requested_by) if row.requested_by else _("the system")

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_logsearch"
        return [
            path("start/", wrap(self.start_view), name=f"{name}_start"),
            path("<int:pk>/cancel/", wrap(require_POST(self.cancel_view)), name=f"{name}_cancel"),
            path("<int:pk>/again/", wrap(require_POST(self.again_view)), name=f"{name}_again"),
            path("<int:pk>/export/", wrap(require_GET(self.export_view)), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_search": may_search(request), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def cells(self, row: LogSearch) -> dict[str, Any]:
        return {"outcome": _outcome(row)}

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """The form; `?station=`, `?identity=`, `?group=` and `?selection=` say whose logs."""
        require_search(request)
        if request.method == "POST":
            form = SearchForm(request, request.POST)
            if form.is_valid() and (row := begin(request, form, **form.whose)):
                return redirect(page_of(row))
        else:
            form = SearchForm(request, initial=_initial(request))
        context = {**self.chrome(request), "title": _("Search logs"), "form": form}
        return TemplateResponse(request, "diagnostics/search/start.html", context)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require_search(request)
        return self._done(request, pk, log_searches.cancel_search)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try the files again that could not be read."""
        require_search(request)
        return self._done(request, pk, log_searches.search_unread_again)

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The kept hits, as `?as=csv` or as JSON lines."""
        require(request, VIEW)
        require(request, READ)
        row = self.find(request, pk)
        found = exported(row, request.user)
        if request.GET.get("as") == "csv":
            return streamed(request, as_csv(found), "text/csv", name=f"search-{row.pk}.csv")
        lines, name = as_json_lines(found), f"search-{row.pk}.jsonl"
        return streamed(request, lines, "application/x-ndjson", name=name)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """How much goes with a search, counted: it may have thousands of lines."""
        rows = list(objs)
        counts = {
            self.opts.verbose_name_plural: len(rows),
            SearchedFile._meta.verbose_name_plural: sum(row.files for row in rows),
            SearchHit._meta.verbose_name_plural: sum(row.kept for row in rows),
        }
        return [str(row) for row in rows], counts, set(), []

    def page(self, request: HttpRequest, row: LogSearch) -> dict[str, Any]:
        """Everything that the templates of one search show."""
        return {
            "row": row,
            "badge": badge(row),
            "tone": search_tone(row),
            "sentence": search_sentence(row),
            "how": how_words(row),
            "where": where_words(row),
            "may_search": may_search(request),
            "may_read": request.user.has_perm(READ),
            "may_delete": self.has_delete_permission(request, row),
            **results(request, row),
        }

    def _done(self, request: HttpRequest, pk: int, act: Any) -> HttpResponse:
        row = self.find(request, pk)
        try:
            act(row)
        except DiagnosticsError as error:
            messages.error(request, str(error))
        return redirect(page_of(row))


def may_search(request: HttpRequest) -> bool:
    """Whoever searches logs reads them: it takes both permissions."""
    return bool(request.user.has_perm(SEARCH) and request.user.has_perm(READ))


def require_search(request: HttpRequest) -> None:
    """Raise PermissionDenied unless the user may search."""
    require(request, SEARCH)
    require(request, READ)


def begin(request: HttpRequest, form: Any, **whose: Any) -> LogSearch | None:
    """The search that a valid form asks for, or None with the reason at the form."""
    try:
        return log_searches.start_search(
            query=form.query, wanted=form.wanted(**whose), requested_by=request.user
        )
    except DiagnosticsError as error:
        form.add_error(None, str(error))
        return None


def badge(row: LogSearch) -> SafeString:
    return parts.badge(row.get_status_display(), search_tone(row))


def _outcome(row: LogSearch) -> SafeString:
    return format_html(
        '<a href="{}">{}</a> <span class="dx-sentence">{}</span>',
        f"../logsearch/{row.pk}/change/",
        badge(row),
        search_sentence(row),
    )


def page_of(row: LogSearch) -> str:
    return reverse("admin:diagnostics_logsearch_change", args=[row.pk])


def _initial(request: HttpRequest) -> dict[str, Any]:
    for name in (SearchScope.GROUP, SearchScope.SELECTION):
        if key := request.GET.get(name.lower()):
            return {"scope": name, name.lower(): key}
    identity = initial_station(request).get("identity")
    return {"scope": SearchScope.STATIONS, "identities": identity} if identity else {}


def running(request: HttpRequest) -> Section | None:
    """The searches that run, for Home: where they are found again."""
    if not request.user.has_perm(VIEW):
        return None
    rows = access.own(LogSearch.objects.open(), request.user, by="requested_by")
    lines = [
        Line(search_sentence(row), page_of(row), detail=where_words(row), at=row.created_at)
        for row in rows.order_by("-pk")[:NAMED]
    ]
    return Section(_("Searches over logs"), "busy", lines)


register_section(running, weight=32)
