"""Reports of the device model (B07, B08), from the station's side."""

from __future__ import annotations

from diagnostics.testing.host import Answers, Host, Payload
from diagnostics.testing.limits import check_limits
from diagnostics.testing.model import Value, VariableName
from diagnostics.testing.parts import PartSender

#: Criteria that a component meets also by not having the variable at all.
_ASSUMED = ("Active", "Available", "Enabled")


class ReportDesk:
    """Answers GetBaseReport and GetReport, and sends the parts."""

    def __init__(self, host: Host, parts: PartSender) -> None:
        self._host = host
        self._parts = parts

    def answers(self) -> Answers:
        """The calls served here."""
        return {"GetBaseReport": self.get_base_report, "GetReport": self.get_report}

    def get_base_report(self, payload: Payload) -> Payload:
        """GetBaseReport: everything, what can be set, or what is abnormal (B07)."""
        base = payload["reportBase"]
        chosen = {
            name: value
            for name, value in self._variables().items()
            if base == "FullInventory"
            or (base == "ConfigurationInventory" and value.writable)
            or (base == "SummaryInventory" and _is_abnormal(name, value))
        }
        return self._report(payload["requestId"], chosen)

    def get_report(self, payload: Payload) -> Payload:
        """GetReport: by criteria, which are alternatives, and by component and variable (B08)."""
        wanted = payload.get("componentVariable", [])
        check_limits(self._host.device, "DeviceDataCtrlr", "GetReport", payload, len(wanted))
        names = [VariableName.from_wire(one) for one in wanted]
        criteria = payload.get("componentCriteria", [])
        chosen = {
            name: value
            for name, value in self._variables().items()
            if (not names or any(name.is_within(one) for one in names))
            and (not criteria or any(self._meets(name, one) for one in criteria))
        }
        return self._report(payload["requestId"], chosen)

    def _variables(self) -> dict[VariableName, Value]:
        device = self._host.device
        device.write("ClockCtrlr", "DateTime", self._host.time_text())
        return device.variables

    def _meets(self, name: VariableName, criterion: str) -> bool:
        value = self._host.device.find(name.sibling(criterion))
        if value is None:
            return criterion in _ASSUMED
        return value.value == "true"

    def _report(self, request_id: int, chosen: dict[VariableName, Value]) -> Payload:
        items = [
            {
                **name.to_wire(),
                "variableAttribute": value.attributes(),
                "variableCharacteristics": value.characteristics(),
            }
            for name, value in chosen.items()
        ]
        return self._parts.answer("NotifyReport", request_id, "reportData", items)


def _is_abnormal(name: VariableName, value: Value) -> bool:
    if name.variable == "Problem":
        return value.value == "true"
    return name.variable == "AvailabilityState" and value.value in ("Faulted", "Unavailable")
