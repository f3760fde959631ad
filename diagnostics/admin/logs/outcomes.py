"""The page "Outcomes": what becomes of log requests, by vendor, model and firmware."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.pages import PageAdmin
from diagnostics.lifecycles.log_request import LogType
from diagnostics.models import StationGroup, StationSelection
from diagnostics.services import access
from diagnostics.services.logs.outcomes import Figures, Grouping, outcomes, requests_since, total
from diagnostics.wording.outcomes import (
    make_words,
    share_words,
    size_words,
    time_words,
    total_sentence,
)

# Makes that the page shows; those that follow are better than all of these.
MOST_MAKES = 200
# Reasons that it names for each.
REASONS = 3
DAYS = (
    ("7", gettext_lazy("Last 7 days")),
    ("30", gettext_lazy("Last 30 days")),
    ("90", gettext_lazy("Last 90 days")),
)
USUAL = {"days": "30", "by": Grouping.FIRMWARE.value}


class OutcomesForm(forms.Form):
    """Of which requests figures are shown; what an address leaves out is as usual."""

    days = forms.ChoiceField(label=gettext_lazy("When"), choices=DAYS)
    by = forms.ChoiceField(label=gettext_lazy("By"), choices=Grouping.choices)
    log = forms.ChoiceField(
        label=gettext_lazy("Log"),
        choices=[("", gettext_lazy("All")), *LogType.choices],
        required=False,
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"),
        queryset=StationGroup.objects.none(),
        empty_label=gettext_lazy("All"),
        required=False,
    )
    selection = forms.ModelChoiceField(
        label=gettext_lazy("Selection"),
        queryset=StationSelection.objects.none(),
        empty_label=gettext_lazy("All"),
        required=False,
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__({**USUAL, **request.GET.dict()})
        fields: Any = self.fields
        fields["group"].queryset = access.visible_groups(request.user)
        fields["selection"].queryset = access.visible_selections(request.user)

    @property
    def since(self) -> datetime:
        return timezone.now() - timedelta(days=int(self.cleaned_data["days"]))

    @property
    def narrowing(self) -> dict[str, str]:
        """The filters of the list of log requests that say the same."""
        data = self.cleaned_data
        chosen = {name: data[name] and str(data[name].pk) for name in ("group", "selection")}
        return {name: value for name, value in
                {"days": data["days"], "log": data["log"], **chosen}.items() if value}  # fmt: skip

    def figures(self, user: Any) -> list[Figures]:
        data = self.cleaned_data
        group: StationGroup | None = data["group"]
        rows = requests_since(
            self.since, user, group=group.pk if group else None, selection=data["selection"]
        )
        if data["log"]:
            rows = rows.filter(log_type=data["log"])
        return outcomes(rows, Grouping(data["by"]))


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar, of a hundred: what it stands for in words, and the list behind it."""

    tone: str
    words: str
    count: int
    start: float
    width: float
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the page shows of one make, or of all."""

    name: str
    firmware: str
    share: str
    bar: list[Part]
    asked: int
    url: str
    reasons: list[tuple[str, int, str]]
    more: int
    times: list[str]
    size: str


Url = Callable[..., str]


class OutcomeViews(PageAdmin):
    """The page and its address, for the admin of log requests."""

    def outcome_urls(self, wrap: Any) -> list[URLPattern]:
        view = wrap(self.outcomes_view)
        return [path("outcomes/", view, name="diagnostics_logrequest_outcomes")]

    def outcomes_view(self, request: HttpRequest) -> HttpResponse:
        """Figures of the requests that the user may see, by make."""
        self.require_view(request)
        form = OutcomesForm(request)
        context = {**self.chrome(request), "title": None, "subtitle": _("Outcomes"), "form": form}
        if form.is_valid():
            context |= _shown(form, form.figures(request.user))
        return TemplateResponse(request, "diagnostics/outcomes.html", context)


def _shown(form: OutcomesForm, found: list[Figures]) -> dict[str, Any]:
    names, every = Grouping(form.cleaned_data["by"]).columns, total(found)
    url = _urls(form.narrowing)
    shown = found[:MOST_MAKES]
    return {
        "sentence": total_sentence(every, int(form.cleaned_data["days"])),
        "total": line(every, url),
        "lines": [
            line(each, _urls(form.narrowing | dict(zip(names, each.make, strict=True))))
            for each in shown
        ],
        "more": len(found) - len(shown),
        "tells_firmware": form.cleaned_data["by"] == Grouping.FIRMWARE,
    }


def _urls(narrowing: dict[str, str]) -> Url:
    """What makes addresses of the list of log requests, narrowed to these and to more."""
    base = reverse("admin:diagnostics_logrequest_changelist")
    return lambda **more: f"{base}?{urlencode({**narrowing, **more})}"


def line(figures: Figures, url: Url) -> Line:
    """The figures of a make, each with the list behind it."""
    name, firmware = make_words(figures.make) if figures.make else ("", "")
    failures = figures.failures
    return Line(
        name=name,
        firmware=firmware,
        share=share_words(figures),
        bar=list(_bar(figures, url)),
        asked=figures.asked,
        url=url(),
        reasons=[
            (parts.failure_label(verdict, reason), count, url(reason=f"{verdict}.{reason}"))
            for verdict, reason, count in failures[:REASONS]
        ],
        more=sum(count for _verdict, _reason, count in failures[REASONS:]),
        times=time_words(figures),
        size=size_words(figures),
    )


def _bar(figures: Figures, url: Url) -> Iterator[Part]:
    """In the order of what became of them; what there is none of is left out."""
    stretches = (
        ("good", _("received"), figures.received, "received"),
        ("bad", _("failed"), figures.failed, "failed"),
        ("busy", _("running"), figures.running, "running"),
        ("quiet", _("canceled"), figures.canceled, "canceled"),
    )
    start = 0.0
    for tone, words, count, state in stretches:
        if count:
            width = 100 * count / figures.asked
            yield Part(tone, words, count, start, width, url(state=state))
            start += width
