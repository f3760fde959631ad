"""What a monitor profile says, as YAML that an operator writes or brings as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.models import MonitorProfile
from diagnostics.profiles.document import (
    Document,
    Flaw,
)
from diagnostics.profiles.yaml_text import LONGEST_TEXT, DocumentRefused, load


class YamlForm(forms.Form):
    """What a profile says, as text or as a file; `document` once it is valid, else `flaws`."""

    text = forms.CharField(
        label=gettext_lazy("The profile as YAML"), required=False, strip=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 24, "cols": 80, "spellcheck": "false",
                                     "class": "dx-yaml"}),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("or a file"), required=False,
        help_text=gettext_lazy("One that was exported here, or written by hand. It counts instead "
                               "of the text."),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("What has changed"), max_length=200, required=False)

    document: Document | None = None
    flaws: Sequence[Flaw] = ()

    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        if upload is None:
            return ""
        if upload.size > LONGEST_TEXT:
            raise ValidationError(_("The file is too large to be a profile."))
        try:
            text: str = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError(_("The file is no text.")) from error
        return text

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            self.document = load(data["file"] or data["text"])
        except DocumentRefused as refused:
            self.flaws = refused.flaws
            self.add_error("file" if data["file"] else "text", _("It is not saved: see below."))
        return data


class NewYamlForm(YamlForm):
    """The same for a profile that is to be made."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    field_order = ("name", "text", "file", "note")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if MonitorProfile.objects.filter(name__iexact=name).exists():
            raise ValidationError(_("There is already a profile with this name."))
        return name
