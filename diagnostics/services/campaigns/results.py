"""What became of a station of a campaign, read from what was made for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from diagnostics.lifecycles import log_request as logs
from diagnostics.lifecycles import monitor as monitors
from diagnostics.lifecycles import report as reports
from diagnostics.lifecycles import variables
from diagnostics.lifecycles.call import TERMINAL, CallStatus
from diagnostics.lifecycles.campaign import GONE, Operation, StationState
from diagnostics.models import CampaignStation, LogRequest, Monitor, OutboundCall, Report
from diagnostics.models import VariableRequest as Variables
from diagnostics.services.logs import in_campaigns

# Words of answers that are no refusal; an answer without a status is none either.
GOOD_WORDS = frozenset({"Accepted", "AcceptedCanceled", "EmptyResultSet", "Idle", "Installed",
                        "NotFound", "RebootRequired", "Scheduled", "Unlocked"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` is Succeeded or Failed; `code` is why, `info` what the station said with it."""

    state: StationState
    code: str = ""
    info: str = ""


def settled(rows: QuerySet[CampaignStation], operation: str) -> QuerySet[CampaignStation]:
    """Those of the rows whose work has ended, with what `outcome_of` reads."""
    kind = _KINDS[operation]
    rows = rows.filter(kind.is_settled)
    if kind.column == "monitors":
        return rows.prefetch_related("monitors")
    return rows.select_related(kind.column)


def outcome_of(row: CampaignStation, operation: str) -> Outcome:
    """What became of a settled row."""
    kind = _KINDS[operation]
    if kind.column == "monitors":
        return _of_monitors(list(row.monitors.all()), operation)
    made = getattr(row, kind.column)
    return Outcome(StationState.FAILED, GONE) if made is None else kind.judge(made)


def calls_of(row: CampaignStation) -> QuerySet[OutboundCall]:
    """The calls that were placed for a row."""
    mine = Q(campaign_monitors=True)
    for column in ("log_request", "report", "variable_request"):
        if key := getattr(row, f"{column}_id"):
            mine |= Q(**{column: key})
    if row.call_id:
        mine |= Q(pk=row.call_id)
    watched = Exists(row.monitors.filter(call=OuterRef("pk")))
    return OutboundCall.objects.annotate(campaign_monitors=watched).filter(mine)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of work is judged: the column that links it, when it has ended, what came."""

    column: str
    is_settled: Any  # a condition on rows of CampaignStation
    judge: Callable[[Any], Outcome] = lambda made: Outcome(StationState.FAILED, GONE)


def _of(is_good: bool, code: str, info: str = "") -> Outcome:
    state = StationState.SUCCEEDED if is_good else StationState.FAILED
    return Outcome(state, code[:64], info[:500])


def _of_log(row: LogRequest) -> Outcome:
    return _of(row.verdict in logs.SUCCEEDED, **in_campaigns.said_of(row))


def _of_report(row: Report) -> Outcome:
    info = " ".join(filter(None, [row.reason_code, row.reason_info]))
    return _of(row.status in reports.SUCCEEDED, _joined(row.status, row.reason), info)


def _joined(status: str, reason: str) -> str:
    return f"{status}.{reason}" if reason and reason != status else status


def _of_variables(row: Variables) -> Outcome:
    """The first word that is no agreement says why."""
    if row.status == variables.VariablesStatus.DONE:
        words = {str(item.get("status", "")) for item in row.items}
        return _of(True, "RebootRequired" if "RebootRequired" in words else "Accepted")
    bad = [item for item in row.items if item.get("status") not in variables.GOOD]
    word = str(bad[0].get("status") or "NotAsked") if bad else str(row.status)
    return _of(False, word, str(bad[0].get("reason") or "") if bad else "")


def _of_call(call: OutboundCall) -> Outcome:
    if call.status != CallStatus.ANSWERED:
        return _of(False, _joined(call.status, call.error_code), call.error_description)
    answer = call.answer or {}
    word = str(answer.get("status", "Accepted"))
    info = answer.get("statusInfo")
    reason = info.get("reasonCode", "") if isinstance(info, dict) else ""
    return _of(word in GOOD_WORDS, word, str(reason))


def _of_monitors(rows: Sequence[Monitor], operation: str) -> Outcome:
    """All of them, or the first that is not as it was wanted to be."""
    status = monitors.MonitorStatus
    wanted = monitors.GONE if operation == Operation.CLEAR_MONITORS else {status.ACTIVE}
    wrong = next((row for row in rows if row.status not in wanted), None)
    if wrong is None:
        return _of(bool(rows), status.ACTIVE if status.ACTIVE in wanted else status.CLEARED)
    code = _joined(wrong.status, wrong.reason_code)
    return _of(False, code, f"{wrong} {wrong.reason_info}".strip())


def _ended(column: str, is_over: Q) -> Q:
    """Also where what was made is gone: nobody would ever hear of it."""
    return is_over | Q(**{f"{column}__isnull": True})


_OPEN_MONITORS = CampaignStation.monitors.through.objects.filter(
    campaignstation=OuterRef("pk"), monitor__status__in=monitors.OPEN
)
_LOG = _Kind(
    "log_request", _ended("log_request", Q(log_request__verdict__in=logs.SETTLED)), _of_log
)
_REPORT = _Kind("report", _ended("report", Q(report__status__in=reports.SETTLED)), _of_report)
_VARIABLES = _Kind(
    "variable_request",
    _ended("variable_request", ~Q(variable_request__status=variables.VariablesStatus.WAITING)),
    _of_variables,
)
_CALL = _Kind("call", _ended("call", Q(call__status__in=TERMINAL)), _of_call)
_MONITORS = _Kind("monitors", ~Exists(_OPEN_MONITORS))

_KINDS: dict[str, _Kind] = {
    Operation.LOG: _LOG,
    Operation.MONITORING_REPORT: _REPORT,
    Operation.BASE_REPORT: _REPORT,
    Operation.SET_MONITORS: _MONITORS,
    Operation.CLEAR_MONITORS: _MONITORS,
    Operation.MONITORING_BASE: _CALL,
    Operation.MONITORING_LEVEL: _CALL,
    Operation.SET_VARIABLES: _VARIABLES,
    Operation.TRIGGER: _CALL,
    Operation.CALL: _CALL,
}
