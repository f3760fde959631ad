"""What to look for, and in whose logs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.lifecycles.log_request import LogType
from diagnostics.lifecycles.log_search import SearchScope
from diagnostics.models import GroupMember, StationGroup, StationSelection
from diagnostics.services import access
from diagnostics.services.log_searches import Wanted
from diagnostics.services.selections import stations_of
from diagnostics.texts.pattern import LONGEST_PATTERN, Pattern, PatternRefused, Query

MOST_DAYS = 3650
# Identities written into the form.
MOST_NAMED = 1000

LEVELS = (
    ("", gettext_lazy("All lines")),
    ("E", gettext_lazy("Only errors")),
    ("EW", gettext_lazy("Only errors and warnings")),
)


# Whose logs -> the field that says which.
_NEEDED: dict[str, str] = {
    SearchScope.STATIONS: "identities",
    SearchScope.GROUP: "group",
    SearchScope.SELECTION: "selection",
}


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


class SearchForm(LogsForm):
    """The same, saying whose logs."""

    scope = forms.ChoiceField(
        label=gettext_lazy("In the logs of"), initial=SearchScope.ALL,
        choices=[choice for choice in SearchScope.choices if choice[0] != SearchScope.REQUESTS],
    )  # fmt: skip
    identities = forms.CharField(
        label=gettext_lazy("Stations"), required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("Their identities, one a line."),
    )  # fmt: skip
    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=StationGroup.objects.none(), required=False
    )
    selection = forms.ModelChoiceField(
        label=gettext_lazy("Selection"), queryset=StationSelection.objects.none(), required=False
    )
    field_order = ("pattern", "regex", "case", "levels", "scope", "identities", "group",
                   "selection", "log_type", "days")  # fmt: skip

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = request.user
        self._stations: list[Any] = []
        fields: Any = self.fields
        fields["group"].queryset = access.visible_groups(request.user)
        fields["selection"].queryset = access.visible_selections(request.user)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        needed = _NEEDED.get(data.get("scope", ""))
        if needed and not data.get(needed) and needed not in self.errors:
            self.add_error(needed, _("Say which."))
        return data

    def clean_identities(self) -> str:
        text: str = self.cleaned_data["identities"]
        if self.data.get("scope") != SearchScope.STATIONS:
            return text
        names = list(dict.fromkeys(text.replace(",", " ").split()))
        if len(names) > MOST_NAMED:
            raise forms.ValidationError(
                _("At most %(most)d: use a group, or the list of stations.") % {"most": MOST_NAMED}
            )
        found = {name: access.find_station(name, self._user) for name in names}
        if missing := [name for name, station in found.items() if station is None]:
            text = _("No station has this identity: %(names)s.")
            raise forms.ValidationError(text % {"names": ", ".join(missing)[:200]})
        self._stations = list(found.values())
        return "\n".join(names)

    @property
    def whose(self) -> dict[str, Any]:
        """The keywords of `Wanted` that say whose logs."""
        data = self.cleaned_data
        scope, name, stations = data["scope"], "", None
        if scope == SearchScope.STATIONS:
            manager: Any = GroupMember._meta.get_field("station").related_model
            stations = manager._default_manager.filter(pk__in=[each.pk for each in self._stations])
            name = data["identities"] if len(self._stations) == 1 else ""
        elif scope == SearchScope.GROUP:
            stations, name = data["group"].stations.all(), data["group"].name
        elif scope == SearchScope.SELECTION:
            chosen = data["selection"]
            stations, name = stations_of(chosen, self._user), chosen.name
        return {"stations": stations, "scope": scope, "scope_name": name}
