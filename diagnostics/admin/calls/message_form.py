"""The form above a station's messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.models.message import IGNORED, OK, Direction
from diagnostics.services.calls.messages import TROUBLES, Wanted

MESSAGE_SPANS = (
    ("1", _("Last hour")),
    ("24", _("Since yesterday")),
    ("168", _("Last 7 days")),
)


class MessageFilterForm(forms.Form):
    """Which messages; nothing that is typed here is an error, `wanted` is what was understood."""

    direction = forms.ChoiceField(
        label=_("Direction"), required=False, choices=[("", _("Both ways")), *Direction.choices]
    )
    action = forms.CharField(label=_("Action"), required=False, max_length=64)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("All")),
            (TROUBLES, _("Only troubles")),
            (OK, _("Good answers")),
            (IGNORED, _("Ignored")),
        ],
    )
    hours = forms.ChoiceField(
        label=_("When"), required=False, choices=[("", _("Any time")), *MESSAGE_SPANS]
    )
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("message id, action or text")}),
    )

    @property
    def wanted(self) -> Wanted:
        self.full_clean()
        given: dict[str, Any] = self.cleaned_data
        hours = given.get("hours")
        return Wanted(
            direction=given.get("direction", ""),
            action=given.get("action", "").strip(),
            outcome=given.get("outcome", ""),
            text=given.get("q", "").strip(),
            since=timezone.now() - timedelta(hours=int(hours)) if hours else None,
        )

    @property
    def is_narrowing(self) -> bool:
        return self.wanted != Wanted()
