"""One monitor of a simulated station: what it watches, when it fires, how it is reported (N04)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from diagnostics.testing.inventory import CABINET
from diagnostics.testing.model import NUMERIC, Value, VariableName

HARD_WIRED = "HardWiredMonitor"
PRECONFIGURED = "PreconfiguredMonitor"
CUSTOM = "CustomMonitor"

THRESHOLDS = frozenset({"UpperThreshold", "LowerThreshold"})
TARGETS = frozenset({"TargetDelta", "TargetDeltaRelative"})
PERIODIC = frozenset({"Periodic", "PeriodicClockAligned"})

#: What a criterion of GetMonitoringReport stands for (N02.FR.12 to N02.FR.14).
CRITERIA = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": TARGETS | {"Delta"},
    "PeriodicMonitoring": PERIODIC,
}


@dataclass(slots=True)
class Monitor:
    """A monitor; `limit` is the value it was set to, `origin` an EventNotificationEnum.

    `seen` is the value that deltas are measured from, `is_alerting` whether an alert is open.
    """

    id: int
    name: VariableName
    type: str
    limit: float
    severity: int
    origin: str = CUSTOM
    transaction: bool = False
    is_enabled: bool = True
    stream: dict[str, Any] | None = None
    is_alerting: bool = field(default=False, compare=False)
    seen: str = field(default="", compare=False)

    def check(self, value: Value) -> str:
        """What the value means: "alert", "cleared", "delta", or nothing; and remember it."""
        if self.type == "Delta":
            return self._check_delta(value)
        if self.type in PERIODIC or value.number is None:
            return ""
        was, self.is_alerting = self.is_alerting, self._is_outside(value)
        if was == self.is_alerting:
            return ""
        return "alert" if self.is_alerting else "cleared"

    def _check_delta(self, value: Value) -> str:
        if value.data_type in NUMERIC and self.seen:
            if abs((value.number or 0.0) - float(self.seen)) <= self.limit:  # N07.FR.18
                return ""
        elif value.value == self.seen:  # N07.FR.19
            return ""
        self.seen = value.value
        return "delta"

    def _is_outside(self, value: Value) -> bool:
        """Strictly outside: at its limit a monitor does not fire (N07.FR.16, N07.FR.17)."""
        number = value.number or 0.0
        if self.type == "UpperThreshold":
            return number > self.limit
        if self.type == "LowerThreshold":
            return number < self.limit
        target = float(value.target or 0)
        share = target if self.type == "TargetDeltaRelative" else 1.0
        return abs(number - target) > self.limit * share

    def to_wire(self, *, with_origin: bool) -> dict[str, Any]:
        """VariableMonitoring of reports; only 2.1 says where a monitor comes from (N02.FR.22)."""
        told = {
            "id": self.id,
            "transaction": self.transaction,
            "value": self.limit,
            "type": self.type,
            "severity": self.severity,
        }
        return {**told, "eventNotificationType": self.origin} if with_origin else told


def factory_monitors(connectors: int) -> list[Monitor]:
    """What a station is sold with: one fixed monitor, and some that can be replaced."""
    monitors = [
        Monitor(1, CABINET, "UpperThreshold", 90.0, 1, HARD_WIRED),
        Monitor(2, CABINET, "UpperThreshold", 70.0, 4, PRECONFIGURED),
    ]
    for evse in range(1, connectors + 1):
        place = VariableName("EVSE", "AvailabilityState", evse=evse)
        monitors.append(Monitor(2 + evse, place, "Delta", 1.0, 8, PRECONFIGURED, seen="Available"))
    return monitors


def is_supported(kind: str, value: Value) -> bool:
    """Whether a variable can have a monitor of this type (3.3)."""
    if not value.monitorable:
        return False
    if kind in THRESHOLDS:
        return value.data_type in NUMERIC
    if kind in TARGETS:
        return value.target is not None
    return kind == "Delta" or value.data_type != "dateTime"
