"""Checks of the log store: what it has that no row speaks of, and what it lacks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import home, parts
from diagnostics.admin.base import is_unlimited, require_fleet
from diagnostics.admin.keeping.runs import RunAdmin
from diagnostics.exceptions import RequestRefused
from diagnostics.models import LogFile, RetentionRun, StoreCheck
from diagnostics.models.retention import RunStatus
from diagnostics.services.retention import store_check
from diagnostics.wording.retention import check_sentence, check_tone, findings, run_sentence

VIEW, RUN = "diagnostics.view_storecheck", "diagnostics.run_retention"


class CheckForm(forms.Form):
    hours = forms.IntegerField(
        label=gettext_lazy("Leave alone what is younger than, in hours"),
        min_value=1,
        max_value=24 * 365,
        initial=24,
        help_text=gettext_lazy("It may be on its way to its row."),
    )
    deletes = forms.BooleanField(
        label=gettext_lazy("Remove objects that no row speaks of"),
        required=False,
        help_text=gettext_lazy(
            "For good. Only where no other installation shares this bucket and prefix: its objects "
            "have no rows here."
        ),
    )


@admin.register(StoreCheck)
class StoreCheckAdmin(RunAdmin):
    template = "diagnostics/retention/check.html"
    live_template = "diagnostics/retention/check_live.html"
    list_display = ("outcome", "who", "when")
    nothing_yet = gettext_lazy("The store was never compared with the rows.")

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: StoreCheck) -> SafeString:
        return parts.outcome(row, badge(row), check_sentence(row))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"may_run": request.user.has_perm(RUN), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def get_urls(self) -> list[URLPattern]:
        start = self.admin_site.admin_view(self.start_view)
        return [path("start/", start, name="diagnostics_storecheck_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """What will be done, and one button."""
        require_fleet(request, RUN)
        form = CheckForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and (check := _started(request, form)):
            store_check.check_in_background(check)
            return redirect("admin:diagnostics_storecheck_change", check.pk)
        context = {**self.chrome(request), "form": form, "title": _("Check the log store")}
        return TemplateResponse(request, "diagnostics/retention/check_start.html", context)

    def page(self, request: HttpRequest, row: StoreCheck) -> dict[str, Any]:
        """Everything that the templates of one check show."""
        return {
            "row": row,
            "badge": badge(row),
            "tone": check_tone(row),
            "sentence": check_sentence(row),
            "found": [(count, words, *_named(row, name)) for name, count, words in findings(row)],
            "may_run": request.user.has_perm(RUN),
        }


def badge(row: StoreCheck) -> SafeString:
    if row.status != RunStatus.DONE:
        return parts.badge(row.get_status_display(), check_tone(row))
    word = _("In order") if row.is_clean else _("Not in order")
    return parts.badge(word, check_tone(row))


def _started(request: HttpRequest, form: CheckForm) -> StoreCheck | None:
    """The check that was begun, or None with the reason at the form."""
    older_than = timedelta(hours=form.cleaned_data["hours"])
    try:
        return store_check.start_check(
            deletes=form.cleaned_data["deletes"], older_than=older_than, started_by=request.user
        )
    except RequestRefused as error:
        form.add_error(None, str(error))
        return None


def _named(row: StoreCheck, name: str) -> tuple[list[LogFile], list[str]]:
    """Some of what was found: rows of files, or keys of objects."""
    examples = row.examples.get(name, [])
    if name not in ("missing", "differing"):
        return [], examples
    files = LogFile.objects.filter(pk__in=examples).select_related("log_request__station")
    return list(files.order_by("pk")), []


def keeping(request: HttpRequest) -> home.Section | None:
    """A run that failed, or a check that found something, if it was the last one."""
    if not (is_unlimited(request) and request.user.has_perm(VIEW)):
        return None
    lines = []
    run = RetentionRun.objects.order_by("-pk").first()
    if run is not None and run.status == RunStatus.FAILED:
        url = reverse("admin:diagnostics_retentionrun_change", args=[run.pk])
        lines.append(home.Line(run_sentence(run), url, at=run.started_at))
    check = StoreCheck.objects.order_by("-pk").first()
    if check is not None and check_tone(check) == "bad":
        url = reverse("admin:diagnostics_storecheck_change", args=[check.pk])
        lines.append(home.Line(check_sentence(check), url, at=check.started_at))
    return home.Section(_("Keeping of log files"), "bad", lines)


home.register_section(keeping, weight=36)
