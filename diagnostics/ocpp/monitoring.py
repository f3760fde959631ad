"""Monitors in words that no version owns (N02 to N06), and the rules on setting them.

Numbers from a station are finite and texts bounded: what cannot be read is empty or ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagnostics.ocpp.types import ComponentVariable

UPPER, LOWER = "UpperThreshold", "LowerThreshold"
DELTA = "Delta"
PERIODIC, CLOCK_ALIGNED = "Periodic", "PeriodicClockAligned"
TARGET_DELTA, TARGET_DELTA_RELATIVE = "TargetDelta", "TargetDeltaRelative"

THRESHOLDS = frozenset({UPPER, LOWER})
PERIODICALS = frozenset({PERIODIC, CLOCK_ALIGNED})
TARGET_DELTAS = frozenset({TARGET_DELTA, TARGET_DELTA_RELATIVE})
DELTAS = TARGET_DELTAS | {DELTA}
ALL_TYPES = THRESHOLDS | PERIODICALS | DELTAS

NUMERIC = frozenset({"decimal", "integer"})
#: MonitorEnum: which data types a type can watch; a type that is absent here watches all.
_NOT_DATE_TIME = PERIODICALS | TARGET_DELTAS

#: Severity of an event whose monitor is unknown, and the usual one to set (N04).
USUAL_SEVERITY = 5
SEVERITIES = range(10)

#: MonitoringCriterionEnum -> the types it selects (N02.FR.12 to .14, with the erratum of 2.1).
CRITERIA = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": DELTAS,
    "PeriodicMonitoring": PERIODICALS,
}

BASES = ("All", "FactoryDefault", "HardWiredOnly")


@dataclass(frozen=True, slots=True)
class StreamParams:
    """PeriodicEventStreamParams (2.1): ``interval`` in seconds, ``values`` per message."""

    interval: int | None = None
    values: int | None = None


@dataclass(frozen=True, slots=True)
class MonitorSpec:
    """One monitor wanted: ``monitor_id`` only to replace that monitor of the station.

    ``value`` is in the variable's unit for thresholds and deltas, in seconds for periodic types,
    and a part of the target (0.1 is 10 %) for TargetDeltaRelative.
    """

    target: ComponentVariable
    type: str
    value: float
    severity: int = USUAL_SEVERITY
    transaction: bool = False
    monitor_id: int | None = None
    stream: StreamParams | None = None

    def key(self) -> tuple[object, ...]:
        """What tells results apart, whose order is free (N04.FR.01): names, type, severity."""
        return (*self.target.key(), self.type, self.severity)


@dataclass(frozen=True, slots=True)
class MonitorResult:
    """One result of SetVariableMonitoring; ``monitor_id`` only where Accepted."""

    target: ComponentVariable
    type: str
    severity: int | None
    status: str
    monitor_id: int | None = None
    reason_code: str = ""
    additional_info: str = ""

    def key(self) -> tuple[object, ...]:
        """As `MonitorSpec.key`."""
        return (*self.target.key(), self.type, self.severity)


@dataclass(frozen=True, slots=True)
class ClearResult:
    """One result of ClearVariableMonitoring: Accepted, Rejected or NotFound."""

    monitor_id: int
    status: str
    reason_code: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one status of an answer, for SetMonitoringBase and SetMonitoringLevel."""

    status: str
    reason_code: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class ReportedMonitor:
    """One monitor of a NotifyMonitoringReport; ``event_notification_type`` since 2.1."""

    target: ComponentVariable
    monitor_id: int
    type: str
    value: float
    severity: int
    transaction: bool = False
    event_notification_type: str = ""


@dataclass(frozen=True, slots=True)
class Watchable:
    """What is known of a variable that a monitor may watch; ``data_type`` empty: unknown."""

    data_type: str = ""
    unit: str = ""
    min_limit: float | None = None
    max_limit: float | None = None
    supports_monitoring: bool = True


NOTHING_KNOWN = Watchable()


def suits(monitor_type: str, data_type: str) -> bool:
    """Say whether a monitor of this type can watch a variable of this data type."""
    if not data_type:
        return True
    if monitor_type in THRESHOLDS:
        return data_type in NUMERIC
    return not (monitor_type in _NOT_DATE_TIME and data_type == "dateTime")


def needs_value(monitor_type: str, data_type: str) -> bool:
    """Say whether the value means something: a Delta of what is no number has any (N04.FR.17)."""
    return monitor_type != DELTA or data_type in NUMERIC or data_type in ("", "dateTime")


def settled(spec: MonitorSpec, known: Watchable = NOTHING_KNOWN) -> MonitorSpec:
    """Give the monitor as it is sent: with the value 1 where the value means nothing."""
    return spec if needs_value(spec.type, known.data_type) else replace(spec, value=1.0)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a monitor cannot be set: the field it is about, and a sentence for an operator."""

    field: str
    sentence: str


def mistake(spec: MonitorSpec, known: Watchable = NOTHING_KNOWN) -> Mistake | None:
    """Find what the station would refuse for certain (N04.FR.06, .14; types per data type)."""
    if spec.target.variable is None:
        return Mistake("variable", "Name the variable to watch.")
    if not known.supports_monitoring:
        return Mistake("variable", f"The station says {spec.target} cannot be monitored.")
    if not suits(spec.type, known.data_type):
        return Mistake("type", f"{spec.type} cannot watch a variable of type {known.data_type}.")
    if spec.severity not in SEVERITIES:
        return Mistake("severity", "Severity goes from 0 (worst) to 9.")
    return _value_mistake(spec, known) or _stream_mistake(spec)


def _value_mistake(spec: MonitorSpec, known: Watchable) -> Mistake | None:
    if spec.type in DELTAS and spec.value < 0:
        return Mistake("value", "A change has no direction: give 0 or more.")
    if spec.type in PERIODICALS and spec.value <= 0:
        return Mistake("value", "Give the seconds between two reports: more than 0.")
    if spec.type not in THRESHOLDS:
        return None
    low, high, unit = known.min_limit, known.max_limit, f" {known.unit}" if known.unit else ""
    if low is not None and spec.value < low:
        return Mistake("value", f"The variable never goes below {low:g}{unit}.")
    if high is not None and spec.value > high:
        return Mistake("value", f"The variable never goes above {high:g}{unit}.")
    return None


def _stream_mistake(spec: MonitorSpec) -> Mistake | None:
    if spec.stream is None:
        return None
    if spec.stream.interval is None and spec.stream.values is None:
        return Mistake("stream_interval", "A stream needs an interval, a number of values or both.")
    if spec.type not in PERIODICALS | {DELTA}:
        return Mistake("stream_interval", f"{spec.type} cannot be streamed.")
    return None


def warning(spec: MonitorSpec, known: Watchable = NOTHING_KNOWN) -> str:
    """Say what the station would take and an operator should know; empty when all is well."""
    at_limit = (spec.type == UPPER and spec.value == known.max_limit) or (
        spec.type == LOWER and spec.value == known.min_limit
    )
    if at_limit:
        return (
            f"{spec.target} cannot pass its limit of {spec.value:g}, so this monitor never fires."
        )
    return ""
