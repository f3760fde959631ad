"""How each version sets, clears and reports monitors (N02 to N06)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.ocpp.codecs.fields import given, inner, text, whole
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.monitoring import (
    ALL_TYPES,
    TARGET_DELTAS,
    USUAL_SEVERITY,
    ClearResult,
    MonitorResult,
    MonitorSpec,
    ReportedMonitor,
    Verdict,
)
from diagnostics.ocpp.schemas import validate_call
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion

SET = "SetVariableMonitoring"
CLEAR = "ClearVariableMonitoring"
BASE = "SetMonitoringBase"
LEVEL = "SetMonitoringLevel"

_SET_WORDS = frozenset(
    {
        "Accepted",
        "UnknownComponent",
        "UnknownVariable",
        "UnsupportedMonitorType",
        "Rejected",
        "Duplicate",
    }
)


class MonitoringCodec:
    """The words of 2.0.1; a subclass replaces what its version says otherwise."""

    version = OcppVersion.V201
    #: The monitor types that can be set; empty where the version has no monitors.
    types: frozenset[str] = ALL_TYPES - TARGET_DELTAS
    #: Whether a monitor may report through a periodic event stream.
    streams = False
    #: Longest statusInfo.additionalInfo.
    additional_info_limit = 512

    def check(self) -> None:
        """Raise UnsupportedAction, with a sentence, where the version has no monitors."""

    def check_spec(self, spec: MonitorSpec) -> None:
        """Raise UnsupportedAction for a monitor that this version cannot have."""
        if spec.type not in self.types:
            raise UnsupportedAction(f"OCPP {self.version} has no monitor type {spec.type[:30]}.")
        if spec.stream is not None and not self.streams:
            raise UnsupportedAction(f"OCPP {self.version} has no periodic event streams.")

    def set_payload(self, specs: Sequence[MonitorSpec]) -> dict[str, Any]:
        """Write the payload of SetVariableMonitoring, unchecked."""
        return {"setMonitoringData": [_set_item(spec) for spec in specs]}

    def encode_set(self, specs: Sequence[MonitorSpec]) -> WireCall:
        """Write SetVariableMonitoring; raises UnsupportedAction or InvalidPayload."""
        for spec in specs:
            self.check_spec(spec)
        return self._checked(SET, self.set_payload(specs))

    def encode_clear(self, ids: Sequence[int]) -> WireCall:
        """Write ClearVariableMonitoring."""
        return self._checked(CLEAR, {"id": list(ids)})

    def encode_base(self, base: str) -> WireCall:
        """Write SetMonitoringBase: All, FactoryDefault or HardWiredOnly."""
        return self._checked(BASE, {"monitoringBase": base})

    def encode_level(self, severity: int) -> WireCall:
        """Write SetMonitoringLevel; events as serious as ``severity`` or worse are sent."""
        return self._checked(LEVEL, {"severity": severity})

    def decode_set(self, payload: Mapping[str, Any]) -> list[MonitorResult]:
        """Read what became of each monitor; a foreign status is a rejection."""
        return [
            MonitorResult(
                target=ComponentVariable.from_wire(item),
                type=text(item, "type", 30),
                severity=whole(item, "severity"),
                status=_known(text(item, "status", 30), _SET_WORDS),
                monitor_id=whole(item, "id"),
                **self._reason(item),
            )
            for item in _objects(payload, "setMonitoringResult")
        ]

    def decode_clear(self, payload: Mapping[str, Any]) -> list[ClearResult]:
        """Read what became of each id; elements without one are left out."""
        words = frozenset({"Accepted", "Rejected", "NotFound"})
        return [
            ClearResult(number, _known(text(item, "status", 30), words), **self._reason(item))
            for item in _objects(payload, "clearMonitoringResult")
            if (number := whole(item, "id")) is not None
        ]

    def decode_verdict(self, payload: Mapping[str, Any]) -> Verdict:
        """Read the answer to SetMonitoringBase or SetMonitoringLevel."""
        words = frozenset({"Accepted", "Rejected", "NotSupported", "EmptyResultSet"})
        return Verdict(_known(text(payload, "status", 30), words), **self._reason(payload))

    def decode_specs(self, payload: Mapping[str, Any]) -> list[MonitorSpec]:
        """Read back a SetVariableMonitoring that was sent, perhaps by hand."""
        return [
            MonitorSpec(
                target=ComponentVariable.from_wire(item),
                type=text(item, "type", 30),
                value=_number(item, "value") or 0.0,
                severity=_severity(item),
                transaction=item.get("transaction") is True,
                monitor_id=whole(item, "id"),
            )
            for item in _objects(payload, "setMonitoringData")
        ]

    def decode_report(self, items: Any) -> list[ReportedMonitor]:
        """Read ``monitor`` of NotifyMonitoringReport; what has no id or type is left out."""
        return [
            monitor
            for item in _objects({"monitor": items}, "monitor")
            for each in _objects(item, "variableMonitoring")
            if (monitor := _reported(ComponentVariable.from_wire(item), each)) is not None
        ]

    def _reason(self, payload: Mapping[str, Any]) -> dict[str, str]:
        info = inner(payload, "statusInfo")
        return {
            "reason_code": text(info, "reasonCode", 20),
            "additional_info": text(info, "additionalInfo", self.additional_info_limit),
        }

    def _checked(self, action: str, payload: dict[str, Any]) -> WireCall:
        self.check()
        validate_call(self.version, action, payload)
        return WireCall(action, payload)


class Monitoring16(MonitoringCodec):
    """1.6 has no monitors at all."""

    version = OcppVersion.V16
    types = frozenset()

    def check(self) -> None:
        """Say so."""
        raise UnsupportedAction(
            "OCPP 1.6 has no monitors: a station of this version reports faults by itself, in"
            " StatusNotification."
        )

    def check_spec(self, spec: MonitorSpec) -> None:
        """Say so."""
        self.check()


class Monitoring21(MonitoringCodec):
    """2.1 adds the deltas from a target, streams, and longer explanations."""

    version = OcppVersion.V21
    types = ALL_TYPES
    streams = True
    additional_info_limit = 1024


_CODECS = {codec.version: codec for codec in (Monitoring16(), MonitoringCodec(), Monitoring21())}


def monitoring_codec(version: OcppVersion | str) -> MonitoringCodec:
    """Return what a version says about monitors."""
    return _CODECS[OcppVersion(version)]


def _set_item(spec: MonitorSpec) -> dict[str, Any]:
    stream = spec.stream and given(interval=spec.stream.interval, values=spec.stream.values)
    return {
        **given(id=spec.monitor_id),
        **({"transaction": True} if spec.transaction else {}),
        "value": int(spec.value) if spec.value == int(spec.value) else spec.value,
        "type": spec.type,
        "severity": spec.severity,
        **spec.target.to_wire(),
        **({"periodicEventStream": stream} if stream else {}),
    }


def _reported(target: ComponentVariable, payload: dict[str, Any]) -> ReportedMonitor | None:
    number, kind = whole(payload, "id"), text(payload, "type", 30)
    if number is None or not kind or not target.component.name or target.variable is None:
        return None
    return ReportedMonitor(
        target=target,
        monitor_id=number,
        type=kind,
        value=_number(payload, "value") or 0.0,
        severity=_severity(payload),
        transaction=payload.get("transaction") is True,
        event_notification_type=text(payload, "eventNotificationType", 30),
    )


def _severity(payload: Mapping[str, Any]) -> int:
    severity = whole(payload, "severity")
    return severity if severity is not None and 0 <= severity <= 9 else USUAL_SEVERITY


def _objects(payload: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = payload.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _known(word: str, words: frozenset[str]) -> str:
    return word if word in words else "Rejected"
