"""How fast and when a campaign asks; the columns of its plan, with what is nearly always wanted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.time_zones import zone_select
from diagnostics.lifecycles.campaign import Advance
from diagnostics.models import Campaign

_HOUR = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class PaceForm(forms.ModelForm):
    """`pace` gives the keywords of `services.campaigns.start_campaign`."""

    first_wave = forms.CharField(
        label=gettext_lazy("First wave"), required=False, max_length=8,
        help_text=gettext_lazy("So many stations, or 5 % of them, are asked before all others. "
                               "Empty: all at the same pace."),
    )  # fmt: skip

    class Meta:
        model = Campaign
        fields = (
            "name", "at_once", "at_once_per_group", "per_second", "first_wave", "advance",
            "success_rate", "window_from", "window_to", "time_zone", "wait_hours", "attempts",
            "retry_minutes",
        )  # fmt: skip
        widgets = {  # noqa: RUF012
            "advance": forms.RadioSelect,
            "window_from": _HOUR,
            "window_to": _HOUR,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            self.fields["time_zone"].widget = zone_select(_("The server's"))
        self.fields["advance"].choices = Advance.choices  # type: ignore[attr-defined]

    def clean_first_wave(self) -> int:
        """A number, or a part: "20", "5 %"."""
        text: str = self.cleaned_data["first_wave"].strip()
        number = text.removesuffix("%").strip()
        self.is_percent = text.endswith("%")
        if not number:
            return 0
        if not (number.isascii() and number.isdecimal()):
            raise ValidationError(_("Write a number of stations, such as 20, or a part: 5 %."))
        if self.is_percent and not 0 < int(number) < 100:
            raise ValidationError(_("A part is from 1 % to 99 %."))
        return int(number)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        ends = (data.get("window_from"), data.get("window_to"))
        if (ends[0] is None) != (ends[1] is None):
            self.add_error("window_to", _("Say from when and to when, or neither."))
        if ends[0] is not None and ends[0] == ends[1]:
            self.add_error("window_to", _("Between these two nobody would ever be asked."))
        data["first_wave_percent"] = getattr(self, "is_percent", False)
        self.instance.first_wave_percent = data["first_wave_percent"]
        return data

    @property
    def pace(self) -> dict[str, Any]:
        return {key: value for key, value in self.cleaned_data.items() if key != "name"}

    @property
    def plain(self) -> list[Any]:
        return [self[name] for name in ("at_once", "wait_hours")]

    @property
    def waves(self) -> list[Any]:
        return [self[name] for name in ("first_wave", "advance", "success_rate")]

    @property
    def hours(self) -> list[Any]:
        return [self[name] for name in ("window_from", "window_to", "time_zone")]

    @property
    def finer(self) -> list[Any]:
        names = ("at_once_per_group", "per_second", "attempts", "retry_minutes")
        return [self[name] for name in names]
