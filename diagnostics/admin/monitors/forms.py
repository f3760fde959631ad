"""The forms about monitors: set, read, base and level.

Mistakes are told before anything is sent.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.monitor import MonitorType
from diagnostics.lifecycles.report import MonitoringCriterion
from diagnostics.models import ReportedVariable
from diagnostics.ocpp.codecs.monitoring import MonitoringCodec
from diagnostics.ocpp.monitoring import (
    BASES,
    NOTHING_KNOWN,
    NUMERIC,
    TARGET_DELTAS,
    MonitorSpec,
    StreamParams,
    Watchable,
    mistake,
    needs_value,
    settled,
    suits,
    warning,
)
from diagnostics.ocpp.types import NAME, Component, ComponentVariable, Variable
from diagnostics.services.monitors.facts import watchable
from diagnostics.wording.monitors import severity_words

LARGEST_ID = 2**31 - 1


class NameForm(forms.Form):
    """A component and perhaps a variable, named by hand; what is left empty is no part of it."""

    component = forms.CharField(label=_("Component"), max_length=NAME, required=False)
    instance = forms.CharField(label=_("Instance"), max_length=NAME, required=False)
    evse = forms.IntegerField(label=_("EVSE"), min_value=0, max_value=LARGEST_ID, required=False)
    connector = forms.IntegerField(
        label=_("Connector"), min_value=0, max_value=LARGEST_ID, required=False
    )
    variable = forms.CharField(label=_("Variable"), max_length=NAME, required=False)
    variable_instance = forms.CharField(
        label=_("Variable instance"), max_length=NAME, required=False
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("component") and any(data.get(each) for each in NameForm.base_fields):
            self.add_error("component", _("Name the component."))
        if data.get("connector") is not None and data.get("evse") is None:
            self.add_error("evse", _("A connector belongs to an EVSE: give its number."))
        if data.get("variable_instance") and not data.get("variable"):
            self.add_error("variable", _("Name the variable that the instance is of."))
        return data

    @property
    def named(self) -> ComponentVariable | None:
        """What was named; None for a form left empty."""
        data = self.cleaned_data
        if not data.get("component"):
            return None
        component = Component(data["component"], data["instance"], data["evse"], data["connector"])
        variable = data["variable"]
        return ComponentVariable(
            component, Variable(variable, data["variable_instance"]) if variable else None
        )


class MonitorForm(NameForm):
    """One monitor: of a variable that the station reported, or of one named by hand.

    `spec` is what to set, `caution` what the operator should know before.
    """

    type = forms.ChoiceField(label=_("Report"), choices=MonitorType.choices)
    value = forms.FloatField(label=_("Value"), required=False)
    severity = forms.TypedChoiceField(
        label=_("Severity"), coerce=int, initial=5,
        choices=[(each, severity_words(each)) for each in Severity.values],
    )  # fmt: skip
    transaction = forms.BooleanField(label=_("Only during transactions"), required=False)
    monitor_id = forms.IntegerField(
        label=_("Replace monitor"), required=False, min_value=0, max_value=LARGEST_ID,
        help_text=_("The id of a monitor of the same variable. Empty: a new one."),
    )  # fmt: skip
    stream_interval = forms.IntegerField(
        label=_("Stream every … seconds"), required=False, min_value=0, max_value=86400,
        help_text=_("Values come in a stream instead of events, where the station can."),
    )  # fmt: skip
    stream_values = forms.IntegerField(
        label=_("Values per message"), required=False, min_value=0, max_value=10000
    )

    spec: MonitorSpec | None = None
    caution = ""

    def __init__(
        self,
        *args: Any,
        codec: MonitoringCodec,
        known: ReportedVariable | None = None,
        **kwargs: Any,
    ) -> None:
        """`known` fixes the variable, and with it the types that can watch it."""
        super().__init__(*args, **kwargs)
        self.known = known
        self.facts: Watchable = watchable(known) if known else NOTHING_KNOWN
        self.fields["type"].choices = [  # type: ignore[attr-defined]
            choice
            for choice in MonitorType.choices
            if choice[0] in codec.types and suits(choice[0], self.facts.data_type)
        ]
        self.fields["value"].help_text = _value_help(self.facts, codec)
        if known is not None:
            for name in NameForm.base_fields:
                del self.fields[name]
        if not codec.streams:
            del self.fields["stream_interval"], self.fields["stream_values"]

    @property
    def heading(self) -> str:
        return str(self.known.reference) if self.known else ""

    @property
    def name_fields(self) -> list[Any]:
        return [self[name] for name in NameForm.base_fields if name in self.fields]

    @property
    def advanced(self) -> list[Any]:
        names = ("monitor_id", "stream_interval", "stream_values")
        return [self[name] for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        target = self.known.reference if self.known else self.named
        if target is None and not self.errors:
            self.add_error("component", _("Name the component and the variable to watch."))
        if target is None or self.errors:
            return data
        self._check(target, data)
        return data

    def _check(self, target: ComponentVariable, data: dict[str, Any]) -> None:
        value = data.get("value")
        if value is None and needs_value(data["type"], self.facts.data_type):
            self.add_error("value", _("Give a value."))
            return
        wanted = MonitorSpec(
            target=target,
            type=data["type"],
            value=1.0 if value is None else value,
            severity=data["severity"],
            transaction=data["transaction"],
            monitor_id=data["monitor_id"],
            stream=_stream(data),
        )
        if found := mistake(wanted, self.facts):
            self.add_error(found.field if found.field in self.fields else None, found.sentence)
        self.spec = settled(wanted, self.facts)
        self.caution = warning(self.spec, self.facts)


def _value_help(known: Watchable, codec: MonitoringCodec) -> str:
    """What a value means for this variable, as far as it is known what it holds."""
    if known.data_type == "dateTime":
        return gettext("Seconds.")
    periodic = gettext("Seconds for what is periodic.")
    if known.data_type and known.data_type not in NUMERIC:
        return gettext("None for a change: every change is reported. %(periodic)s") % {
            "periodic": periodic
        }
    words = [gettext("In %(unit)s.") % {"unit": known.unit or gettext("the variable's unit")}]
    words.append(periodic)
    if codec.types >= TARGET_DELTAS:
        words.append(gettext("0.1 is 10 % of a target."))
    if not known.data_type:
        words.append(gettext("Empty for a change of something that is no number."))
    return " ".join(words)


def _stream(data: dict[str, Any]) -> StreamParams | None:
    interval, values = data.get("stream_interval"), data.get("stream_values")
    return None if interval is None and values is None else StreamParams(interval, values)


class CriteriaForm(forms.Form):
    """Which monitors to read: none chosen means all (N02)."""

    criteria = forms.MultipleChoiceField(
        label=_("Only"), choices=MonitoringCriterion.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class BaseForm(forms.Form):
    base = forms.ChoiceField(
        label=_("Base"), choices=[(each, each) for each in BASES], widget=forms.RadioSelect
    )


class LevelForm(forms.Form):
    severity = forms.TypedChoiceField(
        label=_("Report events as serious as"), coerce=int, initial=9,
        choices=[(each, severity_words(each)) for each in Severity.values],
        help_text=_(
            "Events of monitors with a higher number are not sent. Monitors stay as they are."
        ),
    )  # fmt: skip


class IdsField(forms.CharField):
    """Monitor ids by hand: 101, 3 999. Gives a list of numbers."""

    def to_python(self, value: Any) -> Any:
        words = (super().to_python(value) or "").replace(",", " ").split()
        if any(not word.isascii() or not word.isdecimal() for word in words):
            raise forms.ValidationError(_("Give ids as numbers, with blanks or commas between."))
        ids = list(dict.fromkeys(map(int, words)))
        if any(number > LARGEST_ID for number in ids):
            raise forms.ValidationError(_("No monitor has an id as large as that."))
        return ids

    def clean(self, value: Any) -> Any:
        return self.to_python(value)


class ClearForm(forms.Form):
    ids = IdsField(label=_("Ids"), required=False)
