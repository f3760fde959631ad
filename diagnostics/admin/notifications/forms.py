"""The forms of targets and routes. What is secret of a target goes in and never comes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.time_zones import zone_select
from diagnostics.lifecycles.notification import ROUTED, WITH_SEVERITY, Digest, Kind, TargetKind
from diagnostics.models import NotificationRoute, NotificationTarget
from diagnostics.models.notification import new_secret
from diagnostics.models.sealed import Unreadable
from diagnostics.notify import SendFailed
from diagnostics.notify.addresses import read_address
from diagnostics.notify.services import read_service
from diagnostics.wording.notifications import answer_words

MOST_ADDRESSES = 20
KEY_CHANGED = gettext_lazy(
    "What was here is encrypted with another SECRET_KEY and cannot be read. Enter it again, or "
    "have the old key added to SECRET_KEY_FALLBACKS."
)


class TargetForm(forms.ModelForm):
    """`made_secret` is the signing secret that was made up for a new webhook, to be shown once."""

    address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60, "spellcheck": "false",
                                     "autocomplete": "off"}),
        help_text=gettext_lazy(
            "E-mail addresses, one on each line; or the https address of a webhook; or an address "
            "of Apprise for chats and pagers: slack://…, tgram://…, pagerduty://…"
        ),
    )  # fmt: skip
    secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        required=False,
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Of a webhook: its receiver checks with it who sends. Empty: a new target gets one "
            "made up, which is shown once; an old target keeps its own."
        ),
    )
    made_secret = ""

    class Meta:
        model = NotificationTarget
        fields = ("name", "kind", "enabled", "address", "secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        self._kept = (row.address, row.secret, row.kind) if row.pk else ("", "", "")
        self.initial["secret"] = ""
        if row.pk and row.kind != TargetKind.EMAIL:
            self.initial["address"] = ""
            self.fields["address"].widget.attrs["placeholder"] = _("%(address)s (kept)") % {
                "address": row.shown_address
            }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        address, secret, kind = self._kept
        same = kind == data.get("kind")
        given = data.get("address", "").strip() or (address if same else "")
        try:
            if not given and isinstance(address, Unreadable):
                raise ValidationError(KEY_CHANGED)
            data["address"] = checked_address(data.get("kind", ""), given)
        except ValidationError as error:
            self.add_error("address", error)
        data["secret"] = data.get("secret") or (secret if same else "")
        if data.get("kind") != TargetKind.WEBHOOK:
            data["secret"] = ""
        elif not data["secret"]:
            data["secret"] = self.made_secret = new_secret()
        return data


def checked_address(kind: str, text: str) -> str:
    """The address as it is kept. Raises ValidationError."""
    if not text:
        raise ValidationError(_("Say where it goes."))
    if kind == TargetKind.EMAIL:
        addresses = text.replace(",", " ").replace(";", " ").split()
        if len(addresses) > MOST_ADDRESSES:
            raise ValidationError(_("At most %(most)d addresses."), params={"most": MOST_ADDRESSES})
        for each in addresses:
            validate_email(each)
        return "\n".join(addresses)
    try:
        if kind == TargetKind.WEBHOOK:
            read_address(text)
        elif kind == TargetKind.SERVICE:
            read_service(text)
    except SendFailed as failed:
        why = answer_words(failed.answer, kind)
        raise ValidationError(_("This cannot be used: %(why)s."), params={"why": why}) from failed
    return text


class RouteForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("When"),
        choices=[(kind.value, kind.label) for kind in ROUTED],
        widget=forms.CheckboxSelectMultiple,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: every day."),
    )

    class Meta:
        model = NotificationRoute
        fields = (
            "name", "enabled", "kinds", "severity", "away_minutes", "group", "selection",
            "from_time", "to_time", "weekdays", "time_zone", "targets", "digest",
            "digest_minutes", "digest_at",
        )  # fmt: skip
        widgets = {"targets": forms.CheckboxSelectMultiple}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "severity": gettext_lazy("0 is worst. Empty: however bad."),
            "to_time": gettext_lazy(
                "Hours may go past midnight, and then belong to the day on which they begin. What "
                "happens at another time is not told by this route."
            ),
            "time_zone": gettext_lazy("Empty: that of the group, else the server's."),
            "digest": gettext_lazy(
                "At once, more than 20 messages in 10 minutes are collected all the same."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" not in self.fields:  # for who may only look, none is a field
            return
        self.fields["time_zone"].widget = zone_select(_("The group's, or the server's"))
        for name in ("from_time", "to_time", "digest_at"):
            self.fields[name].widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (data.get("from_time") is None) != (data.get("to_time") is None):
            self.add_error("to_time", _("Give both ends, or none of them."))
        if data.get("digest") == Digest.DAILY and not data.get("digest_at"):
            self.add_error("digest_at", _("Say at what time."))
        if not WITH_SEVERITY & {Kind(kind) for kind in data.get("kinds", ())}:
            data["severity"] = None
        return data
