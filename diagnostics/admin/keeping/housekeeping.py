"""Housekeeping: for each table how much there is, how long it is kept, and what went last."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from diagnostics.admin import home, parts
from diagnostics.admin.base import (
    FactAdmin,
    WholeFleet,
    is_unlimited,
    page_media,
    require_fleet,
)
from diagnostics.models import Housekeeping
from diagnostics.services import housekeeping
from diagnostics.services.housekeeping.rules import all_rules, bounded
from diagnostics.services.housekeeping.table_sizes import TableState, table_states
from diagnostics.wording.housekeeping import kept_words, run_tone, run_words

VIEW, RUN = "diagnostics.view_housekeeping", "diagnostics.run_housekeeping"
LIST = "admin:diagnostics_housekeeping_changelist"


@admin.register(Housekeeping)
class HousekeepingAdmin(WholeFleet, FactAdmin):
    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_housekeeping"
        return [
            path("live/", wrap(self.live_view), name=f"{name}_live"),
            path("run/", wrap(require_POST(self.run_view)), name=f"{name}_run"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        require_fleet(request, VIEW)
        context = {
            **self.admin_site.each_context(request),
            **self.page(request),
            "opts": self.opts,
            "title": None,
            "subtitle": capfirst(self.opts.verbose_name_plural),
            "media": page_media("page"),
        }
        return TemplateResponse(request, "diagnostics/housekeeping/page.html", context)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The part of the page that changes."""
        require_fleet(request, VIEW)
        return render(request, "diagnostics/housekeeping/live.html", self.page(request))

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Apply one rule now, or all of them."""
        require_fleet(request, RUN)
        wanted = request.POST.get("rule", "")
        names = [name for name in all_rules() if wanted in ("", name)]
        housekeeping.start_now(names)
        messages.success(request, _("It runs in the background; this page shows how far it is."))
        return redirect(LIST)

    def page(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "lines": [line(state) for state in table_states()],
            "bounded": sorted(
                (capfirst(str(model._meta.verbose_name_plural)), why)
                for model, why in bounded().items()
            ),
            "may_run": request.user.has_perm(RUN),
        }


def line(state: TableState) -> dict[str, Any]:
    """What the page shows of a rule."""
    rule, run = state.rule, state.run
    tone = run_tone(run)
    return {
        "name": rule.name,
        "title": capfirst(str(rule.title)),
        "spares": rule.spares,
        "rows": f"{state.rows:,}" if state.exact else _("about %(n)s") % {"n": f"{state.rows:,}"},
        "oldest": state.oldest,
        "kept": kept_words(rule.lifetime()),
        "setting": rule.setting,
        "badge": parts.badge(_word(tone), tone),
        "words": run_words(run),
        "run": run,
        "in_all": f"{run.deleted_in_all:,}" if run and run.deleted_in_all else "",
    }


def _word(tone: str) -> str:
    words = {"good": _("done"), "busy": _("going on"), "bad": _("problem"), "quiet": _("waiting")}
    return words[tone]


def troubles(request: HttpRequest) -> home.Section | None:
    """Tables from which rows could not be deleted."""
    if not is_unlimited(request) or not request.user.has_perm(VIEW):
        return None
    rules = all_rules()
    lines = [
        home.Line(
            capfirst(str(rules[row.rule].title)),
            f"{reverse(LIST)}#dx-{row.rule}",
            detail=row.problem,
            at=row.ended_at,
        )
        for row in Housekeeping.objects.exclude(problem="")
        if row.rule in rules
    ]
    return home.Section(_("Housekeeping could not delete"), "bad", lines)


home.register_section(troubles, weight=60)
