"""All the dialogues of a simulated station, each at a desk of its own."""

from __future__ import annotations

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.course import Course
from diagnostics.testing.customer_desk import CustomerDesk
from diagnostics.testing.event_desk import EventDesk
from diagnostics.testing.faults import FaultDesk
from diagnostics.testing.host import Answers, Host
from diagnostics.testing.log_desk import LogDesk
from diagnostics.testing.logs import LogForm
from diagnostics.testing.monitor_desk import MonitorDesk
from diagnostics.testing.parts import PartSender
from diagnostics.testing.report_desk import ReportDesk
from diagnostics.testing.settings_desk import SettingsDesk
from diagnostics.testing.stream_desk import StreamDesk
from diagnostics.testing.trigger_desk import TriggerDesk


class Desks:
    """The desks of one station; they know each other only as far as they must."""

    def __init__(
        self, host: Host, *, log_size: int, log_form: LogForm, events: float = 0.0
    ) -> None:
        parts = PartSender(host)
        self._has_events = host.version is not OcppVersion.V16
        self.logs = LogDesk(host, size=log_size, form=log_form)
        self.settings = SettingsDesk(host)
        self.reports = ReportDesk(host, parts)
        self.monitors = MonitorDesk(host, parts)
        self.streams = StreamDesk(host)
        self.events = EventDesk(host, self.monitors, self.streams)
        self.customers = CustomerDesk(host, parts)
        self.faults = FaultDesk(host)
        self.triggers = TriggerDesk(host, self.logs)
        self.course = Course(host, self.events, self.faults, events)

    def answers(self) -> Answers:
        """Who answers which call, logs excepted."""
        return {
            **self.settings.answers(),
            **self.reports.answers(),
            **self.monitors.answers(),
            **self.streams.answers(),
            **self.customers.answers(),
            **self.triggers.answers(),
        }

    def start(self) -> None:
        """The station was accepted: what happens by itself may begin."""
        if self._has_events:
            self.events.start()
        self.course.start()

    def restart(self) -> None:
        """The station reboots."""
        self.monitors.restart()
        self.streams.restart()
        self.events.restart()
