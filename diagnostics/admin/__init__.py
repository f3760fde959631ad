"""The operators' pages. Public for hosts: `actions`, `home`, `station_page`."""

from diagnostics.admin.automations import automation, automation_firing
from diagnostics.admin.calls import call, messages
from diagnostics.admin.campaigns import campaign, campaign_station, schedule
from diagnostics.admin.customer_information import customer_information
from diagnostics.admin.device_model import limit, report, variable
from diagnostics.admin.events import alert, security_event, station_event
from diagnostics.admin.fleet import capability, group, health, selection
from diagnostics.admin.keeping import file_server, hold, housekeeping, retention, standstill, store
from diagnostics.admin.logs import log_request
from diagnostics.admin.monitors import event_stream, monitor
from diagnostics.admin.notifications import delivery, notification_route, notification_target
from diagnostics.admin.profiles import profile, station_profile
from diagnostics.admin.searches import log_search

__all__ = [
    "alert",
    "automation",
    "automation_firing",
    "call",
    "capability",
    "campaign",
    "campaign_station",
    "customer_information",
    "delivery",
    "event_stream",
    "file_server",
    "group",
    "health",
    "housekeeping",
    "hold",
    "limit",
    "log_request",
    "log_search",
    "messages",
    "monitor",
    "profile",
    "notification_route",
    "notification_target",
    "report",
    "retention",
    "schedule",
    "security_event",
    "selection",
    "station_event",
    "standstill",
    "station_profile",
    "store",
    "variable",
]
