"""Pause, resume, go on, cancel, ask again: from a campaign's page, some with a page between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from diagnostics.admin.campaigns.start import RUN, page_of
from diagnostics.admin.pages import PageAdmin
from diagnostics.exceptions import DiagnosticsError
from diagnostics.lifecycles.campaign import UNSUCCESSFUL, StationState
from diagnostics.models import Campaign
from diagnostics.services import campaigns
from diagnostics.services.campaigns.operations import OPERATIONS

# What is done at a button, and how the record of it is called.
ACTS: dict[str, tuple[Callable[[Campaign], Any], Any]] = {
    "pause": (campaigns.pause_campaign, gettext_lazy("Paused")),
    "resume": (campaigns.resume_campaign, gettext_lazy("Resumed")),
    "go-on": (campaigns.go_on, gettext_lazy("Went on after the first wave")),
    "cancel": (campaigns.cancel_campaign, gettext_lazy("Canceled")),
    "retry": (campaigns.retry_failed, gettext_lazy("Asked the failed again")),
}


def may_steer(request: HttpRequest, row: Campaign) -> bool:
    """Whoever may ask one station, and run campaigns, and sees all the stations of this one."""
    permissions = (RUN, OPERATIONS[row.operation].permission)
    return request.user.has_perms(permissions) and campaigns.may_steer(row, request.user)


class SteeringViews(PageAdmin):
    """The part of the campaigns' admin that changes their course."""

    def steering_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name = "diagnostics_campaign"
        return [
            *(
                path(f"<int:pk>/{word}/", wrap(self._steer(word)), name=f"{name}_{word}")
                for word in ("pause", "resume", "go-on")
            ),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name=f"{name}_cancel"),
            path("<int:pk>/retry/", wrap(self.retry_view), name=f"{name}_retry"),
            path("<int:pk>/again/", wrap(self.again_view), name=f"{name}_again"),
        ]

    def _steer(self, word: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self._done(request, self._steerable(request, pk), word)

        return require_POST(view)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._steerable(request, pk)
        if request.method == "POST":
            return self._done(request, row, "cancel")
        waiting, asked = _counted(request, row, StationState.WAITING, StationState.ASKED)
        text = ngettext(
            "%(n)d station will not be asked.", "%(n)d stations will not be asked.", waiting
        ) % {"n": waiting}
        going = ngettext(
            "%(n)d is asked already: what was not sent is taken back, the rest goes on and is "
            "heard of.",
            "%(n)d are asked already: what was not sent is taken back, the rest goes on and is "
            "heard of.",
            asked,
        ) % {"n": asked}
        words = [text, going] if asked else [text]
        return self._confirm(request, row, _("Cancel this campaign?"), words, _("Cancel it"))

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._steerable(request, pk)
        if request.method == "POST":
            return self._done(request, row, "retry")
        count = sum(_counted(request, row, *UNSUCCESSFUL))
        text = ngettext(
            "%(n)d station that failed or was not reached is asked again, at the pace of this "
            "campaign.",
            "%(n)d stations that failed or were not reached are asked again, at the pace of this "
            "campaign.",
            count,
        ) % {"n": count}
        words = [text]
        if not OPERATIONS[row.operation].is_repeatable:
            words.append(
                _(
                    "Where a station did it and its answer was lost, it does it twice: this is "
                    "not repeated by itself for that reason."
                )
            )
        return self._confirm(request, row, _("Ask the failed again?"), words, _("Ask them again"))

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._steerable(request, pk)
        if request.method == "POST":
            try:
                again = campaigns.run_again(row, created_by=request.user)
            except DiagnosticsError as error:
                messages.error(request, str(error))
                return redirect(page_of(row))
            messages.success(request, _("Started anew: this is the new campaign."))
            return redirect(page_of(again))
        text = _("A new campaign asks the same of the same stations. This one stays as it is.")
        return self._confirm(request, row, _("Run it again?"), [text], _("Run it again"))

    def _steerable(self, request: HttpRequest, pk: int) -> Campaign:
        """Raises Http404, and PermissionDenied for who may not steer it."""
        row: Campaign = self.find(request, pk)
        if not may_steer(request, row):
            raise PermissionDenied
        return row

    def _done(self, request: HttpRequest, row: Campaign, word: str) -> HttpResponse:
        """Do it, and keep in the admin's own record who did."""
        act, words = ACTS[word]
        try:
            act(row)
        except DiagnosticsError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, row, str(words))
        return redirect(page_of(row))

    def _confirm(
        self, request: HttpRequest, row: Campaign, title: str, words: list[str], button: str
    ) -> HttpResponse:
        context = {
            **self.chrome(request),
            "title": title,
            "row": row,
            "words": words,
            "button": button,
            "back": page_of(row),
        }
        return TemplateResponse(request, "diagnostics/campaigns/confirm.html", context)


def _counted(request: HttpRequest, row: Campaign, *states: str) -> list[int]:
    counts = campaigns.tally([row.pk], request.user)[row.pk]
    return [counts.get(state, 0) for state in states]
