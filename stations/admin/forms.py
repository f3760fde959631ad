"""The form that registers a station."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from stations import services
from stations.conf import stations_settings
from stations.identity import LONGEST_IDENTITY
from stations.models import ChargingStation, SecurityProfile


class RegisterForm(forms.Form):
    """Who the station is, and how it proves it. `register` makes it known."""

    identity = forms.CharField(
        label=_("Identity"),
        max_length=LONGEST_IDENTITY,
        strip=False,
        help_text=_("The last part of the address the station connects to. Case does not matter."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=100, required=False, help_text=_("For people: a place, say.")
    )
    security_profile = forms.TypedChoiceField(
        label=_("Security profile"),
        coerce=int,
        choices=SecurityProfile.choices,
        initial=SecurityProfile.BASIC,
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        help_text=_("16 to 64 characters. Leave it empty to have one made up and shown once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    certificate_name = forms.CharField(
        label=_("Name in its certificate"),
        max_length=64,
        required=False,
        help_text=_(
            "For security profile 3: the common name (CN), which is the serial number of the "
            "station. Empty: its identity."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not stations_settings().client_certificate_header:
            del self.fields["certificate_name"]

    def register(self) -> tuple[ChargingStation, str | None] | None:
        """The station and its made-up password, or None with the reasons at the fields."""
        data: dict[str, Any] = self.cleaned_data
        try:
            return services.register_station(
                data["identity"],
                name=data["name"],
                password=data["password"] or None,
                security_profile=data["security_profile"],
                certificate_name=data.get("certificate_name", ""),
            )
        except ValidationError as error:
            self.add_error(None if hasattr(error, "error_dict") else "password", error)
            return None
