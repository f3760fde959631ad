"""Rules of retention, and the runs that apply them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.base import WholeFleet, page_media, require_fleet
from diagnostics.admin.keeping.runs import RunAdmin
from diagnostics.exceptions import RequestRefused
from diagnostics.models import DeletedFile, LogFile, RetentionRule, RetentionRun
from diagnostics.services import retention
from diagnostics.wording.retention import (
    deletion_sentence,
    kept_words,
    rule_words,
    run_sentence,
    run_tone,
    scope_of_logs,
)

VIEW, RUN = "diagnostics.view_retentionrun", "diagnostics.run_retention"
# Deleted files that the page of a run names.
NAMED = 200


@admin.register(RetentionRule)
class RetentionRuleAdmin(WholeFleet):
    list_display = ("scope", "kept", "is_active", "note")
    nothing_yet = gettext_lazy("There is no rule: everything is kept.")
    list_select_related = ("group",)
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (gettext_lazy("Which files"), {"fields": ("group", "log_type")}),
        (gettext_lazy("How long they are kept"), {
            "fields": ("keep_days", "keep_newest"),
            "description": gettext_lazy(
                "One of the two. To keep the newest three and whatever is younger than a month, "
                "make two rules: a file goes when all rules that decide let it go."
            ),
        }),
        (None, {"fields": ("is_active", "note")}),
    )  # fmt: skip

    @property
    def media(self) -> Any:
        return super().media + page_media()

    def get_queryset(self, request: HttpRequest) -> QuerySet[RetentionRule]:
        """As they decide: the most specific ones first."""
        return super().get_queryset(request).order_by("group__name", "-log_type", "pk")

    @admin.display(description=gettext_lazy("Files"))
    def scope(self, row: RetentionRule) -> str:
        stations = row.group.name if row.group else _("all stations")
        return f"{stations}: {scope_of_logs(row.log_type)}"

    @admin.display(description=gettext_lazy("Kept"))
    def kept(self, row: RetentionRule) -> str:
        return kept_words(row.snapshot())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        last = RetentionRun.objects.order_by("-pk").first()
        extra = {
            "last": last,
            "last_sentence": run_sentence(last) if last else "",
            "may_run": request.user.has_perm(RUN),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})


@admin.register(RetentionRun)
class RetentionRunAdmin(RunAdmin):
    template = "diagnostics/retention/run.html"
    live_template = "diagnostics/retention/run_live.html"
    list_display = ("outcome", "files", "size", "held", "who", "when")
    nothing_yet = gettext_lazy(
        "The retention rules were not applied yet. Where there are any, that happens once a day."
    )
    list_filter = ("is_dry", "status")

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: RetentionRun) -> SafeString:
        return parts.outcome(row, badge(row), run_sentence(row))

    @admin.display(description=gettext_lazy("Size"))
    def size(self, row: RetentionRun) -> str:
        return parts.size(row.octets)

    def get_urls(self) -> list[URLPattern]:
        start = self.admin_site.admin_view(require_POST(self.start_view))
        return [
            path("start/", start, name="diagnostics_retentionrun_start"),
            *super().get_urls(),
        ]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Begin a run; with `dry` one that only says what would go."""
        require_fleet(request, RUN)
        try:
            run = retention.start_run(is_dry="dry" in request.POST, started_by=request.user)
        except RequestRefused as error:
            messages.error(request, str(error))
            return redirect("admin:diagnostics_retentionrule_changelist")
        retention.run_in_background(run)
        return redirect("admin:diagnostics_retentionrun_change", run.pk)

    def page(self, request: HttpRequest, row: RetentionRun) -> dict[str, Any]:
        """Everything that the templates of one run show."""
        deleted = DeletedFile.objects.filter(run=row).select_related("log_request__station")
        would = LogFile.objects.filter(pk__in=row.examples).select_related("log_request__station")
        return {
            "row": row,
            "badge": badge(row),
            "tone": run_tone(row),
            "sentence": run_sentence(row),
            "by_rule": [(rule_words(rule), rule) for rule in row.by_rule.values()],
            "named": would.order_by("pk") if row.is_dry else deleted.order_by("pk")[:NAMED],
            "may_run": request.user.has_perm(RUN),
        }


def badge(row: RetentionRun) -> SafeString:
    word = _("Tried") if row.is_dry and not row.is_open else row.get_status_display()
    return parts.badge(word, run_tone(row))


def deletions(row: Any) -> list[tuple[DeletedFile, str]]:
    """The files of a request that went, each with its sentence."""
    return [(each, deletion_sentence(each)) for each in row.deleted_files.order_by("-pk")]
