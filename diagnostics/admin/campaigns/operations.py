"""What to ask of every station: a form for each operation, whose `params` a campaign keeps."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.calls.trigger_form import TriggerForm
from diagnostics.admin.device_model.forms import LINE_HELP, Lines, parsed, spelled
from diagnostics.admin.logs.forms import SPANS, LogForm
from diagnostics.admin.monitors.forms import BaseForm, CriteriaForm, LevelForm, MonitorForm
from diagnostics.lifecycles.campaign import Operation
from diagnostics.lifecycles.report import ReportBase
from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.codecs.triggers import triggers_of
from diagnostics.ocpp.secrets import configuration_key
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.campaigns.monitors import spec_to_params, specs_of

Params = dict[str, Any]
# `params` of a form are what a campaign keeps, `filled(params)` is what fills the form with them;
# a form without it has fields that are called as the params are.

_CODE = {"spellcheck": "false", "autocomplete": "off"}


class LogParams(LogForm):
    @property
    def params(self) -> Params:
        data = self.cleaned_data
        found: Params = {"log_type": data["log_type"]}
        if data["span"] == "span":
            ends = ("oldest", "latest")
            return found | {name: data[name].isoformat() for name in ends if data[name]}
        length = SPANS[data["span"]][1]
        return found | ({"hours": int(length.total_seconds()) // 3600} if length else {})

    @staticmethod
    def filled(params: Params) -> Params:
        hours = timedelta(hours=params.get("hours", 0))
        span = next((key for key, (_words, length) in SPANS.items() if length == hours), "all")
        if params.get("oldest") or params.get("latest"):
            span = "span"
        return {**params, "span": span}


class MonitoringReportParams(CriteriaForm):
    @property
    def params(self) -> Params:
        return {"criteria": self.cleaned_data["criteria"]} if self.cleaned_data["criteria"] else {}


class BaseReportParams(forms.Form):
    report_base = forms.ChoiceField(label=gettext_lazy("Report"), choices=ReportBase.choices)

    @property
    def params(self) -> Params:
        return {"report_base": self.cleaned_data["report_base"]}


class SetMonitorsParams(MonitorForm):
    """One monitor, named by hand: what each station has of it is seen when it is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, codec=monitoring_codec(OcppVersion.V21), **kwargs)
        del self.fields["monitor_id"]

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["monitor_id"] = None  # an id is one station's own
        return super().clean()

    @property
    def params(self) -> Params:
        return {"monitors": [spec_to_params(self.spec)] if self.spec else []}

    @staticmethod
    def filled(params: Params) -> Params:
        spec = next(iter(specs_of(params)), None)
        if spec is None:
            return {}
        one, other, stream = spec.target.component, spec.target.variable, spec.stream
        return {
            "component": one.name,
            "instance": one.instance,
            "evse": one.evse_id,
            "connector": one.connector_id,
            "variable": other.name if other else "",
            "variable_instance": other.instance if other else "",
            "type": spec.type,
            "value": spec.value,
            "severity": spec.severity,
            "transaction": spec.transaction,
            "stream_interval": stream.interval if stream else None,
            "stream_values": stream.values if stream else None,
        }


class ClearMonitorsParams(forms.Form):
    all = forms.BooleanField(label=gettext_lazy("All monitors that a CSMS has set"), required=False)
    named = Lines(
        label=gettext_lazy("or those of these variables"), required=False, help_text=LINE_HELP
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("all")) == bool(data.get("named")) and "named" not in self.errors:
            self.add_error("named", _("Name variables, or choose all: one of the two."))
        return data

    @property
    def params(self) -> Params:
        if self.cleaned_data["all"]:
            return {"all": True}
        return {"named": [each.to_wire() for each in self.cleaned_data["named"]]}

    @staticmethod
    def filled(params: Params) -> Params:
        named = map(ComponentVariable.from_wire, params.get("named", ()))
        return {"all": params.get("all"), "named": "\n".join(map(spelled, named))}


