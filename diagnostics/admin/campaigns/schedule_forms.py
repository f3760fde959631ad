"""When a schedule starts its campaign, and for which stations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.campaigns.forms import PaceForm
from diagnostics.admin.campaigns.operations import FORMS, filled
from diagnostics.admin.fleet.station_choice import StationsForm
from diagnostics.admin.time_zones import zone_select
from diagnostics.lifecycles.campaign import Operation
from diagnostics.lifecycles.schedule import EVERY_DAY, Recurrence
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models import Schedule
from diagnostics.models.campaign import CampaignPlan


class ScheduleStationsForm(StationsForm):
    """Found out each time: so no list of stations, which a saved selection can hold."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Stations"), initial=StationScope.GROUP,
        choices=[each for each in StationScope.choices if each[0] != StationScope.STATIONS],
    )  # fmt: skip
    identities = None  # type: ignore[assignment]

    def clean_identities(self) -> str:
        return ""


class SchedulePaceForm(PaceForm):
    """The same as for a campaign; the time zone stands with the hour it starts at."""

    class Meta(PaceForm.Meta):
        model = Schedule  # type: ignore[assignment]
        exclude = ("time_zone",)

    @property
    def hours(self) -> list[Any]:
        return [self[name] for name in ("window_from", "window_to")]


class WhenForm(forms.ModelForm):
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On"), coerce=int, required=False,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    class Meta:
        model = Schedule
        fields = ("recurrence", "days", "every_hours", "at", "first_day", "time_zone")
        widgets = {  # noqa: RUF012
            "recurrence": forms.RadioSelect,
            "at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "first_day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget = zone_select(_("The group's, or the server's"))
        self.fields["recurrence"].choices = Recurrence.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("recurrence") == Recurrence.DAYS and not data.get("days"):
            self.add_error("days", _("Choose at least one day."))
        return data


@dataclass(slots=True)
class ScheduleForms:
    """The parts of the form of one schedule, new or not."""

    row: Schedule
    what: Any
    whom: ScheduleStationsForm
    pace: SchedulePaceForm
    when: WhenForm

    @classmethod
    def of(cls, request: HttpRequest, row: Schedule, data: Any) -> ScheduleForms:
        wave = f"{row.first_wave}{' %' if row.first_wave_percent else ''}" if row.first_wave else ""
        whom = {"scope": row.scope, "group": row.group, "selection": row.selection}
        if not row.scope:
            whom = {"scope": StationScope.GROUP, "group": request.GET.get("group"),
                    "selection": request.GET.get("selection")}  # fmt: skip
            if whom["selection"]:
                whom["scope"] = StationScope.SELECTION
        what = filled(row.operation, row.params) if row.pk else {}  # else what is usual
        pace = {"first_wave": wave, "name": row.name or Operation(row.operation).label}
        return cls(
            row,
            FORMS[row.operation](data, prefix="what", initial=what),
            ScheduleStationsForm(request, data, initial=whom),
            SchedulePaceForm(data, instance=row, initial=pace),
            WhenForm(data, instance=row, initial={"days": row.days or sorted(EVERY_DAY)}),
        )

    def are_valid(self) -> bool:
        """Each shows its own mistakes."""
        sound = [form.is_valid() for form in (self.what, self.whom, self.pace, self.when)]
        return all(sound)

    def fill(self) -> Schedule:
        """The schedule as the forms say, not saved."""
        row, whom = self.row, self.whom.cleaned_data
        row.params, row.scope = self.what.params, whom["scope"]
        row.group = whom["group"] if row.scope == StationScope.GROUP else None
        row.selection = whom["selection"] if row.scope == StationScope.SELECTION else None
        names = {each.name for each in CampaignPlan._meta.fields}
        for name, value in self.pace.cleaned_data.items():
            if name in names:
                setattr(row, name, value)
        return row
