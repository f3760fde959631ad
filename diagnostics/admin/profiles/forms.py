"""The forms of a monitor profile: what it is for, and what it says, row by row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.monitor import MonitorType
from diagnostics.models import MonitorProfile
from diagnostics.ocpp.monitoring import BASES, StreamParams
from diagnostics.ocpp.types import NAME
from diagnostics.profiles.document import (
    ANY,
    LARGEST_NUMBER,
    MOST_MONITORS,
    Document,
    Flaw,
    Place,
    Wanted,
    flaws_of,
    needs_a_value,
)
from diagnostics.services import access, profiles
from diagnostics.wording.monitors import severity_words

# A row's number stands in brackets, as `rows.js` numbers those that it adds.
_ROW = re.compile(r"m\[(\d{1,6})\]-")
MARK = "row"
# Rows to fill in where no script adds any.
BLANK = 1

_SEVERITIES = [(each, severity_words(each)) for each in Severity.values]


class ProfileForm(forms.ModelForm):
    """For which stations, and what happens by itself."""

    note = forms.CharField(
        label=gettext_lazy("What has changed"), max_length=200, required=False,
        help_text=gettext_lazy("Stands beside the new version, for whoever looks back."),
    )  # fmt: skip

    class Meta:
        model = MonitorProfile
        fields = ("name", "description", "position", "selections", "repair", "repairs_per_day",
                  "clears")  # fmt: skip
        widgets = {  # noqa: RUF012
            "description": forms.Textarea(attrs={"rows": 2, "cols": 60}),
            "selections": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["selections"]
        field.queryset = access.visible_selections(user)

    def clean_selections(self) -> Any:
        chosen = self.cleaned_data["selections"]
        try:
            for selection in chosen:
                profiles.check_selection(selection)
        except RequestRefused as error:
            raise ValidationError(str(error)) from error
        return chosen


class HeadForm(forms.Form):
    """What holds for all monitors of a station; nothing chosen leaves it as it is."""

    enabled = forms.ChoiceField(
        label=gettext_lazy("Monitoring"), required=False,
        choices=[("", gettext_lazy("as it is")), ("true", gettext_lazy("switched on")),
                 ("false", gettext_lazy("switched off"))],
        help_text=gettext_lazy("MonitoringCtrlr.Enabled, where a station has it. Some report "
                               "nothing until it is on."),
    )  # fmt: skip
    base = forms.ChoiceField(
        label=gettext_lazy("Base"), required=False,
        choices=[("", gettext_lazy("as it is")), *((each, each) for each in BASES)],
        help_text=gettext_lazy(
            "FactoryDefault and HardWiredOnly delete every monitor that was set; those below are "
            "set after that. On some stations they report with All only."
        ),
    )  # fmt: skip
    level = forms.ChoiceField(
        label=gettext_lazy("Level"), required=False,
        choices=[("", gettext_lazy("as it is")), *_SEVERITIES],
        help_text=gettext_lazy("Events with a higher number are not sent."),
    )  # fmt: skip

    @property
    def columns(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "enabled": {"true": True, "false": False}.get(data.get("enabled", "")),
            "base": data.get("base", ""),
            "level": int(data["level"]) if data.get("level") else None,
        }


class PlaceField(forms.CharField):
    """A number, a star, or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=10, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value).strip()
        if not text or text == ANY:
            return text or None
        if not text.isascii() or not text.isdecimal() or int(text) > LARGEST_NUMBER:
            raise ValidationError(_("Give a number, or * for each."))
        return int(text)


