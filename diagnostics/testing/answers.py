"""What a simulated station answers to the calls of a CSMS, logs excepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diagnostics.testing.device import Value, VariableName

if TYPE_CHECKING:
    from diagnostics.testing.station import ScriptedStation

Payload = dict[str, Any]

LOG_ORDERS = frozenset({"GetLog", "GetDiagnostics"})

#: Entries in one NotifyReport.
REPORT_PART = 5

_EXTENSION = frozenset({"GetLog", "ExtendedTriggerMessage"})


def needs_extension(action: str) -> bool:
    """Whether a 1.6 station knows the action only with the security extension."""
    return action in _EXTENSION


def trigger_message(station: ScriptedStation, payload: Payload) -> Payload:
    """TriggerMessage, and ExtendedTriggerMessage of 1.6 (F06)."""
    wanted = payload["requestedMessage"]
    if wanted in ("LogStatusNotification", "DiagnosticsStatusNotification"):
        if not station.behaviour.tells_status:
            return {"status": "NotImplemented"}
        legacy = wanted == "DiagnosticsStatusNotification"
        station.afterwards(lambda: station.logs.status_asked(legacy=legacy))
        return {"status": "Accepted"}
    if wanted == "BootNotification" and station.registration == "Accepted":
        return {"status": "Rejected"}  # F06.FR.17
    action = _TRIGGERED.get(wanted)
    if action is None:
        return {"status": "NotImplemented"}
    station.afterwards(lambda: action(station))
    return {"status": "Accepted"}


_TRIGGERED: dict[str, Callable[[ScriptedStation], None]] = {
    "BootNotification": lambda station: station.boot_again(),
    "Heartbeat": lambda station: station.say("Heartbeat", {}),
    "StatusNotification": lambda station: station.say_connectors(),
}


def reset(station: ScriptedStation, payload: Payload) -> Payload:
    """Reset: accepted, and done at once whatever its type."""
    station.afterwards(lambda: station.reboot("RemoteReset"))
    return {"status": "Accepted"}


def get_variables(station: ScriptedStation, payload: Payload) -> Payload:
    """GetVariables (B06), in the order of the request."""
    results = []
    for asked in payload["getVariableData"]:
        result, value = _looked_up(station, asked)
        if value is not None:
            result["attributeValue"] = value.value
        results.append(result)
    return {"getVariableResult": results}


def set_variables(station: ScriptedStation, payload: Payload) -> Payload:
    """SetVariables (B05)."""
    results = []
    for asked in payload["setVariableData"]:
        result, value = _looked_up(station, asked)
        if value is not None and value.writable:
            value.value = asked["attributeValue"]
        elif value is not None:
            result["attributeStatus"] = "Rejected"
        results.append(result)
    return {"setVariableResult": results}


def _looked_up(station: ScriptedStation, asked: Payload) -> tuple[Payload, Value | None]:
    """The common part of both results: what was asked about, and whether it exists."""
    component, variable = asked["component"], asked["variable"]
    name = VariableName(component["name"], variable["name"], variable.get("instance", ""))
    kind = asked.get("attributeType", "Actual")
    value = station.device.find(name)
    if not station.device.has_component(name.component):
        status = "UnknownComponent"
    elif value is None:
        status = "UnknownVariable"
    else:
        status = "Accepted" if kind == "Actual" else "NotSupportedAttributeType"
    result = {
        "attributeStatus": status,
        "attributeType": kind,
        "component": component,
        "variable": variable,
    }
    return result, value if status == "Accepted" else None


def get_configuration(station: ScriptedStation, payload: Payload) -> Payload:
    """GetConfiguration of 1.6; no keys means all of them."""
    wanted = payload.get("key") or list(station.device.configuration)
    known, unknown = [], []
    for key in wanted:
        found = station.device.find_key(key)
        if found is None:
            unknown.append(key)
        else:
            name, value = found
            known.append({"key": name, "readonly": not value.writable, "value": value.value})
    return {"configurationKey": known, "unknownKey": unknown}


def change_configuration(station: ScriptedStation, payload: Payload) -> Payload:
    """ChangeConfiguration of 1.6."""
    found = station.device.find_key(payload["key"])
    if found is None:
        return {"status": "NotSupported"}
    if not found[1].writable:
        return {"status": "Rejected"}
    found[1].value = payload["value"]
    return {"status": "Accepted"}


def get_base_report(station: ScriptedStation, payload: Payload) -> Payload:
    """GetBaseReport: the whole device model (B07); nothing is abnormal, so no summary."""
    if payload["reportBase"] == "SummaryInventory":
        return {"status": "EmptyResultSet"}
    return _report(station, payload["requestId"], list(station.device.variables))


def get_report(station: ScriptedStation, payload: Payload) -> Payload:
    """GetReport: the variables of the components asked for; criteria are not supported (B08)."""
    if "componentCriteria" in payload:
        return {"status": "NotSupported"}
    asked = {wanted["component"]["name"].casefold() for wanted in payload["componentVariable"]}
    names = [name for name in station.device.variables if name.component.casefold() in asked]
    return _report(station, payload["requestId"], names)


def _report(station: ScriptedStation, request_id: int, names: list[VariableName]) -> Payload:
    if not names:
        return {"status": "EmptyResultSet"}
    parts = [names[start : start + REPORT_PART] for start in range(0, len(names), REPORT_PART)]

    def send() -> None:
        for seq_no, part in enumerate(parts):
            report = {
                "requestId": request_id,
                "generatedAt": station.time_text(),
                "seqNo": seq_no,
                "tbc": seq_no + 1 < len(parts),
                "reportData": [_reported(name, station.device.variables[name]) for name in part],
            }
            station.say("NotifyReport", report)

    station.afterwards(send)
    return {"status": "Accepted"}


def _reported(name: VariableName, value: Value) -> Payload:
    variable = {"name": name.variable}
    if name.instance:
        variable["instance"] = name.instance
    mutability = "ReadWrite" if value.writable else "ReadOnly"
    return {
        "component": {"name": name.component},
        "variable": variable,
        "variableAttribute": [{"value": value.value, "mutability": mutability}],
    }


def get_monitoring_report(station: ScriptedStation, payload: Payload) -> Payload:
    """GetMonitoringReport: the station has no monitors (N02.FR.10)."""
    return {"status": "EmptyResultSet"}


ANSWERS: dict[str, Callable[[ScriptedStation, Payload], Payload]] = {
    "ChangeConfiguration": change_configuration,
    "ExtendedTriggerMessage": trigger_message,
    "GetBaseReport": get_base_report,
    "GetConfiguration": get_configuration,
    "GetMonitoringReport": get_monitoring_report,
    "GetReport": get_report,
    "GetVariables": get_variables,
    "Reset": reset,
    "SetVariables": set_variables,
    "TriggerMessage": trigger_message,
}
