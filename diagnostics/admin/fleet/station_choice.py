"""Which stations: some by name, a group, a selection, all. A part of forms about many stations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models import GroupMember, StationGroup, StationSelection
from diagnostics.services import access
from diagnostics.services.fleet.selections import stations_of

# Identities written into the form.
MOST_NAMED = 1000

# Which stations -> the field that says which.
_NEEDED: dict[str, str] = {
    StationScope.STATIONS: "identities",
    StationScope.GROUP: "group",
    StationScope.SELECTION: "selection",
}


class StationsForm(forms.Form):
    """`stations` are those meant, as far as the user may see them; `scope_name` is their name."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Stations"), initial=StationScope.ALL, choices=StationScope.choices
    )
    identities = forms.CharField(
        label=gettext_lazy("Identities"), required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One a line."),
    )  # fmt: skip
    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=StationGroup.objects.none(), required=False
    )
    selection = forms.ModelChoiceField(
        label=gettext_lazy("Selection"), queryset=StationSelection.objects.none(), required=False
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = request.user
        self._named: list[Any] = []
        fields: Any = self.fields
        fields["group"].queryset = access.visible_groups(request.user)
        fields["selection"].queryset = access.visible_selections(request.user)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        needed = _NEEDED.get(data.get("scope", ""))
        if needed and not data.get(needed) and needed not in self.errors:
            self.add_error(needed, _("Say which."))
        return data

    def clean_identities(self) -> str:
        text: str = self.cleaned_data["identities"]
        if self.data.get(self.add_prefix("scope")) != StationScope.STATIONS:
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
        self._named = list(found.values())
        return "\n".join(names)

    @property
    def scope_name(self) -> str:
        """What operators call them: one station's identity, the name of the group or selection."""
        scope = self.cleaned_data["scope"]
        if scope == StationScope.STATIONS:
            return self.cleaned_data["identities"] if len(self._named) == 1 else ""
        chosen = _NEEDED.get(scope)
        return self.cleaned_data[chosen].name if chosen else ""

    @property
    def stations(self) -> QuerySet[Any]:
        model: Any = GroupMember._meta.get_field("station").related_model
        mine = access.visible(model._default_manager.all(), self._user)
        scope = self.cleaned_data["scope"]
        if scope == StationScope.STATIONS:
            return mine.filter(pk__in=[each.pk for each in self._named])
        if scope == StationScope.GROUP:
            members = GroupMember.objects.filter(group=self.cleaned_data["group"])
            return mine.filter(pk__in=members.values("station"))
        if scope == StationScope.SELECTION:
            return stations_of(self.cleaned_data["selection"], self._user)
        return mine
