"""The operators' pages. Public for hosts: `actions`, `home`, `station_page`."""

from diagnostics.admin import call, log_request, security_event

__all__ = ["call", "log_request", "security_event"]
