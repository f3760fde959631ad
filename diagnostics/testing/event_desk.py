"""Events of a simulated station (N07, N08): values change, monitors notice, the CSMS is told."""

from __future__ import annotations

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.host import Host, Payload
from diagnostics.testing.model import Value, VariableName
from diagnostics.testing.monitor_desk import MonitorDesk
from diagnostics.testing.monitors import PERIODIC, TARGETS, THRESHOLDS, Monitor
from diagnostics.testing.parts import as_written
from diagnostics.testing.stream_desk import StreamDesk

#: Events in one NotifyEvent of a burst.
BURST_PART = 5

#: The severity a station of 2.1 gives what no monitor has noticed.
HARD_WIRED_SEVERITY = 3

_TRIGGERS = {"alert": "Alerting", "cleared": "Alerting", "delta": "Delta"}


class EventDesk:
    """Changes values and tells what the monitors make of it.

    `transaction_id` is that of the only transaction; monitors for transactions are silent without.
    """

    def __init__(self, host: Host, monitors: MonitorDesk, streams: StreamDesk) -> None:
        self._host = host
        self._desk = monitors
        self._streams = streams
        monitors.changed = self._monitor_changed
        monitors.removed = self._monitor_removed
        self.transaction_id = ""
        self._next_id, self._next_fault_id = 0, 0

    def change(self, values: dict[VariableName, str], *, cause: int | None = None) -> list[int]:
        """Set values, tell what monitors notice in one burst; returns the ids of the events.

        `cause` is the id of the event that all of them follow from (N07.FR.05).
        """
        events = []
        for name, text in values.items():
            value = self._host.device.find(name)
            if value is not None:
                value.value = text
                events += self._noticed(name, value, cause)
        self._tell(events)
        return [event["eventId"] for event in events]

    def problem(
        self,
        name: VariableName,
        exists: bool,
        *,
        code: str = "",
        info: str = "",
        cause: int | None = None,
    ) -> int:
        """Raise or clear a fault of the component that no monitor watches; returns the event id.

        Sent whatever the level: a HardWiredNotification has no severity to compare (N05).
        """
        place = name.sibling("Problem")
        value = self._host.device.find(place)
        if value is not None:
            value.value = "true" if exists else "false"
        event = {
            **self._event(place, "Alerting", "true" if exists else "false", is_fault=True),
            "eventNotificationType": "HardWiredNotification",
            **{key: text for key, text in (("techCode", code), ("techInfo", info)) if text},
            **({} if exists else {"cleared": True}),
            **({} if cause is None else {"cause": cause}),
        }
        if self._host.version is OcppVersion.V21:
            event["severity"] = HARD_WIRED_SEVERITY
        self._tell([event])
        return int(event["eventId"])

    def restart(self) -> None:
        """A reboot: event ids go on, or begin anew with the quirk."""
        if self._host.behaviour.restarts_event_ids:
            self._next_id = self._next_fault_id = 0

    def start(self) -> None:
        """Set the timers of periodic monitors."""
        for monitor in self._desk.monitors.values():
            self._arm(monitor)

    # What monitors notice

    def _noticed(self, name: VariableName, value: Value, cause: int | None) -> list[Payload]:
        events = []
        for monitor in self._desk.active():
            if monitor.name.folded() == name.folded() and self._is_awake(monitor):
                what = monitor.check(value)
                if what and not (what == "delta" and self._streams.take(monitor, value.value)):
                    events.append(self._monitor_event(monitor, value, what, cause))
        return events

    def _is_awake(self, monitor: Monitor) -> bool:
        return bool(self.transaction_id) or not monitor.transaction

    def _monitor_event(
        self, monitor: Monitor, value: Value, what: str, cause: int | None = None
    ) -> Payload:
        trigger = _TRIGGERS.get(what, "Periodic")
        event = {
            **self._event(monitor.name, trigger, value.value if value.readable else ""),
            "variableMonitoringId": monitor.id,
            "eventNotificationType": monitor.origin,
            **({"cleared": True} if what == "cleared" else {}),
            **({} if cause is None else {"cause": cause}),
        }
        if self._host.version is OcppVersion.V21:
            event["severity"] = monitor.severity  # N07.FR.20
        return event

    def _event(
        self, name: VariableName, trigger: str, text: str, *, is_fault: bool = False
    ) -> Payload:
        event = {
            "eventId": self._new_id(is_fault),
            "timestamp": self._host.time_text(),
            "trigger": trigger,
            "actualValue": text,
            **name.to_wire(),
        }
        if self.transaction_id:
            event["transactionId"] = self.transaction_id
        return event

    def _new_id(self, is_fault: bool) -> int:
        """Faults count for themselves where ids collide (13.3)."""
        if is_fault and self._host.behaviour.collides_event_ids:
            self._next_fault_id += 1
            return self._next_fault_id - 1
        self._next_id += 1
        return self._next_id - 1

    # Monitors that come, go and beat

    def _monitor_changed(self, monitor: Monitor) -> None:
        """A monitor was set: watch from now on, and judge at once (N07.FR.11)."""
        self._arm(monitor)
        self._streams.open_for(monitor)
        value = self._host.device.find(monitor.name)
        if value is not None and monitor.type in THRESHOLDS | TARGETS:
            self._tell(self._noticed_by(monitor, value))

    def _noticed_by(self, monitor: Monitor, value: Value) -> list[Payload]:
        if monitor not in self._desk.active() or not self._is_awake(monitor):
            return []
        what = monitor.check(value)
        return [self._monitor_event(monitor, value, what)] if what else []

    def _monitor_removed(self, monitor: Monitor) -> None:
        """A cleared monitor says nothing more, not even that its alert is over (N07.FR.12)."""
        self._host.forget_later(f"monitor {monitor.id}")
        self._streams.close_for(monitor)

    def _arm(self, monitor: Monitor) -> None:
        if monitor.type not in PERIODIC:
            return
        seconds = monitor.limit
        if monitor.type == "PeriodicClockAligned":
            seconds -= self._host.clock().timestamp() % seconds
        self._host.later(f"monitor {monitor.id}", seconds, lambda: self._beat(monitor))

    def _beat(self, monitor: Monitor) -> None:
        self._arm(monitor)
        value = self._host.device.find(monitor.name)
        if value is None or monitor not in self._desk.active() or not self._is_awake(monitor):
            return
        if not self._streams.take(monitor, value.value):
            self._tell([self._monitor_event(monitor, value, "periodic")])

    # Words

    def _tell(self, events: list[Payload]) -> None:
        """Send a burst in numbered parts; what is not grave is lost offline (N07.FR.04)."""
        events = [event for event in events if self._host.is_online or self._is_grave(event)]
        alone = self._host.behaviour.never_numbers_events
        size = 1 if alone else BURST_PART
        chunks = [events[start : start + size] for start in range(0, len(events), size)]
        for number, chunk in enumerate(chunks):
            message: Payload = {
                "generatedAt": self._host.time_text(),
                "seqNo": 0 if alone else number,
                "eventData": as_written(self._host, chunk),
            }
            if number + 1 < len(chunks) and not alone:
                message["tbc"] = True
            self._host.say("NotifyEvent", message)
        if events:
            self._host.tell(f"tells {len(events)} events")

    def _is_grave(self, event: Payload) -> bool:
        limit = self._host.device.read("MonitoringCtrlr", "OfflineQueuingSeverity")
        monitor = self._desk.monitors.get(event.get("variableMonitoringId", -1))
        severity = HARD_WIRED_SEVERITY if monitor is None else monitor.severity
        return not limit.isdigit() or severity <= int(limit)
