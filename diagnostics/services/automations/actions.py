"""What automations do. Each action is one that operators have too, and leaves the same rows."""

from __future__ import annotations

from datetime import timedelta

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.automation import Outcome
from diagnostics.lifecycles.notification import Kind
from diagnostics.lifecycles.report import kind_of
from diagnostics.models import AutomationFiring, LogRequest, Report
from diagnostics.services import logs, reports
from diagnostics.services.automations.facts import Happening
from diagnostics.services.notifications import notify_about
from diagnostics.services.timeline import Source, note

LOG, REPORT = "log", "report"


def act(firing: AutomationFiring, happened: Happening) -> None:
    """Do all that the automation is to do, and keep at the firing what came of it.

    What one action cannot do does not stop the next one.
    """
    automation = firing.automation
    if automation.pull_log:
        _pull_log(firing, happened)
    if automation.report:
        _request_report(firing)
    _tell(firing)
    if firing.problems and not (firing.log_request or firing.report or firing.told):
        firing.outcome = Outcome.REFUSED
    firing.save()
    _note(firing)


def _pull_log(firing: AutomationFiring, happened: Happening) -> None:
    """Without an end: a station that is away gives what it has when it returns."""
    automation = firing.automation
    firing.log_request = _running(firing)
    if firing.log_request is not None:  # a second asking would cancel the first
        return
    try:
        firing.log_request = logs.request_log(
            station=firing.station,
            log_type=automation.log_type,
            oldest=happened.happened_at - timedelta(minutes=automation.log_minutes),
        )
    except RequestRefused as error:
        firing.problems = {**firing.problems, LOG: str(error)}


def _running(firing: AutomationFiring) -> LogRequest | None:
    """A request for the same log that has not ended."""
    mine = LogRequest.objects.open().filter(station=firing.station_id)
    return mine.filter(log_type=firing.automation.log_type).order_by("-pk").first()


def _request_report(firing: AutomationFiring) -> None:
    firing.report = _reporting(firing)
    if firing.report is not None:
        return
    try:
        firing.report = reports.request_with(
            station=firing.station,
            what=firing.automation.report,
            criteria=firing.automation.report_criteria,
        )
    except RequestRefused as error:
        firing.problems = {**firing.problems, REPORT: str(error)}


def _reporting(firing: AutomationFiring) -> Report | None:
    """A request for the same report that has not ended."""
    automation = firing.automation
    mine = Report.objects.open().filter(
        station=firing.station_id,
        kind=kind_of(automation.report),
        criteria=automation.report_criteria,
    )
    return mine.order_by("-pk").first()


def _tell(firing: AutomationFiring) -> None:
    """Those whom the automation names, and whoever wants to hear of all automations."""
    automation = firing.automation
    targets = list(automation.targets.filter(enabled=True))
    notify_about(
        Kind.AUTOMATION,
        firing,
        station=firing.station,
        severity=firing.what.get("severity"),
        alert=firing.alert,
        what={**firing.what, "automation": automation.name, "trigger": automation.trigger},
        targets=targets,
        now=firing.fired_at,
    )
    firing.told = len(targets)


def _note(firing: AutomationFiring) -> None:
    """On the station's timeline, and on that of the log request."""
    note(
        station=firing.station,
        log_request=firing.log_request,
        kind="automation.fired" if firing.outcome == Outcome.DONE else "automation.refused",
        source=Source.SYSTEM,
        now=firing.fired_at,
        automation=firing.automation.name,
        firing=firing.pk,
        info=" ".join(firing.problems.values()),
    )
