"""The forms that ask for customer information, and that remove a token from the local list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from diagnostics.admin.asked_station import StationForm
from diagnostics.admin.customer_information import certificates
from diagnostics.ocpp.codecs.certificates import CertificateId

WISHES = {
    "report": (_("Report what it knows"), (True, False)),
    "both": (_("Report what it knows, then clear it"), (True, True)),
    "clear": (_("Clear what it knows"), (False, True)),
}

_HASHES = ("issuer_name_hash", "issuer_key_hash", "serial_number")

_NO_HISTORY = {"autocomplete": "off", "spellcheck": "false"}


def _secret_text(label: Any, most: int, help_text: Any = "") -> forms.CharField:
    """A field whose value a browser neither remembers nor sends to a spelling service."""
    return forms.CharField(
        label=label,
        max_length=most,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attrs=_NO_HISTORY),
    )


class CustomerForm(StationForm):
    """What to ask of whom, and why. `wanted` gives the keywords of the service."""

    wish = forms.ChoiceField(
        label=_("Ask it to"), initial="report", widget=forms.RadioSelect,
        choices=[(key, words) for key, (words, _flags) in WISHES.items()],
    )  # fmt: skip
    id_token = _secret_text(_("Token"), 255, _("The number of a card, or a contract."))
    id_token_type = forms.CharField(
        label=_("Type of token"), max_length=20, required=False, initial="ISO14443",
        help_text=_("ISO14443 and ISO15693 are cards, eMAID is a contract; also Central, KeyCode, "
                    "Local, MacAddress."),
    )  # fmt: skip
    customer_identifier = _secret_text(
        _("Customer identifier"), 64, _("A name of yours for the customer; instead of a token.")
    )
    installed = forms.ChoiceField(
        label=_("Installed certificate"), required=False,
        help_text=_("As the station told it; or give the hashes of another one below."),
    )  # fmt: skip
    hash_algorithm = forms.ChoiceField(
        label=_("Hash algorithm"), required=False, choices=[(x, x) for x in
                                                            ("SHA256", "SHA384", "SHA512")],
        help_text=_("The one that the certificate was installed with."),
    )  # fmt: skip
    issuer_name_hash = _secret_text(_("Hash of the issuer's name"), 128)
    issuer_key_hash = _secret_text(_("Hash of the issuer's key"), 128)
    serial_number = _secret_text(_("Serial number"), 40)
    purpose = forms.CharField(
        label=_("Purpose"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Why you ask, without personal data: it stays on record after the text is "
                    "deleted. “Access request 2026-117”, say."),
    )  # fmt: skip
    confirm = forms.BooleanField(
        label=_("I know that clearing cannot be undone"), required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = certificates.choices(self.named_station())
        self.fields["installed"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("wish") in ("both", "clear") and not data.get("confirm"):
            self.add_error("confirm", _("The station forgets for good: please confirm."))
        if data.get("installed") and any(data.get(name) for name in _HASHES):
            self.add_error("installed", _("Choose a certificate or give its hashes, not both."))
        return data

    @property
    def wanted(self) -> dict[str, Any]:
        data = self.cleaned_data
        report, clear = WISHES[data["wish"]][1]
        typed = CertificateId(data["hash_algorithm"], *(data[name].strip() for name in _HASHES))
        named = typed if any(data[name] for name in _HASHES) else None
        return {
            "report": report,
            "clear": clear,
            "purpose": data["purpose"],
            "id_token": data["id_token"],
            "id_token_type": data["id_token_type"],
            "customer_identifier": data["customer_identifier"],
            "customer_certificate": certificates.chosen(data["installed"]) or named,
        }


class LocalListForm(forms.Form):
    """Which version the list gets, and the token, of which only a hash was kept."""

    id_token = _secret_text(_("Token, once more"), 255)
    version = forms.IntegerField(
        label=_("New version of the list"), min_value=1, max_value=2**31 - 1, required=False,
        help_text=_("Higher than the station's. Empty: one more than it said."),
    )  # fmt: skip
