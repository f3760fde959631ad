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
from diagnostics.handlers.gathered import Gathered
from diagnostics.handlers.log_status_notification import handle_log_status_notification
from diagnostics.handlers.notify_customer_information import handle_notify_customer_information
from diagnostics.handlers.notify_event import NOTIFY_EVENT
from diagnostics.handlers.notify_report import handle_notify_report
from diagnostics.handlers.security_event_notification import SECURITY_EVENT_NOTIFICATION
from diagnostics.handlers.status_notification import STATUS_NOTIFICATION
from diagnostics.ocpp.versions import OcppVersion

Handler = Callable[[Any, OcppVersion, str, dict[str, Any]], dict[str, Any] | None]

# What may also be written in groups (`diagnostics.ingest`).
GATHERED: dict[str, Gathered] = {
    "NotifyEvent": NOTIFY_EVENT,
    "SecurityEventNotification": SECURITY_EVENT_NOTIFICATION,
    "StatusNotification": STATUS_NOTIFICATION,
}

CALLS: dict[str, Handler] = {
    "BootNotification": handle_boot_notification,
    "ClosePeriodicEventStream": handle_close_periodic_event_stream,
    "DiagnosticsStatusNotification": handle_log_status_notification,
    "LogStatusNotification": handle_log_status_notification,
    "NotifyCustomerInformation": handle_notify_customer_information,
    "NotifyMonitoringReport": handle_notify_report,
    "NotifyReport": handle_notify_report,
    "NotifyPeriodicEventStream": handle_notify_periodic_event_stream,  # a SEND sent as a CALL
    "OpenPeriodicEventStream": handle_open_periodic_event_stream,
    **{action: gathered.handle for action, gathered in GATHERED.items()},
}

SENDS: dict[str, Handler] = {
    "NotifyPeriodicEventStream": handle_notify_periodic_event_stream,
}
