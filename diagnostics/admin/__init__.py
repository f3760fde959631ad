"""The operators' pages. Public for hosts: `actions`, `home`, `station_page`."""

from diagnostics.admin import (
    alert,
    call,
    customer_information,
    event_stream,
    file_server,
    group,
    limit,
    log_request,
    log_search,
    messages,
    monitor,
    report,
    security_event,
    selection,
    station_event,
    variable,
)

__all__ = [
    "alert",
    "call",
    "customer_information",
    "event_stream",
    "file_server",
    "group",
    "limit",
    "log_request",
    "log_search",
    "messages",
    "monitor",
    "report",
    "security_event",
    "selection",
    "station_event",
    "variable",
]
