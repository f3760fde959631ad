"""Reports (B07, B08, N02) and variables (B05, B06): the device model of 2.x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.ocpp.codecs.report_entries import read_entries
from diagnostics.ocpp.device_model import (
    AttributeFacts,
    ReportAnswer,
    ReportPart,
    VariableAsked,
    VariableFacts,
    VariableResult,
)
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.fields import given, inner, text, whole
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.schemas import validate_call
from diagnostics.ocpp.secrets import HIDDEN, is_secret
from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion

_STATUSES = frozenset({"Accepted", "Rejected", "NotSupported", "EmptyResultSet"})
_ATTRIBUTES = frozenset({"Actual", "Target", "MinSet", "MaxSet"})
#: What a number out of range is read as: no part has it.
NO_PART = -1
#: Longest value of a variable (ReportingValueSize).
VALUE = 2500


def _named(component: str, variable: str, instance: str = "") -> ComponentVariable:
    return ComponentVariable(Component(component), Variable(variable, instance))


class DeviceModel:
    """The words of 2.0.1 and 2.1, which are the same."""

    version: OcppVersion
    #: What GetBaseReport can be asked for (B07.FR.01, .02; SummaryInventory is optional).
    report_bases: tuple[str, ...] = (
        "FullInventory",
        "ConfigurationInventory",
        "SummaryInventory",
    )
    #: Whether single attributes (Target, MinSet, …) can be told apart.
    has_attributes = True
    #: Variables set by one call at most; None: as many as the station takes.
    most_set: int | None = None
    #: What a CSMS should know of a station before it asks for much.
    limits: tuple[ComponentVariable, ...] = (
        *(
            _named("DeviceDataCtrlr", name, instance)
            for name in ("ItemsPerMessage", "BytesPerMessage")
            for instance in ("GetReport", "GetVariables", "SetVariables")
        ),
        *(
            _named("MonitoringCtrlr", name, instance)
            for name in ("ItemsPerMessage", "BytesPerMessage")
            for instance in ("SetVariableMonitoring", "ClearVariableMonitoring")
        ),
        _named("MonitoringCtrlr", "Available"),
        _named("MonitoringCtrlr", "Enabled"),
        _named("MonitoringCtrlr", "ActiveMonitoringBase"),
        _named("MonitoringCtrlr", "ActiveMonitoringLevel"),
        _named("OCPPCommCtrlr", "FileTransferProtocols"),
        _named("ClockCtrlr", "DateTime"),
    )

    # Reports

    def encode_base_report(self, request_id: int, report_base: str) -> WireCall:
        """Write GetBaseReport (B07). Raises UnsupportedAction where there is no such report."""
        if report_base not in self.report_bases:
            raise UnsupportedAction(f"OCPP {self.version} has no {report_base[:50]}.")
        return self._valid("GetBaseReport", {"requestId": request_id, "reportBase": report_base})

    def encode_report(
        self,
        request_id: int,
        criteria: Sequence[str] = (),
        named: Sequence[ComponentVariable] = (),
    ) -> WireCall:
        """Write GetReport (B08); what is not asked for is absent, since no list may be empty."""
        return self._report("GetReport", "componentCriteria", request_id, criteria, named)

    def encode_monitoring_report(
        self,
        request_id: int,
        criteria: Sequence[str] = (),
        named: Sequence[ComponentVariable] = (),
    ) -> WireCall:
        """Write GetMonitoringReport (N02.FR.05 to .11); without both it asks for all monitors."""
        return self._report(
            "GetMonitoringReport", "monitoringCriteria", request_id, criteria, named
        )

    def _report(
        self,
        action: str,
        criterion: str,
        request_id: int,
        criteria: Sequence[str],
        named: Sequence[ComponentVariable],
    ) -> WireCall:
        payload: dict[str, Any] = {"requestId": request_id}
        if criteria:
            payload[criterion] = list(criteria)
        if named:
            payload["componentVariable"] = [each.to_wire() for each in named]
        return self._valid(action, payload)

    def decode_report_answer(self, payload: Mapping[str, Any]) -> ReportAnswer:
        """Read the answer to a request for a report; an unreadable one is a rejection."""
        status = text(payload, "status", 20)
        reason = inner(payload, "statusInfo")
        return ReportAnswer(
            status if status in _STATUSES else "Rejected",
            text(reason, "reasonCode", 20),
            text(reason, "additionalInfo", 1024),
        )

    def decode_report_part(self, action: str, payload: Mapping[str, Any]) -> ReportPart:
        """Read NotifyReport or NotifyMonitoringReport, as let in by `ocpp.lenient`."""
        entries, number = read_entries(action, payload), whole(payload, "seqNo")
        return ReportPart(
            request_id=whole(payload, "requestId") or 0,
            seq_no=NO_PART if number is None else number,
            tbc=payload.get("tbc") is True,
            generated_at=parse_time(payload.get("generatedAt")),
            items=entries.items,
            unread=entries.unread,
            damaged=bool(entries.unread) or entries.came_empty,
        )

    def decode_variable(self, entry: Mapping[str, Any]) -> VariableFacts:
        """Read one entry of reportData."""
        facts = inner(entry, "variableCharacteristics")
        attributes = entry.get("variableAttribute")
        monitored = facts.get("supportsMonitoring")
        return VariableFacts(
            reference=ComponentVariable.from_wire(entry),
            attributes=tuple(
                _attribute(each)
                for each in (attributes if isinstance(attributes, list) else ())
                if isinstance(each, dict)
            ),
            data_type=text(facts, "dataType", 20),
            unit=text(facts, "unit", 16),
            min_limit=_number(facts.get("minLimit")),
            max_limit=_number(facts.get("maxLimit")),
            values_list=text(facts, "valuesList", 1000),
            supports_monitoring=monitored if isinstance(monitored, bool) else None,
            max_elements=whole(facts, "maxElements"),
        )

    # Variables

    def encode_get_variables(self, asked: Sequence[VariableAsked]) -> WireCall:
        """Write GetVariables (B06). Raises UnsupportedAction where nothing is named."""
        if not asked:
            raise UnsupportedAction(f"OCPP {self.version} reads variables by name only.")
        data = [self._asked(each) for each in asked]
        return self._valid("GetVariables", {"getVariableData": data})

    def encode_set_variables(self, asked: Sequence[VariableAsked]) -> WireCall:
        """Write SetVariables (B05)."""
        data = [{"attributeValue": each.value or "", **self._asked(each)} for each in asked]
        return self._valid("SetVariables", {"setVariableData": data})

    def _asked(self, each: VariableAsked) -> dict[str, Any]:
        """The attribute Actual is the default, and left out."""
        if not each.reference.component.name:
            raise UnsupportedAction(f"OCPP {self.version} has no configuration keys.")
        kind = None if each.attribute_type == "Actual" else each.attribute_type
        return {**each.reference.to_wire(), **given(attributeType=kind)}

    def decode_variables(
        self, payload: Mapping[str, Any], asked: Sequence[VariableAsked]
    ) -> list[VariableResult]:
        """Read the answer to either; results come in any order, and name what they are about."""
        results = payload.get("getVariableResult") or payload.get("setVariableResult")
        return [
            _result(each)
            for each in (results if isinstance(results, list) else ())
            if isinstance(each, dict)
        ]

    def _valid(self, action: str, payload: dict[str, Any]) -> WireCall:
        validate_call(self.version, action, payload)
        return WireCall(action, payload)


def readable(value: str, reference: ComponentVariable) -> str | None:
    """Return a value, or ``None`` where it is a secret."""
    return None if value == HIDDEN or is_secret(reference) else value


def _attribute(entry: dict[str, Any]) -> AttributeFacts:
    value = text(entry, "value", VALUE)
    mutability = text(entry, "mutability", 10) or "ReadWrite"
    hidden = mutability == "WriteOnly" or value == HIDDEN or not isinstance(entry.get("value"), str)
    return AttributeFacts(
        type=_attribute_type(entry, "type"),
        value=None if hidden else value,
        mutability=mutability,
        persistent=entry.get("persistent") is True,
        constant=entry.get("constant") is True,
    )


def _attribute_type(entry: dict[str, Any], name: str) -> str:
    kind = text(entry, name, 10)
    return kind if kind in _ATTRIBUTES else "Actual"


def _result(entry: dict[str, Any]) -> VariableResult:
    reference = ComponentVariable.from_wire(entry)
    value = entry.get("attributeValue")
    reason = inner(entry, "attributeStatusInfo")
    return VariableResult(
        reference=reference,
        attribute_type=_attribute_type(entry, "attributeType"),
        status=text(entry, "attributeStatus", 30) or "Rejected",
        value=readable(value[:VALUE], reference) if isinstance(value, str) else None,
        reason_code=text(reason, "reasonCode", 20),
        additional_info=text(reason, "additionalInfo", 1024),
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None
