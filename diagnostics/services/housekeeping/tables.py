"""The rules of housekeeping for the tables of this app; `bounded` has the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from diagnostics import models
from diagnostics.conf import app_settings
from diagnostics.lifecycles import call, customer_information, log_request, monitor, profile, report
from diagnostics.lifecycles.variables import VariablesStatus
from diagnostics.services.customer_information import privacy as customer_privacy
from diagnostics.services.housekeeping.rules import Rows, Rule, register


def _for(setting: str) -> dict[str, Any]:
    """The two columns of a rule that say how long, by a key of DIAGNOSTICS."""
    return {"setting": setting, "lifetime": lambda: getattr(app_settings, setting.lower())}


def _of_no_open_alert(rows: Rows) -> Rows:
    alerts = models.Alert.objects.open().filter(key=OuterRef("alert_key"))
    return rows.exclude(Exists(alerts))


def _without_files(rows: Rows) -> Rows:
    files = models.LogFile.objects.filter(log_request=OuterRef("pk"))
    held = models.LegalHold.objects.active().filter(log_request=OuterRef("pk"))
    return rows.exclude(verdict__in=log_request.OPEN).exclude(Exists(files) | Exists(held))


def _standing_alone(rows: Rows) -> Rows:
    """Calls of a request go with it: its verdict is drawn from them."""
    alone = rows.filter(
        log_request=None, report=None, variable_request=None, customer_information=None
    )
    monitors = models.Monitor.objects.filter(call=OuterRef("pk"))
    return alone.exclude(status__in=call.OPEN).exclude(Exists(monitors))


def _not_the_newest(rows: Rows) -> Rows:
    """All but the newest complete report of each kind: what is known of a station came from it."""
    newer = models.Report.objects.filter(
        station=OuterRef("station"),
        kind=OuterRef("kind"),
        status=report.ReportStatus.COMPLETE,
        pk__gt=OuterRef("pk"),
    )
    superseded = ~Q(status=report.ReportStatus.COMPLETE) | Exists(newer)
    return rows.exclude(status__in=report.OPEN).filter(superseded)


register(
    Rule(
        name="messages",
        model=models.MessageRecord,
        title=_("messages"),
        age="at",
        ordered_by="at",
        batch=3000,
        **_for("MESSAGE_LOG_LIFETIME"),
    ),
    Rule(
        name="events",
        model=models.StationEvent,
        title=_("events"),
        age="received_at",
        ordered_by="received_at",
        spare=_of_no_open_alert,
        spares=_("those of open alerts"),
        **_for("EVENT_HISTORY"),
    ),
    Rule(
        name="alerts",
        model=models.Alert,
        title=_("cleared alerts"),
        age="cleared_at",
        spares=_("open alerts"),
        **_for("ALERT_HISTORY"),
    ),
    Rule(
        name="security_events",
        model=models.SecurityEvent,
        title=_("security events"),
        age="received_at",
        ordered_by="received_at",
        **_for("SECURITY_EVENT_HISTORY"),
    ),
    Rule(
        name="timeline",
        model=models.TimelineEntry,
        title=_("entries of timelines"),
        age="last_at",
        ordered_by="at",
        spare=lambda rows: rows.filter(log_request=None),
        spares=_("those of log requests, which go with them"),
        **_for("TIMELINE_HISTORY"),
    ),
    Rule(
        name="log_requests",
        model=models.LogRequest,
        title=_("log requests without files"),
        age="settled_at",
        ordered_by="created_at",
        spare=_without_files,
        spares=_("those that run, and those that have files: see the retention of log files"),
        batch=200,
        **_for("LOG_REQUEST_HISTORY"),
    ),
    Rule(
        name="file_accesses",
        model=models.FileAccess,
        title=_("who opened which file"),
        age="at",
        ordered_by="at",
        **_for("FILE_ACCESS_HISTORY"),
    ),
    Rule(
        name="reports",
        model=models.Report,
        title=_("reports, with their parts"),
        age="settled_at",
        ordered_by="created_at",
        spare=_not_the_newest,
        spares=_("those that run, and the newest complete one of each kind of each station"),
        along=(models.ReportPart,),
        batch=100,
        **_for("REPORT_HISTORY"),
    ),
    Rule(
        name="variable_requests",
        model=models.VariableRequest,
        title=_("requests for variables"),
        age="settled_at",
        ordered_by="created_at",
        spare=lambda rows: rows.exclude(status=VariablesStatus.WAITING),
        spares=_("those that run"),
        batch=200,
        **_for("VARIABLE_REQUEST_HISTORY"),
    ),
    Rule(
        name="monitors",
        model=models.Monitor,
        title=_("monitors that are gone"),
        age="changed_at",
        ordered_by="created_at",
        spare=lambda rows: rows.exclude(status__in=monitor.OPEN | monitor.LIVE),
        spares=_("those that stations have, or are asked for"),
        batch=500,
        **_for("MONITOR_HISTORY"),
    ),
    Rule(
        name="profile_runs",
        model=models.ProfileRun,
        title=_("applications of monitor profiles"),
        age="ended_at",
        ordered_by="created_at",
        spare=lambda rows: rows.exclude(status__in=profile.OPEN_RUNS),
        spares=_("those that run"),
        batch=500,
        **_for("MONITOR_HISTORY"),
    ),
    Rule(
        name="firings",
        model=models.AutomationFiring,
        title=_("what automations did"),
        age="fired_at",
        ordered_by="fired_at",
        batch=500,
        **_for("AUTOMATION_LIFETIME"),
    ),
    Rule(
        name="health",
        model=models.StationHealth,
        title=_("hours of connections"),
        age="hour",
        ordered_by="hour",
        batch=3000,
        **_for("HEALTH_HISTORY"),
    ),
    Rule(
        name="deliveries",
        model=models.Delivery,
        title=_("messages to people and programs outside"),
        age="settled_at",
        ordered_by="created_at",
        spares=_("those that wait"),
        along=(models.Told,),
        batch=500,
        **_for("NOTIFICATION_LIFETIME"),
    ),
    Rule(
        name="notifications",
        model=models.Notification,
        title=_("what somebody was told of"),
        age="at",
        ordered_by="at",
        spare=lambda rows: rows.filter(told=None),
        spares=_("what is in a message that is still here"),
        batch=500,
        **_for("NOTIFICATION_LIFETIME"),
    ),
    Rule(
        name="campaigns",
        model=models.Campaign,
        title=_("campaigns, with their stations"),
        age="ended_at",
        ordered_by="created_at",
        spares=_("those that are not over"),
        along=(models.CampaignStation,),
        batch=5,
        **_for("CAMPAIGN_LIFETIME"),
    ),
    Rule(
        name="schedule_runs",
        model=models.ScheduleRun,
        title=_("what became of schedules"),
        age="at",
        ordered_by="at",
        **_for("CAMPAIGN_LIFETIME"),
    ),
    Rule(
        name="searches",
        model=models.LogSearch,
        title=_("searches over logs, with what they found"),
        age="expires_at",
        lifetime=lambda: timedelta(0),
        setting="SEARCH_LIFETIME",
        along=(models.SearchedFile, models.SearchHit),
        batch=5,
    ),
    Rule(
        name="calls",
        model=models.OutboundCall,
        title=_("calls"),
        age="settled_at",
        ordered_by="created_at",
        spare=_standing_alone,
        spares=_("those that run, and those of requests and monitors, which go with them"),
        batch=500,
        **_for("CALL_HISTORY"),
    ),
    Rule(
        name="stream_values",
        model=models.EventStreamSample,
        title=_("values of event streams"),
        age="received_at",
        ordered_by="received_at",
        batch=3000,
        **_for("STREAM_LIFETIME"),
    ),
    Rule(
        name="streams",
        model=models.EventStream,
        title=_("closed event streams"),
        age="closed_at",
        ordered_by="opened_at",
        spares=_("those that run"),
        batch=200,
        **_for("STREAM_LIFETIME"),
    ),
    Rule(
        name="customer_texts",
        model=models.CustomerInformation,
        title=_("what stations said of customers"),
        age="created_at",
        ordered_by="created_at",
        spare=lambda rows: rows.filter(purged_at=None, status__in=customer_information.TERMINAL),
        spares=_("requests that run; the record that it was asked stays"),
        forget=customer_privacy.purge_rows,
        despite_holds=True,  # what is personal is not kept longer for somebody's dispute
        along=(models.CustomerInformationPart,),
        batch=100,
        **_for("CUSTOMER_INFORMATION_LIFETIME"),
    ),
    Rule(
        name="customer_requests",
        model=models.CustomerInformation,
        title=_("records that customer information was asked for"),
        age="purged_at",
        ordered_by="created_at",
        spare=lambda rows: rows.filter(~Q(purged_at=None)),
        spares=_("those whose text is still here"),
        along=(models.CustomerInformationPart, models.CustomerInformationAccess),
        batch=100,
        **_for("CUSTOMER_INFORMATION_HISTORY"),
    ),
)
