"""When to read a station's monitors again (N03, N04.FR.19)."""

from __future__ import annotations

from typing import Any

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.report import ReportKind, ReportStatus
from diagnostics.models import Monitor, MonitoringInfo, Report
from diagnostics.services import monitors, reports
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.timeline import Source, note


def read_again(station: Any, requested_by: Any = None) -> None:
    """Ask for the whole list: what is known here may not be what the station runs."""
    if _is_asked(station):
        return
    try:
        monitors.check_station(station)
        reports.request_monitoring_report(station=station, requested_by=requested_by)
    except RequestRefused as error:
        note(station=station, kind="monitor.not_read", source=Source.SYSTEM, info=str(error))


def _is_asked(station: Any) -> bool:
    """A request that has not gone out yet reads what is true when it does."""
    waiting = Report.objects.filter(station=station, kind=ReportKind.MONITORING)
    return waiting.filter(criteria={}, status=ReportStatus.QUEUED).exists()


def after_boot(station: Any) -> None:
    """Ask again after a reboot, since ids may have changed, where there were monitors.

    And once of every station: factory monitors tell how bad the events of 2.0.1 are. A station that
    said it knows none is not asked until its firmware changes.
    """
    if monitor_facts.is_known_to_lack(station) or not _has_them(station):
        return
    had_monitors = Monitor.objects.live().filter(station=station).exists()
    if had_monitors or (app_settings.read_device_model and not _was_read(station)):
        read_again(station)


def _has_them(station: Any) -> bool:
    try:
        monitors.check_station(station)
    except RequestRefused:
        return False
    return True


def _was_read(station: Any) -> bool:
    return MonitoringInfo.objects.filter(station=station, read_at__isnull=False).exists()
