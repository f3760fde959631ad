"""The operators' pages. Public for hosts: `actions`, `home`, `station_page`."""

from diagnostics.admin import (
    call,
    customer_information,
    log_request,
    messages,
    security_event,
)

__all__ = [
    "call",
    "customer_information",
    "log_request",
    "messages",
    "security_event",
]
