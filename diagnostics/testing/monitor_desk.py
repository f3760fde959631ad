"""Setting, clearing and reporting monitors (N02 to N06), from the station's side."""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.host import Answers, Host, Payload
from diagnostics.testing.limits import check_limits
from diagnostics.testing.model import Value, VariableName
from diagnostics.testing.monitors import (
    CRITERIA,
    CUSTOM,
    HARD_WIRED,
    PERIODIC,
    PRECONFIGURED,
    THRESHOLDS,
    Monitor,
    factory_monitors,
    is_supported,
)
from diagnostics.testing.parts import PartSender

#: The first id of a monitor that is set by the CSMS.
FIRST_ID = 101

#: What changed ids are moved by when a station with that quirk reboots.
ID_SHIFT = 1000

_CONTROLLER = "MonitoringCtrlr"


class MonitorDesk:
    """Holds the monitors; `changed` hears of one that was set, `removed` of one that has gone."""

    def __init__(self, host: Host, parts: PartSender) -> None:
        self._host = host
        self._parts = parts
        self._connectors = host.device.connectors
        self.monitors = {one.id: one for one in factory_monitors(self._connectors)}
        self.level = 9
        self.base = "All"
        if host.behaviour.base_filters_monitors:
            self._use_base("FactoryDefault")
        self.changed: Callable[[Monitor], None] = lambda monitor: None
        self.removed: Callable[[Monitor], None] = lambda monitor: None

    def answers(self) -> Answers:
        """The calls served here."""
        return {
            "ClearVariableMonitoring": self.clear,
            "GetMonitoringReport": self.report,
            "SetMonitoringBase": self.set_base,
            "SetMonitoringLevel": self.set_level,
            "SetVariableMonitoring": self.set,
        }

    def active(self) -> list[Monitor]:
        """The monitors that may fire now (N03, N05.FR.03)."""
        if not self._is_on():
            return []
        return [
            one
            for one in self.monitors.values()
            if one.is_enabled and one.severity <= self.level and self._base_allows(one)
        ]

    def restart(self) -> None:
        """Reboot: monitors stay (N07.FR.13); their ids do so too, except with the quirk."""
        for monitor in list(self.monitors.values()):
            monitor.seen = ""
            if self._host.behaviour.renumbers_monitors and monitor.origin == CUSTOM:
                del self.monitors[monitor.id]
                monitor.id += ID_SHIFT
                self.monitors[monitor.id] = monitor

    # Calls

    def set(self, payload: Payload) -> Payload:
        """SetVariableMonitoring (N04): each element for itself."""
        asked = payload["setMonitoringData"]
        self._check_limits("SetVariableMonitoring", payload, len(asked))
        return {"setMonitoringResult": [self._set_one(wanted) for wanted in asked]}

    def clear(self, payload: Payload) -> Payload:
        """ClearVariableMonitoring (N06): each id for itself."""
        self._check_limits("ClearVariableMonitoring", payload, len(payload["id"]))
        results = [{"id": one, "status": self._clear_one(one)} for one in payload["id"]]
        return {"clearMonitoringResult": results}

    def set_base(self, payload: Payload) -> Payload:
        """SetMonitoringBase (N03)."""
        self._use_base(payload["monitoringBase"])
        self._host.tell(f"monitoring base {self.base}")
        return {"status": "Accepted"}

    def set_level(self, payload: Payload) -> Payload:
        """SetMonitoringLevel (N05)."""
        if not 0 <= payload["severity"] <= 9:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "ValueOutOfRange"}}
        self.level = payload["severity"]
        self._host.device.write(_CONTROLLER, "ActiveMonitoringLevel", str(self.level))
        return {"status": "Accepted"}

    def report(self, payload: Payload) -> Payload:
        """GetMonitoringReport (N02): criteria and list must both be met."""
        wanted = payload.get("componentVariable", [])
        check_limits(self._host.device, "DeviceDataCtrlr", "GetReport", payload, len(wanted))
        names = [VariableName.from_wire(one) for one in wanted]
        criteria = payload.get("monitoringCriteria", list(CRITERIA))
        types = frozenset[str]().union(*(CRITERIA[one] for one in criteria))
        chosen: dict[VariableName, list[Monitor]] = {}
        for monitor in self.monitors.values():
            is_named = not names or any(monitor.name.is_within(one) for one in names)
            if monitor.is_enabled and monitor.type in types and is_named:
                chosen.setdefault(monitor.name, []).append(monitor)
        items = [self._reported(name, found) for name, found in chosen.items()]
        request_id = payload["requestId"]
        return self._parts.answer("NotifyMonitoringReport", request_id, "monitor", items)

    # Steps

    def _set_one(self, wanted: Payload) -> Payload:
        result = {key: wanted[key] for key in ("type", "severity", "component", "variable")}
        name = VariableName.from_wire(wanted)
        value = self._host.device.find(name)
        if value is None:
            is_known = self._host.device.has_component(name)
            return {**result, "status": "UnknownVariable" if is_known else "UnknownComponent"}
        status, reason = self._verdict(wanted, name, value)
        if status != "Accepted":
            info = {"statusInfo": reason} if reason else {}
            return {**result, "status": status, **info}
        monitor = Monitor(
            wanted.get("id", self._free_id()),
            name,
            wanted["type"],
            wanted["value"],
            wanted["severity"],
            transaction=wanted.get("transaction", False),
            stream=wanted.get("periodicEventStream"),
            seen=value.value,
        )
        self._replace(monitor)
        return {**result, "status": "Accepted", "id": monitor.id}

    def _verdict(self, wanted: Payload, name: VariableName, value: Value) -> tuple[str, Payload]:
        """The status of one element and why (N04.FR.05 to N04.FR.18)."""
        kind, limit = wanted["type"], wanted["value"]
        if not is_supported(kind, value):
            return "UnsupportedMonitorType", {}
        if kind in THRESHOLDS and value.lowest is not None and limit < value.lowest:
            return _out_of_range(f"minLimit is {value.lowest:g}")
        if kind in THRESHOLDS and value.highest is not None and limit > value.highest:
            return _out_of_range(f"maxLimit is {value.highest:g}")
        if limit < 0 and kind not in THRESHOLDS or limit == 0 and kind in PERIODIC:
            return _out_of_range("the value must be positive")
        if not 0 <= wanted["severity"] <= 9:
            return _out_of_range("severities are 0 to 9")
        older = self.monitors.get(wanted["id"]) if "id" in wanted else None
        if "id" in wanted and older is None:
            return "Rejected", {"reasonCode": "NotFound"}
        if older is not None and older.origin == HARD_WIRED:
            return "Rejected", {"reasonCode": "ReadOnly"}
        if older is not None and older.name.folded() != name.folded():
            return "Rejected", {"reasonCode": "UnsupportedParam"}
        if any(
            other.id != wanted.get("id")
            and (other.name.folded(), other.type, other.severity)
            == (name.folded(), kind, wanted["severity"])
            for other in self.monitors.values()
        ):
            return "Duplicate", {}
        return "Accepted", {}

    def _replace(self, monitor: Monitor) -> None:
        older = self.monitors.pop(monitor.id, None)
        if older is not None:
            monitor.is_alerting = older.is_alerting
            self.removed(older)
        self.monitors[monitor.id] = monitor
        self._host.afterwards(lambda: self.changed(monitor))

    def _clear_one(self, monitor_id: int) -> str:
        monitor = self.monitors.get(monitor_id)
        if monitor is None:
            return "NotFound"
        if monitor.origin == HARD_WIRED:
            return "Rejected"
        del self.monitors[monitor_id]
        self.removed(monitor)
        return "Accepted"

    def _use_base(self, base: str) -> None:
        """All enables, FactoryDefault restores, HardWiredOnly leaves the fixed ones (N03)."""
        self.base = base
        self._host.device.write(_CONTROLLER, "ActiveMonitoringBase", base)
        if self._host.behaviour.base_filters_monitors:
            return  # a filter, see _base_allows
        factory = [one for one in factory_monitors(self._connectors) if one.origin == PRECONFIGURED]
        if base != "All":
            for monitor in list(self.monitors.values()):
                if monitor.origin == CUSTOM:
                    del self.monitors[monitor.id]
                    self.removed(monitor)
        for monitor in factory:
            self.monitors.setdefault(monitor.id, monitor)
        for monitor in self.monitors.values():
            monitor.is_enabled = monitor.origin != PRECONFIGURED or base != "HardWiredOnly"

    def _base_allows(self, monitor: Monitor) -> bool:
        if not self._host.behaviour.base_filters_monitors or self.base == "All":
            return True
        allowed = {HARD_WIRED} if self.base == "HardWiredOnly" else {HARD_WIRED, PRECONFIGURED}
        return monitor.origin in allowed

    def _is_on(self) -> bool:
        return self._host.device.read(_CONTROLLER, "Enabled") != "false"

    def _free_id(self) -> int:
        return max(FIRST_ID - 1, *self.monitors) + 1

    def _check_limits(self, action: str, payload: Payload, items: int) -> None:
        check_limits(self._host.device, _CONTROLLER, action, payload, items)

    def _reported(self, name: VariableName, monitors: list[Monitor]) -> Payload:
        with_origin = self._host.version is OcppVersion.V21
        told = [monitor.to_wire(with_origin=with_origin) for monitor in monitors]
        return {**name.to_wire(), "variableMonitoring": told}


def _out_of_range(why: str) -> tuple[str, Payload]:
    return "Rejected", {"reasonCode": "ValueOutOfRange", "additionalInfo": why}
