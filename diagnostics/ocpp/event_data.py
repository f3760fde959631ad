"""What stations report: the entries of NotifyEvent, and what else is read as one (N07, N08).

Read once per event at fleet load, hence tuples and positional arguments.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from diagnostics.ocpp.fields import bounded, int32, text, whole
from diagnostics.ocpp.messages import ConnectorStatus, SecurityEventFacts
from diagnostics.ocpp.secrets import HIDDEN, is_secret
from diagnostics.ocpp.times import format_time, parse_time
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.unread import Unread, as_text

ALERTING, DELTA, PERIODIC = "Alerting", "Delta", "Periodic"

#: The message an event was read from.
NOTIFY_EVENT, STATUS, SECURITY = "NotifyEvent", "Status", "Security"

HARD_WIRED = "HardWiredNotification"
AVAILABILITY, FAULTED = "AvailabilityState", "Faulted"
NO_ERROR = "NoError"


class EventFacts(NamedTuple):
    """One thing a station reports about a variable; ``timestamp`` as received in its text.

    Text is bounded and never ``None``; ``severity`` is 0 (worst) to 9 where the station gave one.
    ``unread`` is the entry as it came (JSON), where not all of it could be read.
    """

    event_id: int | None
    timestamp: datetime | None
    timestamp_text: str
    trigger: str
    cause: int | None
    actual_value: str
    tech_code: str
    tech_info: str
    cleared: bool | None
    transaction_id: str
    variable_monitoring_id: int | None
    event_notification_type: str
    severity: int | None
    component: str
    component_instance: str
    evse_id: int | None
    connector_id: int | None
    variable: str
    variable_instance: str
    unread: str = ""

    @property
    def ends_alert(self) -> bool:
        """Whether it says that all is well again: ``cleared``, or Problem "false" (EVerest)."""
        if self.cleared:
            return True
        return self.variable.lower() == "problem" and self.actual_value.strip().lower() == "false"

    @property
    def is_connector_state(self) -> bool:
        """Whether it stands for a StatusNotification, as 2.1 has it (B01.FR.05, G01)."""
        return (
            self.variable.lower() == "availabilitystate" and self.component.lower() == "connector"
        )


class EventReport(NamedTuple):
    """One message with its events, from ``source``."""

    source: str
    generated_at: datetime | None
    seq_no: int | None
    events: tuple[EventFacts, ...]


def read_notify_event(payload: Mapping[str, Any]) -> EventReport:
    """Read NotifyEvent as far as it can be read; the versions differ in ``severity`` only."""
    entries, made = payload.get("eventData"), text(payload, "generatedAt", 64)
    return EventReport(
        NOTIFY_EVENT,
        read_time(made),
        whole(payload, "seqNo"),
        tuple(
            _read_event(entry) if isinstance(entry, dict) else _read_badly(entry, made)
            for entry in entries
        )
        if isinstance(entries, list)
        else (),
    )


def read_time(value: object) -> datetime | None:
    """Read a time: at once where it is written as the standard says, leniently otherwise."""
    if not isinstance(value, str):
        return None
    if value.endswith("Z"):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return parse_time(value)


def _read_event(entry: dict[str, Any]) -> EventFacts:
    get = entry.get
    component, variable, cleared = get("component"), get("variable"), get("cleared")
    of_component = component.get if isinstance(component, dict) else _nothing
    of_variable = variable.get if isinstance(variable, dict) else _nothing
    evse = of_component("evse")
    of_evse = evse.get if isinstance(evse, dict) else _nothing
    timestamp, severity = bounded(get("timestamp"), 64), int32(get("severity"))
    name, value = bounded(of_variable("name"), 50), bounded(get("actualValue"), 2500)
    return EventFacts(
        int32(get("eventId")),
        read_time(timestamp),
        timestamp,
        bounded(get("trigger"), 20),
        int32(get("cause")),
        HIDDEN if value and _is_secret(name) else value,
        bounded(get("techCode"), 50),
        bounded(get("techInfo"), 500),
        cleared if isinstance(cleared, bool) else None,
        bounded(get("transactionId"), 36),
        int32(get("variableMonitoringId")),
        bounded(get("eventNotificationType"), 30),
        severity if severity is not None and 0 <= severity <= 9 else None,
        bounded(of_component("name"), 50),
        bounded(of_component("instance"), 50),
        int32(of_evse("id")),
        int32(of_evse("connectorId")),
        name,
        bounded(of_variable("instance"), 50),
    )


def _nothing(_name: str) -> None:
    """Stand for the ``get`` of an object that is none."""


@lru_cache(maxsize=4096)
def _is_secret(variable: str) -> bool:
    """Say whether nobody may read the variable; its value should be empty then (N07.FR.10)."""
    return is_secret(ComponentVariable(Component(""), Variable(variable)))


def _read_badly(entry: Any, made: str) -> EventFacts:
    """Read what the schema refused: no event is lost, and what came stands beside it.

    ``made`` is when its message was, which tells two of them apart that have no time. Without a
    monitor or a variable nobody could say what is wrong: such an entry opens no alert.
    """
    came = entry.value if isinstance(entry, Unread) else entry
    facts = _read_event(came if isinstance(came, dict) else {})
    facts = facts._replace(timestamp_text=facts.timestamp_text or made)
    if facts.variable_monitoring_id is None and not (facts.component and facts.variable):
        facts = facts._replace(trigger="", cleared=None)
    shown = {**came, "actualValue": HIDDEN} if facts.actual_value == HIDDEN else came
    return facts._replace(unread=as_text(shown))


def event_of_status(status: ConnectorStatus, now: datetime) -> EventFacts:
    """Read a StatusNotification as an event: the fault channel of 1.6, Faulted in 2.x."""
    code = status.error_code if status.error_code not in ("", NO_ERROR) else ""
    fault = bool(code) or status.status == FAULTED
    info = " ".join(filter(None, (status.vendor_error_code, status.info, status.vendor_id)))
    at = status.timestamp or now
    return EventFacts(
        event_id=None,
        timestamp=at,
        timestamp_text=format_time(at),
        trigger=ALERTING,
        cause=None,
        actual_value=status.status,
        tech_code=code or status.vendor_error_code[:50],
        tech_info=info[:500],
        cleared=not fault,
        transaction_id="",
        variable_monitoring_id=None,
        event_notification_type=HARD_WIRED,
        severity=3 if status.status == FAULTED else 6,
        component="Connector" if status.evse_id or status.connector_id else "ChargingStation",
        component_instance="",
        evse_id=status.evse_id or None,
        connector_id=status.connector_id or None,
        variable=AVAILABILITY,
        variable_instance="",
    )


# Told with every reset or visit of a technician: critical to OCPP, no reason to get up at night.
_ROUTINE = frozenset(
    {
        "FirmwareUpdated",
        "MaintenanceLoginAccepted",
        "ResetOrReboot",
        "SettingSystemTime",
        "StartupOfTheDevice",
    }
)


def event_of_security(event: SecurityEventFacts, now: datetime) -> EventFacts:
    """Read a critical security event as an event about the security of the station.

    Routine ones are told as a change: kept with the others, and no alert.
    """
    routine = event.type in _ROUTINE
    return EventFacts(
        event_id=None,
        timestamp=event.timestamp or now,
        timestamp_text=event.timestamp_text,
        trigger=DELTA if routine else ALERTING,
        cause=None,
        actual_value=event.type,
        tech_code=event.type,
        tech_info=event.tech_info,
        cleared=None,
        transaction_id="",
        variable_monitoring_id=None,
        event_notification_type="",
        severity=7 if routine else 3,
        component="SecurityCtrlr",
        component_instance="",
        evse_id=None,
        connector_id=None,
        variable="SecurityEvent",
        variable_instance="",
    )
