"""What to look for, and in whose logs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.fleet.station_choice import StationsForm
from diagnostics.lifecycles.log_request import LogType
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.services.searches import Wanted
from diagnostics.texts.pattern import Pattern
from diagnostics.texts.query import LONGEST_PATTERN, PatternRefused, Query

MOST_DAYS = 3650

LEVELS = (
    ("", gettext_lazy("All lines")),
    ("E", gettext_lazy("Only errors")),
    ("EW", gettext_lazy("Only errors and warnings")),
)


class PatternForm(forms.Form):
    """What to look for. `query` gives it as the services take it."""

    pattern = forms.CharField(
        label=gettext_lazy("Search for"), max_length=LONGEST_PATTERN, required=False, strip=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off",
                                      "spellcheck": "false", "autofocus": True}),
        help_text=gettext_lazy("A text as it stands in the log. Empty finds every line of the "
                               "levels below."),
    )  # fmt: skip
    regex = forms.BooleanField(
        label=gettext_lazy("It is a regular expression"), required=False,
        help_text=gettext_lazy("RE2: as in Python, without looking around and without references "
                               "back to groups."),
    )  # fmt: skip
    case = forms.BooleanField(label=gettext_lazy("Capital letters matter"), required=False)
    levels = forms.ChoiceField(label=gettext_lazy("Lines"), choices=LEVELS, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "pattern" not in self.errors:
            self._check()
        return data

    def _check(self) -> None:
        query = self.query
        try:
            Pattern(query)
        except PatternRefused as error:
            self.add_error("pattern", str(error))
        if not query.text and not query.levels:
            self.add_error("pattern", _("Say what to look for."))

    @property
    def query(self) -> Query:
        data = self.cleaned_data
        return Query(data["pattern"], data["regex"], data["case"], data.get("levels", ""))


class LogsForm(PatternForm):
    """The same in the logs of stations that are known already."""

    log_type = forms.ChoiceField(
        label=gettext_lazy("Log"), choices=[("", gettext_lazy("Any")), *LogType.choices],
        required=False,
    )  # fmt: skip
    days = forms.IntegerField(
        label=gettext_lazy("Received in the last … days"), min_value=1, max_value=MOST_DAYS,
        required=False, initial=7, help_text=gettext_lazy("Empty: whenever."),
    )  # fmt: skip

    def wanted(self, **more: Any) -> Wanted:
        data = self.cleaned_data
        return Wanted(log_type=data["log_type"], days=data["days"], **more)


class SearchForm(StationsForm, LogsForm):
    """The same, saying whose logs."""

    field_order = ("pattern", "regex", "case", "levels", "scope", "identities", "group",
                   "selection", "log_type", "days")  # fmt: skip

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["scope"].label = _("In the logs of")

    @property
    def whose(self) -> dict[str, Any]:
        """The keywords of `Wanted` that say whose logs."""
        scope = self.cleaned_data["scope"]
        stations = None if scope == StationScope.ALL else self.stations
        return {"stations": stations, "scope": scope, "scope_name": self.scope_name}
