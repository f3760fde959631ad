"""Forms that ask a station for reports, and that read and set its variables."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.lifecycles.report import (
    ASKED,
    ComponentCriterion,
    MonitoringCriterion,
    ReportBase,
)
from diagnostics.lifecycles.variables import Attribute
from diagnostics.models import ReportedVariable, VariableAttribute
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.secrets import configuration_key, is_secret
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.services import reports

MOST_LINES = 500

# Sensor[Cabinet]@1.2 / Temperature[Inlet]
_LINE = re.compile(
    r"(?P<component>[^/\[\]@]{1,50})(?:\[(?P<instance>[^\[\]]{1,50})\])?"
    r"(?:@(?P<evse>\d{1,9})(?:\.(?P<connector>\d{1,9}))?)?"
    r"(?:\s*/\s*(?P<variable>[^/\[\]@]{1,50})(?:\[(?P<variable_instance>[^\[\]]{1,50})\])?)?"
)
LINE_HELP = gettext_lazy(
    "One on each line: Component, or Component / Variable. Instances in brackets, EVSE and "
    "connector after an @: TemperatureSensor[Cabinet]@1.2 / Temperature[Inlet]. "
    "What is left out stands for all."
)


def spelled(named: ComponentVariable) -> str:
    """A reference as it is typed into a form; `parsed` reads it again."""
    one, other = named.component, named.variable
    if not one.name:
        return other.name if other else ""
    place = "" if one.evse_id is None else f"@{one.evse_id}"
    if place and one.connector_id is not None:
        place += f".{one.connector_id}"
    text = f"{one.name}{f'[{one.instance}]' if one.instance else ''}{place}"
    return f"{text} / {other}" if other else text


def parsed(line: str) -> ComponentVariable:
    """Raises ValidationError with the line that cannot be read."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValidationError(_("This cannot be read: %(line)s"), params={"line": line[:80]})
    text = {name: (value or "").strip() for name, value in match.groupdict().items()}
    component = Component(
        text["component"],
        text["instance"],
        int(text["evse"]) if text["evse"] else None,
        int(text["connector"]) if text["connector"] else None,
    )
    if not text["variable"]:
        return ComponentVariable(component)
    return ComponentVariable(component, Variable(text["variable"], text["variable_instance"]))


class Lines(forms.CharField):
    """Components and variables, one on each line, as a list of references."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 5, "cols": 70, "spellcheck": "false"}),
            max_length=MOST_LINES * 200,
            **kwargs,
        )

    def clean(self, value: Any) -> list[ComponentVariable]:
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise ValidationError(_("At most %(most)d lines."), params={"most": MOST_LINES})
        return [self.read(line) for line in lines]

    def read(self, line: str) -> ComponentVariable:
        return parsed(line)


class Keys(Lines):
    """Configuration keys of 1.6, one on each line."""

    def read(self, line: str) -> ComponentVariable:
        if len(line.strip()) > 50:
            raise ValidationError(_("A key has at most 50 characters."))
        return configuration_key(line.strip())


class ReportFields(forms.Form):
    """What reports on certain components, and on monitors, are narrowed by."""

    component_criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Components that are"),
        choices=ComponentCriterion.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For certain components: any of these. None: in whatever state."),
    )
    monitoring_criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Monitors of"),
        choices=MonitoringCriterion.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For monitors. None: of every kind."),
    )
    named = Lines(
        label=gettext_lazy("Components and variables"), required=False, help_text=LINE_HELP
    )

    def criteria_of(self, what: str) -> dict[str, Any]:
        """As services ask for it. Raises RequestRefused where it narrows by nothing and must."""
        data = self.cleaned_data
        return reports.criteria_of(
            what,
            states=data.get("component_criteria", []),
            kinds=data.get("monitoring_criteria", []),
            named=data.get("named", []),
        )


def fields_of(criteria: dict[str, Any]) -> dict[str, Any]:
    """What fills those fields again."""
    named = [ComponentVariable.from_wire(each) for each in criteria.get("componentVariable", [])]
    return {
        "component_criteria": criteria.get("componentCriteria", []),
        "monitoring_criteria": criteria.get("monitoringCriteria", []),
        "named": "\n".join(map(spelled, named)),
    }


class ReportForm(ReportFields):
    """Which report of one station."""

    field_order = ("what",)
    what = forms.ChoiceField(label=gettext_lazy("Report"), choices=ASKED, initial=ReportBase.FULL)


class ReadForm(forms.Form):
    """Which variables to read."""

    named = Lines(label=gettext_lazy("Variables"), help_text=LINE_HELP)
    attribute = forms.ChoiceField(
        label=gettext_lazy("Attribute"), choices=Attribute.choices, initial=Attribute.ACTUAL
    )

    @property
    def asked(self) -> list[VariableAsked]:
        kind = self.cleaned_data.get("attribute") or Attribute.ACTUAL
        return [VariableAsked(each, kind) for each in self.cleaned_data["named"]]


class ReadKeysForm(ReadForm):
    """The same for 1.6, which has keys and no attributes."""

    named = Keys(
        label=gettext_lazy("Keys"),
        required=False,
        help_text=gettext_lazy("One on each line. None: all that the station has."),
    )
    attribute = None  # type: ignore[assignment]


class SetForm(forms.Form):
    """A new value for one attribute of one variable."""

    value = forms.CharField(
        label=gettext_lazy("New value"), required=False, strip=False, max_length=2500
    )

    def __init__(
        self, variable: ReportedVariable, attribute: VariableAttribute | None, *args: Any
    ) -> None:
        super().__init__(*args)
        known = attribute.value if attribute is not None else None
        self.fields["value"] = _value_field(variable, attribute)
        self.fields["value"].initial = known


def _value_field(variable: ReportedVariable, attribute: VariableAttribute | None) -> forms.Field:
    """A field that offers what the station said is possible; its answer decides all the same."""
    label = _("New value") + (f" ({variable.unit})" if variable.unit else "")
    if is_secret(variable.reference) or (attribute is not None and not attribute.is_readable):
        return forms.CharField(
            label=label,
            strip=False,
            max_length=2500,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=_("It is sent to the station and kept nowhere here."),
        )
    words = [word.strip() for word in variable.values_list.split(",") if word.strip()]
    if variable.data_type == "boolean":
        words = ["true", "false"]
    if words and variable.data_type in ("OptionList", "boolean"):
        known = attribute.value if attribute is not None else None
        odd = [known] if known and known not in words else []
        return forms.ChoiceField(label=label, choices=[(word, word) for word in [*odd, *words]])
    help_text = [_("Possible: %(words)s.") % {"words": ", ".join(words)}] if words else []
    if variable.min_limit is not None or variable.max_limit is not None:
        help_text.append(_("Limits: %(limits)s.") % {"limits": limits_words(variable)})
    return forms.CharField(
        label=label, strip=False, required=False, max_length=2500, help_text=" ".join(help_text)
    )


def limits_words(variable: ReportedVariable) -> str:
    """ "0 … 100", "at least 0", "at most 100"."""
    least, most = variable.min_limit, variable.max_limit
    if least is not None and most is not None:
        return f"{least:g} … {most:g}"
    if least is not None:
        return _("at least %(least)s") % {"least": f"{least:g}"}
    return _("at most %(most)s") % {"most": f"{most:g}"} if most is not None else ""