class EntryForm(forms.Form):
    """One monitor of the document; a row without a component and a variable is left out."""

    component = forms.CharField(label=gettext_lazy("Component"), max_length=NAME, required=False)
    instance = forms.CharField(label=gettext_lazy("Instance"), max_length=NAME, required=False)
    evse = PlaceField(label=gettext_lazy("EVSE"))
    connector = PlaceField(label=gettext_lazy("Connector"))
    variable = forms.CharField(label=gettext_lazy("Variable"), max_length=NAME, required=False)
    type = forms.ChoiceField(label=gettext_lazy("Report"), choices=MonitorType.choices)
    value = forms.FloatField(label=gettext_lazy("Value"), required=False)
    severity = forms.TypedChoiceField(
        label=gettext_lazy("Severity"), coerce=int, initial=5, choices=_SEVERITIES
    )
    variable_instance = forms.CharField(
        label=gettext_lazy("Variable instance"), max_length=NAME, required=False
    )
    transaction = forms.BooleanField(label=gettext_lazy("Only in transactions"), required=False)
    optional = forms.BooleanField(
        label=gettext_lazy("Not missed where there is no such variable"), required=False
    )
    stream_interval = forms.IntegerField(
        label=gettext_lazy("Stream every … seconds (2.1)"),
        required=False, min_value=0, max_value=86400,
    )  # fmt: skip
    stream_values = forms.IntegerField(
        label=gettext_lazy("Values per message"), required=False, min_value=0, max_value=10000
    )

    ADVANCED = ("variable_instance", "transaction", "optional", "stream_interval", "stream_values")

    @property
    def plain(self) -> list[Any]:
        return [self[name] for name in self.fields if name not in self.ADVANCED]

    @property
    def advanced(self) -> list[Any]:
        return [self[name] for name in self.ADVANCED]

    @property
    def is_open(self) -> bool:
        return any(
            field.errors or field.value() not in (None, "", False) for field in self.advanced
        )

    @property
    def heading(self) -> str:
        names = [self[name].value() or "" for name in ("component", "variable")]
        return " · ".join(filter(None, names))

    def is_empty(self) -> bool:
        return not any(self[name].value() for name in ("component", "variable"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        lacks = data.get("value") is None and needs_a_value(data.get("type", ""))
        if lacks and "value" not in self.errors and not self.is_empty():
            self.add_error("value", _("Give a value."))
        return data

    @property
    def wanted(self) -> Wanted:
        data = dict(self.cleaned_data)
        interval, values = data.pop("stream_interval"), data.pop("stream_values")
        stream = None if interval is None and values is None else StreamParams(interval, values)
        value = 1.0 if data["value"] is None else data["value"]
        return Wanted(**{**data, "value": value, "stream": stream})


class DocumentForms:
    """All forms of the page that edits a profile by rows. `document` is what they say."""

    document: Document | None = None

    def __init__(self, request: HttpRequest, profile: MonitorProfile | None) -> None:
        data = request.POST if request.method == "POST" else None
        said = profile.document if profile else Document()
        self.profile = ProfileForm(data, instance=profile, user=request.user)
        self.head = HeadForm(data, initial=_head(said))
        self.rows = _posted(data) if data is not None else _kept(said.monitors)
        self.blank = EntryForm(prefix=f"m[{MARK}]")
        self.next, self.mark = len(self.rows) + 1000, MARK
        self.problems: list[str] = []

    def is_valid(self) -> bool:
        filled = [row for row in self.rows if not row.is_empty()]
        # Every form says what is wrong with it, at once.
        sound = [each.is_valid() for each in (self.profile, self.head, *filled)]
        if not all(sound):
            return False
        self.document = Document(**self.head.columns, monitors=tuple(r.wanted for r in filled))
        for flaw in flaws_of(self.document):
            self._tell(flaw, filled)
        return self.profile.is_valid() and not self.problems and all(r.is_valid() for r in filled)

    def _tell(self, flaw: Flaw, rows: Sequence[EntryForm]) -> None:
        name = "stream_interval" if flaw.field == "stream" else flaw.field
        if flaw.entry is None:
            self.problems.append(flaw.sentence)
        else:
            rows[flaw.entry].add_error(name or None, flaw.sentence)

    @property
    def has_errors(self) -> bool:
        forms_ = (self.profile, self.head, *(row for row in self.rows if not row.is_empty()))
        return bool(self.problems) or any(each.is_bound and each.errors for each in forms_)


def _head(said: Document) -> dict[str, Any]:
    enabled = {True: "true", False: "false"}.get(said.enabled, "")  # type: ignore[arg-type]
    return {"enabled": enabled, "base": said.base, "level": said.level}


def _posted(data: Any) -> list[EntryForm]:
    numbers = sorted({int(found[1]) for name in data if (found := _ROW.match(name))})
    return [EntryForm(data, prefix=f"m[{number}]") for number in numbers[:MOST_MONITORS]]


def _kept(monitors: Sequence[Wanted]) -> list[EntryForm]:
    rows = [
        EntryForm(prefix=f"m[{number}]", initial=_initial(wanted))
        for number, wanted in enumerate(monitors)
    ]
    more = range(len(rows), len(rows) + (0 if rows else BLANK))
    return [*rows, *(EntryForm(prefix=f"m[{number}]") for number in more)]


def _initial(wanted: Wanted) -> dict[str, Any]:
    stream = wanted.stream or StreamParams()
    names = [name for name in Wanted.__slots__ if name != "stream"]
    fields: dict[str, Place | float | bool] = {name: getattr(wanted, name) for name in names}
    return {
        **fields,
        "value": f"{wanted.value:g}",
        "stream_interval": stream.interval,
        "stream_values": stream.values,
    }
