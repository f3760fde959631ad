"""Reading and changing variables and configuration keys (B05, B06), from the station's side."""

from __future__ import annotations

from diagnostics.testing.host import Answers, Host, Payload
from diagnostics.testing.limits import check_limits
from diagnostics.testing.model import NUMERIC, Value, VariableName


class SettingsDesk:
    """Answers GetVariables and SetVariables, and their forerunners of 1.6."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def answers(self) -> Answers:
        """The calls served here."""
        return {
            "ChangeConfiguration": self.change_configuration,
            "GetConfiguration": self.get_configuration,
            "GetVariables": self.get_variables,
            "SetVariables": self.set_variables,
        }

    def get_variables(self, payload: Payload) -> Payload:
        """GetVariables (B06), in the order of the request."""
        asked = payload["getVariableData"]
        device = self._host.device
        check_limits(device, "DeviceDataCtrlr", "GetVariables", payload, len(asked))
        device.write("ClockCtrlr", "DateTime", self._host.time_text())
        return {"getVariableResult": [self._read(wanted) for wanted in asked]}

    def set_variables(self, payload: Payload) -> Payload:
        """SetVariables (B05)."""
        asked = payload["setVariableData"]
        device = self._host.device
        check_limits(device, "DeviceDataCtrlr", "SetVariables", payload, len(asked))
        return {"setVariableResult": [self._write(wanted) for wanted in asked]}

    def _read(self, wanted: Payload) -> Payload:
        result, value = self._find(wanted)
        if value is None:
            return result
        if not value.readable:  # B06.FR.09
            return {**result, "attributeStatus": "Rejected", **_reason("WriteOnly")}
        is_target = result["attributeType"] == "Target"
        return {**result, "attributeValue": (value.target or "") if is_target else value.value}

    def _write(self, wanted: Payload) -> Payload:
        result, value = self._find(wanted)
        if value is None:
            return result
        text = wanted["attributeValue"]
        if result["attributeType"] == "Target":
            value.target = text
        elif not value.writable:
            return {**result, "attributeStatus": "Rejected", **_reason("ReadOnly")}
        elif not _fits(text, value):
            return {**result, "attributeStatus": "Rejected", **_reason("ValueOutOfRange")}
        else:
            value.value = text
        if value.needs_reboot:
            result["attributeStatus"] = "RebootRequired"
        return result

    def _find(self, asked: Payload) -> tuple[Payload, Value | None]:
        """The common part of both results, and the variable if it has the attribute."""
        name = VariableName.from_wire(asked)
        kind = asked.get("attributeType", "Actual")
        value = self._host.device.find(name)
        if not self._host.device.has_component(name):
            status = "UnknownComponent"
        elif value is None:
            status = "UnknownVariable"
        elif kind == "Actual" or (kind == "Target" and value.target is not None):
            status = "Accepted"
        else:
            status = "NotSupportedAttributeType"
        result = {
            "attributeStatus": status,
            "attributeType": kind,
            "component": asked["component"],
            "variable": asked["variable"],
        }
        return result, value if status == "Accepted" else None

    def get_configuration(self, payload: Payload) -> Payload:
        """GetConfiguration of 1.6; no keys means all of them."""
        device = self._host.device
        known, unknown = [], []
        for key in payload.get("key") or list(device.configuration):
            found = device.find_key(key)
            if found is None:
                unknown.append(key)
            else:
                name, value = found
                known.append({"key": name, "readonly": not value.writable, "value": value.value})
        return {"configurationKey": known, "unknownKey": unknown}

    def change_configuration(self, payload: Payload) -> Payload:
        """ChangeConfiguration of 1.6."""
        found = self._host.device.find_key(payload["key"])
        if found is None:
            return {"status": "NotSupported"}
        if not found[1].writable:
            return {"status": "Rejected"}
        found[1].value = payload["value"]
        return {"status": "Accepted"}


def _reason(code: str) -> Payload:
    return {"attributeStatusInfo": {"reasonCode": code}}


def _fits(text: str, value: Value) -> bool:
    """Whether a variable of this type and within these limits can take the text."""
    if value.data_type == "boolean":
        return text in ("true", "false")
    if value.data_type not in NUMERIC:
        return True
    try:
        number = float(text)
    except ValueError:
        return False
    return (value.lowest is None or number >= value.lowest) and (
        value.highest is None or number <= value.highest
    )
