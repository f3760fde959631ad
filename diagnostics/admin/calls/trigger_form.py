"""Where and what, for a message that is triggered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class TriggerForm(forms.Form):
    """The place is for all buttons of the page; those about the whole station leave it out."""

    evse_id = forms.IntegerField(
        label=_("EVSE"), required=False, min_value=0, max_value=10_000,
        help_text=_("OCPP 1.6 calls it connector."),
    )  # fmt: skip
    connector_id = forms.IntegerField(
        label=_("Connector"), required=False, min_value=0, max_value=10_000,
        help_text=_("Of the EVSE. StatusNotification needs both in OCPP 2."),
    )  # fmt: skip
    custom = forms.CharField(
        label=_("Custom trigger"), required=False, max_length=50,
        help_text=_("A name of the station's own, for CustomTrigger (OCPP 2.1)."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, names: list[str] | None = None, has_custom: bool = True, **kwargs: Any
    ) -> None:
        """`names` are the custom triggers that the station has, as far as known."""
        super().__init__(*args, **kwargs)
        self.names = names or []
        if not has_custom:
            del self.fields["custom"]
        elif self.names:
            self.fields["custom"].widget.attrs["list"] = "dx-custom-triggers"

    def place(self, message: str) -> dict[str, Any]:
        """Keywords of `services.calls.triggers.trigger`: only those that the message is about."""
        data = self.cleaned_data
        about_place = message in _ABOUT_PLACES
        return {
            "evse_id": data["evse_id"] if about_place else None,
            "connector_id": data["connector_id"] if about_place else None,
            "custom": data.get("custom", "") if message == "CustomTrigger" else "",
        }


_ABOUT_PLACES = frozenset(
    {"CustomTrigger", "MeterValues", "StatusNotification", "TransactionEvent"}
)
