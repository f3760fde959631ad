"""What campaigns can ask of stations: one entry for each operation, over the services of one.

`params` is what the operator filled in, as JSON keeps it; each entry's functions say what is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.campaign import Operation
from diagnostics.lifecycles.log_request import LogType
from diagnostics.lifecycles.report import ReportBase, ReportKind
from diagnostics.lifecycles.variables import VariablesKind
from diagnostics.ocpp.codecs.monitoring import BASE, LEVEL
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.personal import without_personal_data
from diagnostics.ocpp.refusals import subjects_of
from diagnostics.ocpp.secrets import is_secret, without_secrets
from diagnostics.ocpp.times import parse_time
from diagnostics.services import device_model, logs, monitors, reports
from diagnostics.services.calls import check_call, console, triggers
from diagnostics.services.campaigns import monitors as campaign_monitors
from diagnostics.services.device_model import variables
from diagnostics.services.fleet import capabilities

Params = dict[str, Any]
# What was made for a station: columns of `CampaignStation`, and "monitors".
Made = dict[str, Any]

# Ten years: no log is older.
MOST_HOURS = 24 * 3653

NO_SECRETS = (
    "A campaign keeps what it asks for, so it takes no passwords, keys or personal data: "
    "set those on each station's own page."
)


@dataclass(frozen=True, slots=True)
class CampaignOperation:
    """One operation.

    `check(station, params)` raises RequestRefused for what the station's version cannot do;
    `start(station, params, user)` asks, and raises it for what this station cannot.
    `is_repeatable`: asking twice does no harm, even where nobody knows what became of the first.
    `permission` is what asking one station takes.
    """

    permission: str
    check: Callable[[Any, Params], None]
    start: Callable[[Any, Params, Any], Made]
    is_repeatable: bool = True


# Log: {"log_type", "hours"?: the last so many, "oldest"?, "latest"?: ISO 8601}


def _check_log(station: Any, params: Params) -> None:
    oldest, latest = _span(params)
    log_type = params.get("log_type", LogType.DIAGNOSTICS)
    logs.check_request(station=station, log_type=log_type, oldest=oldest, latest=latest)


def _span(params: Params) -> tuple[datetime | None, datetime | None]:
    oldest, latest = _time(params, "oldest"), _time(params, "latest")
    if hours := params.get("hours"):
        if not isinstance(hours, int | float) or not 0 < hours < MOST_HOURS:
            raise RequestRefused(f"“hours” is a number above 0, as 24, not {hours!r:.50}.")
        oldest = timezone.now() - timedelta(hours=hours)
    return oldest, latest


def _time(params: Params, name: str) -> datetime | None:
    text = params.get(name) or ""
    found = parse_time(text) if isinstance(text, str) else None
    if text and found is None:
        raise RequestRefused(f"“{name}” is a time as 2026-03-01T08:00:00Z, not {text!r:.50}.")
    return found


def _start_log(station: Any, params: Params, user: Any) -> Made:
    oldest, latest = _span(params)
    row = logs.request_log(
        station=station,
        log_type=params.get("log_type", LogType.DIAGNOSTICS),
        oldest=oldest,
        latest=latest,
        requested_by=user,
    )
    return {"log_request": row}


# Reports: {"criteria"?: words of MonitoringCriterion}; {"report_base": a word of ReportBase}


def _check_monitoring_report(station: Any, params: Params) -> None:
    criteria = params.get("criteria")
    wire = {"monitoringCriteria": list(criteria)} if criteria else {}
    reports.check_request(station=station, kind=ReportKind.MONITORING, criteria=wire)


def _start_monitoring_report(station: Any, params: Params, user: Any) -> Made:
    criteria = params.get("criteria") or ()
    row = reports.request_monitoring_report(station=station, criteria=criteria, requested_by=user)
    return {"report": row}


def _check_base_report(station: Any, params: Params) -> None:
    wire = {"reportBase": params.get("report_base", ReportBase.FULL)}
    reports.check_request(station=station, kind=ReportKind.BASE, criteria=wire)


def _start_base_report(station: Any, params: Params, user: Any) -> Made:
    base = params.get("report_base", ReportBase.FULL)
    row = reports.request_base_report(station=station, report_base=base, requested_by=user)
    return {"report": row}


# {"base": a word of MonitoringBaseEnumType}; {"severity": 0 to 9}


def _check_base(station: Any, params: Params) -> None:
    monitors.check_station(station)
    capabilities.check(station, BASE)


def _check_level(station: Any, params: Params) -> None:
    monitors.check_station(station)
    capabilities.check(station, LEVEL)


def _start_base(station: Any, params: Params, user: Any) -> Made:
    base = str(params.get("base", ""))
    call = monitors.set_monitoring_base(station=station, base=base, requested_by=user)
    return {"call": call}


def _start_level(station: Any, params: Params, user: Any) -> Made:
    severity = int(params.get("severity", -1))
    call = monitors.set_monitoring_level(station=station, severity=severity, requested_by=user)
    return {"call": call}


# Variables: {"variables": [component and variable as on the wire, with "attribute", "value"]}


def asked_of(params: Params) -> list[VariableAsked]:
    """The variables that params name, with the values they are to have."""
    return [
        VariableAsked(
            variables.reference_of(each), each.get("attribute", "Actual"), each.get("value")
        )
        for each in params.get("variables", ())
    ]


def _check_set_variables(station: Any, params: Params) -> None:
    wanted = asked_of(params)
    if not wanted:
        raise RequestRefused("Name at least one variable to set.")
    _refuse_secrets(any(is_secret(each.reference) for each in wanted))
    variables.check_request(station=station, kind=VariablesKind.SET, wanted=wanted)


def _start_set_variables(station: Any, params: Params, user: Any) -> Made:
    wanted, guard = asked_of(params), device_model.secrets_of(station)
    _refuse_secrets(any(guard(each.reference) for each in wanted))
    row = variables.set_variables(station=station, asked=wanted, requested_by=user)
    return {"variable_request": row}


def _refuse_secrets(found: bool) -> None:
    if found:
        raise RequestRefused(NO_SECRETS)


# {"message", "evse_id"?, "connector_id"?, "custom"?}; {"action", "payload"}


def _triggered(params: Params) -> Params:
    names = ("message", "evse_id", "connector_id", "custom")
    return {"message": "", **{name: params[name] for name in names if name in params}}


def _check_trigger(station: Any, params: Params) -> None:
    asked = _triggered(params)
    triggers.check_trigger(station=station, asked=asked)
    if asked["message"] in triggers.not_implemented(station):
        raise RequestRefused(capabilities.refusal(asked["message"]))


def _start_trigger(station: Any, params: Params, user: Any) -> Made:
    return {"call": triggers.trigger(station=station, placed_by=user, **_triggered(params))}


def _call(params: Params) -> Params:
    return {"action": str(params.get("action", "")), "payload": params.get("payload") or {}}


def _check_call(station: Any, params: Params) -> None:
    call = _call(params)
    kept = without_secrets(**call)
    _refuse_secrets(kept != call["payload"] or without_personal_data(**call) != call["payload"])
    check_call(station=station, **call)
    capabilities.check(station, *subjects_of(call["action"], call["payload"]))


def _start_call(station: Any, params: Params, user: Any) -> Made:
    return {"call": console.place_by_hand(station=station, placed_by=user, **_call(params))}


O, LOGS = Operation, "diagnostics.request_log"  # noqa: E741
REPORTS, MONITORS = "diagnostics.request_report", "diagnostics.set_monitor"

OPERATIONS: dict[str, CampaignOperation] = {
    O.LOG: CampaignOperation(LOGS, _check_log, _start_log),
    O.MONITORING_REPORT: CampaignOperation(
        REPORTS, _check_monitoring_report, _start_monitoring_report
    ),
    O.BASE_REPORT: CampaignOperation(REPORTS, _check_base_report, _start_base_report),
    # Set twice, a monitor may run twice where its first answer was lost.
    O.SET_MONITORS: CampaignOperation(
        MONITORS, campaign_monitors.check_set, campaign_monitors.start_set, is_repeatable=False
    ),
    O.CLEAR_MONITORS: CampaignOperation(
        MONITORS, campaign_monitors.check_clear, campaign_monitors.start_clear
    ),
    O.MONITORING_BASE: CampaignOperation(MONITORS, _check_base, _start_base),
    O.MONITORING_LEVEL: CampaignOperation(MONITORS, _check_level, _start_level),
    O.SET_VARIABLES: CampaignOperation(
        "diagnostics.set_variable", _check_set_variables, _start_set_variables
    ),
    O.TRIGGER: CampaignOperation("diagnostics.trigger_message", _check_trigger, _start_trigger),
    # Nobody knows what a call does the second time.
    O.CALL: CampaignOperation(
        "diagnostics.place_call", _check_call, _start_call, is_repeatable=False
    ),
}


def operation_of(name: str) -> CampaignOperation:
    """The entry. Raises RequestRefused for a name that has none."""
    found = OPERATIONS.get(name)
    if found is None:
        raise RequestRefused(f"There is no operation {name[:30]}.")
    return found
