"""The whole routing of what stations send, on one screen.

A handler takes (station, version, action, payload), writes through services, and returns the
payload of the answer; None leaves the answer to the host. A SEND (2.1) has no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostics.handlers.boot_notification import handle_boot_notification
from diagnostics.handlers.event_streams import (
    handle_close_periodic_event_stream,
    handle_notify_periodic_event_stream,
    handle_open_periodic_event_stream,
)
from diagnostics.handlers.log_status_notification import handle_log_status_notification
from diagnostics.handlers.notify_customer_information import handle_notify_customer_information
from diagnostics.handlers.notify_event import handle_notify_event
from diagnostics.handlers.notify_report import handle_notify_report
from diagnostics.handlers.security_event_notification import handle_security_event_notification
from diagnostics.handlers.status_notification import handle_status_notification
from diagnostics.ocpp.event_data import EventReport, read_notify_event
from diagnostics.ocpp.versions import OcppVersion

Handler = Callable[[Any, OcppVersion, str, dict[str, Any]], dict[str, Any] | None]

CALLS: dict[str, Handler] = {
    "BootNotification": handle_boot_notification,
    "ClosePeriodicEventStream": handle_close_periodic_event_stream,
    "DiagnosticsStatusNotification": handle_log_status_notification,
    "LogStatusNotification": handle_log_status_notification,
    "NotifyCustomerInformation": handle_notify_customer_information,
    "NotifyEvent": handle_notify_event,
    "NotifyMonitoringReport": handle_notify_report,
    "NotifyReport": handle_notify_report,
    "NotifyPeriodicEventStream": handle_notify_periodic_event_stream,  # a SEND sent as a CALL
    "OpenPeriodicEventStream": handle_open_periodic_event_stream,
    "SecurityEventNotification": handle_security_event_notification,
    "StatusNotification": handle_status_notification,
}

# What may also be written in groups (`diagnostics.ingest`), and how it is read.
GATHERED: dict[str, Callable[[dict[str, Any]], EventReport]] = {
    "NotifyEvent": read_notify_event,
}

SENDS: dict[str, Handler] = {
    "NotifyPeriodicEventStream": handle_notify_periodic_event_stream,
}
