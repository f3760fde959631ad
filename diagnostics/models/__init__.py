"""What is kept. Fields, constraints and querysets only; every write goes through `services`."""

from diagnostics.models.automation import Automation, AutomationFiring
from diagnostics.models.call import OutboundCall
from diagnostics.models.campaign import Campaign, CampaignStation
from diagnostics.models.capability import StationCapability
from diagnostics.models.certificate import InstalledCertificate
from diagnostics.models.customer_information import (
    CustomerInformation,
    CustomerInformationAccess,
    CustomerInformationPart,
)
from diagnostics.models.event import Alert, StationEvent
from diagnostics.models.event_stream import EventStream, EventStreamSample
from diagnostics.models.file_server import FileServer
from diagnostics.models.group import GroupKind, GroupLimit, GroupMember, StationGroup
from diagnostics.models.health import HealthProblem, StationHealth
from diagnostics.models.hold import LegalHold
from diagnostics.models.housekeeping import Housekeeping
from diagnostics.models.log_file import FileAccess, LogFile
from diagnostics.models.log_member import LogMember
from diagnostics.models.log_request import LogRequest
from diagnostics.models.log_search import LogSearch, SearchedFile, SearchHit
from diagnostics.models.message import MessageRecord
from diagnostics.models.monitor import Monitor, MonitoringInfo
from diagnostics.models.notification import (
    Delivery,
    Notification,
    NotificationRoute,
    NotificationTarget,
    RouteWatch,
    Told,
)
from diagnostics.models.profile import (
    MonitorProfile,
    ProfileRun,
    ProfileVersion,
    StationProfile,
)
from diagnostics.models.pulse import TaskPulse
from diagnostics.models.report import Report, ReportPart
from diagnostics.models.retention import DeletedFile, RetentionRule, RetentionRun
from diagnostics.models.schedule import Schedule, ScheduleRun
from diagnostics.models.security_event import SecurityEvent
from diagnostics.models.selection import StationSelection
from diagnostics.models.station_info import StationInfo
from diagnostics.models.store import DoomedObject, StoreCheck
from diagnostics.models.timeline import TimelineEntry
from diagnostics.models.variable import ReportedVariable, VariableAttribute, VariableRequest

__all__ = [
    "Alert",
    "Automation",
    "AutomationFiring",
    "Campaign",
    "CampaignStation",
    "CustomerInformation",
    "CustomerInformationAccess",
    "CustomerInformationPart",
    "DeletedFile",
    "DoomedObject",
    "Delivery",
    "EventStream",
    "EventStreamSample",
    "FileAccess",
    "GroupKind",
    "GroupLimit",
    "GroupMember",
    "HealthProblem",
    "Housekeeping",
    "InstalledCertificate",
    "FileServer",
    "LegalHold",
    "LogFile",
    "LogMember",
    "LogRequest",
    "LogSearch",
    "MessageRecord",
    "Monitor",
    "MonitorProfile",
    "MonitoringInfo",
    "Notification",
    "NotificationRoute",
    "NotificationTarget",
    "OutboundCall",
    "ProfileRun",
    "ProfileVersion",
    "Report",
    "ReportPart",
    "ReportedVariable",
    "RetentionRule",
    "RetentionRun",
    "RouteWatch",
    "Schedule",
    "ScheduleRun",
    "SearchHit",
    "SearchedFile",
    "SecurityEvent",
    "StationCapability",
    "StationEvent",
    "StationGroup",
    "StationHealth",
    "StationInfo",
    "StationProfile",
    "StationSelection",
    "StoreCheck",
    "TaskPulse",
    "TimelineEntry",
    "Told",
    "VariableAttribute",
    "VariableRequest",
]