class BaseParams(BaseForm):
    @property
    def params(self) -> Params:
        return {"base": self.cleaned_data["base"]}


class LevelParams(LevelForm):
    @property
    def params(self) -> Params:
        return {"severity": self.cleaned_data["severity"]}


class Assignments(Lines):
    """Variables with their values, one on each line, as params."""

    def read(self, line: str) -> Any:
        name, equals, value = line.partition("=")
        if not equals:
            raise ValidationError(_("A line lacks its value: %(line)s"), params={"line": line[:80]})
        return {**_named(name.strip()).to_wire(), "value": value.strip()}


def _named(name: str) -> ComponentVariable:
    """Component / Variable, or a key of 1.6."""
    return parsed(name) if "/" in name else configuration_key(name[:50])


class SetVariablesParams(forms.Form):
    variables = Assignments(
        label=gettext_lazy("Variables"),
        help_text=gettext_lazy(
            "One on each line. OCPP 2: OCPPCommCtrlr / HeartbeatInterval = 60. OCPP 1.6, which has "
            "keys: HeartbeatInterval = 60. Each station takes those of its version only, so ask "
            "for one kind at a time."
        ),
    )

    @property
    def params(self) -> Params:
        return {"variables": self.cleaned_data["variables"]}

    @staticmethod
    def filled(params: Params) -> Params:
        lines = [
            f"{spelled(ComponentVariable.from_wire(each))} = {each.get('value', '')}"
            for each in params.get("variables", ())
        ]
        return {"variables": "\n".join(lines)}


def _triggers() -> list[tuple[str, str]]:
    names = {each.message for version in OcppVersion for each in triggers_of(version)}
    return [(name, name) for name in sorted(names)]


class TriggerParams(TriggerForm):
    message = forms.ChoiceField(label=gettext_lazy("Message"), choices=_triggers)
    field_order = ("message",)

    @property
    def params(self) -> Params:
        return {key: value for key, value in self.cleaned_data.items() if value not in (None, "")}


class CallParams(forms.Form):
    action = forms.CharField(
        label=gettext_lazy("Action"), max_length=64, widget=forms.TextInput(attrs=_CODE),
        help_text=gettext_lazy("As OCPP calls it: ClearCache."),
    )  # fmt: skip
    payload = forms.CharField(
        label=gettext_lazy("Payload"), initial="{}", max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 60, **_CODE}),
        help_text=gettext_lazy("JSON, the same for all; checked against each station's version."),
    )  # fmt: skip

    def clean_payload(self) -> dict[str, Any]:
        try:
            found = json.loads(self.cleaned_data["payload"])
        except ValueError as error:
            raise ValidationError(
                _("This is no JSON: %(why)s"), params={"why": str(error)[:100]}
            ) from error
        if not isinstance(found, dict):
            raise ValidationError(_("A payload is an object: it begins with {."))
        return found

    @property
    def params(self) -> Params:
        return {"action": self.cleaned_data["action"], "payload": self.cleaned_data["payload"]}

    @staticmethod
    def filled(params: Params) -> Params:
        text = json.dumps(params.get("payload", {}), indent=2, ensure_ascii=False)
        return {"action": params.get("action", ""), "payload": text}


FORMS: dict[str, Any] = {
    Operation.LOG: LogParams,
    Operation.MONITORING_REPORT: MonitoringReportParams,
    Operation.BASE_REPORT: BaseReportParams,
    Operation.SET_MONITORS: SetMonitorsParams,
    Operation.CLEAR_MONITORS: ClearMonitorsParams,
    Operation.MONITORING_BASE: BaseParams,
    Operation.MONITORING_LEVEL: LevelParams,
    Operation.SET_VARIABLES: SetVariablesParams,
    Operation.TRIGGER: TriggerParams,
    Operation.CALL: CallParams,
}


def filled(operation: str, params: Params) -> Params:
    """What fills an operation's form with these params."""
    form = FORMS[operation]
    found: Params = form.filled(params) if hasattr(form, "filled") else params
    return found
