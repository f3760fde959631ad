"""The tables of this app that do not grow by themselves, and why."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from diagnostics import models
from diagnostics.services.housekeeping.rules import register_bounded

_PER_STATION = _("a few rows for each station")
_BY_PEOPLE = _("as many rows as people make")

register_bounded(
    {
        models.LogFile: _("the rules of retention decide"),
        models.DeletedFile: _("they go with their log request"),
        models.DoomedObject: _("they go once the store has let go of the object"),
        models.RetentionRule: _BY_PEOPLE,
        models.RetentionRun: _("one row a day"),
        models.StoreCheck: _BY_PEOPLE,
        models.LegalHold: _BY_PEOPLE,
        models.LogMember: _("they go with their file"),
        models.StationInfo: _PER_STATION,
        models.StationCapability: _PER_STATION,
        models.HealthProblem: _PER_STATION,
        models.StationProfile: _PER_STATION,
        models.MonitoringInfo: _PER_STATION,
        models.InstalledCertificate: _PER_STATION,
        models.ReportedVariable: _("as many rows as stations have variables"),
        models.VariableAttribute: _("as many rows as stations have variables"),
        models.StationGroup: _BY_PEOPLE,
        models.GroupMember: _BY_PEOPLE,
        models.GroupLimit: _BY_PEOPLE,
        models.StationSelection: _BY_PEOPLE,
        models.Automation: _BY_PEOPLE,
        models.MonitorProfile: _BY_PEOPLE,
        models.ProfileVersion: _BY_PEOPLE,
        models.NotificationTarget: _BY_PEOPLE,
        models.NotificationRoute: _BY_PEOPLE,
        models.RouteWatch: _("a few rows for each route"),
        models.Schedule: _BY_PEOPLE,
        models.FileServer: _("those that are gone are forgotten when one starts"),
        models.Housekeeping: _("one row for each rule"),
        models.TaskPulse: _("one row for each task that runs by itself"),
    }
)
