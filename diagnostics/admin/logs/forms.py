"""The form that asks for a log, filled with what is nearly always wanted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.admin.asked_station import StationForm
from diagnostics.lifecycles.log_request import LogType

SPANS = {
    "hour": (_("Last hour"), timedelta(hours=1)),
    "day": (_("Last 24 hours"), timedelta(hours=24)),
    "week": (_("Last 7 days"), timedelta(days=7)),
    "all": (_("Everything the station has"), None),
    "span": (_("From … to …"), None),
}

LOG_HELP = {
    LogType.DIAGNOSTICS: _("What the station's software did: start here."),
    LogType.SECURITY: _("Logins, certificates, tampering. OCPP 1.6 needs its security extension."),
    LogType.DATA_COLLECTOR: _("Samples recorded by the data collector, since OCPP 2.1."),
}


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"


class LogForm(forms.Form):
    """Which log of which span. `wanted` gives the keywords of `services.logs.request_log`."""

    log_type = forms.ChoiceField(
        label=_("Log"), choices=LogType.choices, initial=LogType.DIAGNOSTICS,
        widget=forms.RadioSelect,
    )  # fmt: skip
    span = forms.ChoiceField(
        label=_("Span"), initial="day", choices=[(key, words) for key, (words, _d) in SPANS.items()]
    )
    oldest = forms.DateTimeField(label=_("From"), required=False, widget=_Moment)
    latest = forms.DateTimeField(label=_("To"), required=False, widget=_Moment)

    def __init__(self, *args: Any, log_types: frozenset[str] | None = None, **kwargs: Any) -> None:
        """`log_types` limits the choice to what a version has; None offers all."""
        super().__init__(*args, **kwargs)
        if log_types is not None:
            self.fields["log_type"].choices = [  # type: ignore[attr-defined]
                choice for choice in LogType.choices if choice[0] in log_types
            ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("span") == "span" and not (data.get("oldest") or data.get("latest")):
            self.add_error("oldest", _("Give at least one end of the span."))
        return data

    @property
    def wanted(self) -> dict[str, Any]:
        oldest, latest = self._ends()
        return {
            "log_type": self.cleaned_data["log_type"],
            "oldest": oldest,
            "latest": latest,
        }

    def _ends(self) -> tuple[datetime | None, datetime | None]:
        """Relative spans get no end: a station that returns tomorrow gives its newest lines too."""
        if self.cleaned_data["span"] == "span":
            return self.cleaned_data["oldest"], self.cleaned_data["latest"]
        length = SPANS[self.cleaned_data["span"]][1]
        return (timezone.now() - length if length else None), None


class StationLogForm(StationForm, LogForm):
    """The same for one station, named by its identity."""

    retries = forms.IntegerField(
        label=_("Retries"), required=False, min_value=1, max_value=100,
        help_text=_("How often the station tries again to upload. Empty: as it likes."),
    )  # fmt: skip
    retry_interval = forms.IntegerField(
        label=_("Seconds between retries"), required=False, min_value=1, max_value=86400
    )
    wait_hours = forms.IntegerField(
        label=_("Hours to wait for an absent station"), required=False, min_value=1, max_value=720,
        help_text=_("The request goes out when the station returns. Empty: 24 hours."),
    )  # fmt: skip
    field_order = ["identity"]

    @property
    def wanted(self) -> dict[str, Any]:
        data, hours = self.cleaned_data, self.cleaned_data["wait_hours"]
        return {
            **super().wanted,
            "retries": data["retries"],
            "retry_interval": data["retry_interval"],
            "expires_in": timedelta(hours=hours) if hours else None,
        }
