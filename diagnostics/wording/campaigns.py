"""Campaigns as sentences: what is asked, how it stands, why stations failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.lifecycles.campaign import (
    AWAY,
    BROKEN,
    CANNOT,
    GONE,
    NO_TURN,
    CampaignStatus,
    HeldBecause,
    Operation,
    StationState,
)
from diagnostics.lifecycles.log_request import LogType, LogVerdict
from diagnostics.lifecycles.monitor import MonitorStatus, MonitorType
from diagnostics.lifecycles.report import MonitoringCriterion, ReportBase, ReportStatus
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models import Campaign, CampaignStation, LogRequest
from diagnostics.models.campaign import CampaignPlan
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.wording.call_errors import error_words
from diagnostics.wording.reports import result_words
from diagnostics.wording.values import duration
from diagnostics.wording.verdicts import reason_words

S = StationState
Counts = dict[str, int]

# How a state looks: good, busy, bad or quiet.
TONES = {
    S.WAITING: "quiet",
    S.ASKED: "busy",
    S.SUCCEEDED: "good",
    S.FAILED: "bad",
    S.EXPIRED: "warn",
    S.SKIPPED: "quiet",
    S.CANCELED: "quiet",
}


def campaign_tone(row: Campaign, counts: Counts) -> str:
    if row.status in (CampaignStatus.PAUSED, CampaignStatus.HELD):
        return "warn"
    if row.status == CampaignStatus.COMPLETE:
        failed = counts.get(S.FAILED, 0) + counts.get(S.EXPIRED, 0)
        if failed > counts.get(S.SUCCEEDED, 0):
            return "bad"
        return "warn" if failed else "good"
    return "busy" if row.ended_at is None else "quiet"


def campaign_sentence(row: Campaign, counts: Counts) -> str:
    """How it stands: how many have ended and how, and what comes next."""
    words = [_head(row, counts), *_bad_news(counts)]
    return " ".join(filter(None, words))


def _head(row: Campaign, counts: Counts) -> str:
    able = sum(counts.values()) - counts.get(S.SKIPPED, 0)
    said = {"good": f"{counts.get(S.SUCCEEDED, 0):,}", "able": f"{able:,}"}
    if row.status == CampaignStatus.COMPLETE:
        return _("Over: %(good)s of %(able)s stations succeeded.") % said
    if row.status == CampaignStatus.CANCELED:
        if row.ended_at is None:
            return _("Canceled. What was asked before is still heard of.")
        return _("Canceled when %(good)s of %(able)s stations had succeeded.") % said
    if row.status == CampaignStatus.PAUSED:
        return _("Paused: nobody is asked. Succeeded: %(good)s of %(able)s stations.") % said
    if row.status == CampaignStatus.HELD:
        return held_sentence(row)
    return _("Succeeded so far: %(good)s of %(able)s stations.") % said


def held_sentence(row: Campaign) -> str:
    """Why the campaign does not go on by itself, and what to do."""
    if row.held_because == HeldBecause.RATE:
        text = _(
            "Held after the first wave: fewer than %(rate)d %% of it succeeded. Look at what "
            "failed, then go on or cancel."
        )
        return text % {"rate": row.success_rate}
    return _("Held: the first wave is over. Look at what came of it, then go on or cancel.")


def _bad_news(counts: Counts) -> list[str]:
    words = []
    if failed := counts.get(S.FAILED):
        words.append(ngettext("%(n)s failed.", "%(n)s failed.", failed) % {"n": f"{failed:,}"})
    if expired := counts.get(S.EXPIRED):
        text = ngettext("%(n)s was not reached.", "%(n)s were not reached.", expired)
        words.append(text % {"n": f"{expired:,}"})
    return words


def what_words(plan: CampaignPlan) -> str:
    """What is asked of every station: "Get a log: Diagnostics log, the last 24 hours"."""
    label = str(Operation(plan.operation).label)
    details = _DETAILS[plan.operation](plan.params or {})
    return f"{label}: {details}" if details else label


def _log(params: dict[str, Any]) -> str:
    log_type = params.get("log_type", LogType.DIAGNOSTICS)
    words = [str(LogType(log_type).label) if log_type in LogType.values else str(log_type)]
    if hours := params.get("hours"):
        text = ngettext("the last hour", "the last %(hours)d hours", hours)
        words.append(text % {"hours": hours})
    elif params.get("oldest") or params.get("latest"):
        words.append(f"{params.get('oldest') or ''} … {params.get('latest') or ''}".strip())
    else:
        words.append(_("everything the station has"))
    return ", ".join(words)


def _monitors(params: dict[str, Any]) -> str:
    words = []
    for each in params.get("monitors", ()):
        kind = each.get("type", "")
        label = MonitorType(kind).label if kind in MonitorType.values else kind
        words.append(f"{_named(each)} {label} {each.get('value', 0):g}")
    return ", ".join(words)


def _cleared(params: dict[str, Any]) -> str:
    if params.get("all"):
        return _("all that a CSMS has set")
    return _("of %(names)s") % {"names": ", ".join(map(_named, params.get("named", ())))}


def _variables(params: dict[str, Any]) -> str:
    return ", ".join(
        f"{_named(each)} = {each.get('value', '')}" for each in params.get("variables", ())
    )


def _named(wire: dict[str, Any]) -> str:
    return str(ComponentVariable.from_wire(wire)).removeprefix(" · ")


def _criteria(params: dict[str, Any]) -> str:
    labels = dict(MonitoringCriterion.choices)
    return ", ".join(str(labels.get(word, word)) for word in params.get("criteria", ()))


def _base_report(params: dict[str, Any]) -> str:
    base = params.get("report_base", ReportBase.FULL)
    return str(dict(ReportBase.choices).get(base, base))


_DETAILS: dict[str, Any] = {
    Operation.LOG: _log,
    Operation.MONITORING_REPORT: _criteria,
    Operation.BASE_REPORT: _base_report,
    Operation.SET_MONITORS: _monitors,
    Operation.CLEAR_MONITORS: _cleared,
    Operation.MONITORING_BASE: lambda params: str(params.get("base", "")),
    Operation.MONITORING_LEVEL: lambda params: str(params.get("severity", "")),
    Operation.SET_VARIABLES: _variables,
    Operation.TRIGGER: lambda params: str(params.get("message", "")),
    Operation.CALL: lambda params: str(params.get("action", "")),
}


def whom_words(scope: str, name: str) -> str:
    """Of which stations."""
    words = {
        StationScope.GROUP: _("the group %(name)s"),
        StationScope.SELECTION: _("the selection %(name)s"),
        StationScope.STATIONS: name or _("chosen stations"),
        StationScope.ALL: _("all stations"),
    }
    return words[StationScope(scope)] % {"name": name}


def pace_words(plan: CampaignPlan) -> str:
    """How fast, when and how often, in one line."""
    words = [_("%(count)d at once") % {"count": plan.at_once}]
    if plan.at_once_per_group:
        words.append(_("%(count)d of a group") % {"count": plan.at_once_per_group})
    if plan.per_second:
        words.append(_("%(rate)g a second") % {"rate": plan.per_second})
    if plan.window_from and plan.window_to:
        words.append(
            _("from %(start)s to %(end)s (%(zone)s)")
            % {
                "start": plan.window_from.strftime("%H:%M"),
                "end": plan.window_to.strftime("%H:%M"),
                "zone": plan.zone,
            }
        )
    if plan.first_wave:
        unit = " %" if plan.first_wave_percent else ""
        words.append(_("first wave %(count)s") % {"count": f"{plan.first_wave}{unit}"})
    if plan.attempts > 1:
        words.append(_("up to %(count)d attempts") % {"count": plan.attempts})
    return " · ".join(words)


def reason_sentence(operation: str, state: str, code: str, info: str = "") -> str:
    """Why a station is in its state, in words; the code itself stands beside them."""
    if code in (CANNOT, AWAY, NO_TURN, GONE, BROKEN):
        return _own(code, info)
    words = _said(operation, state, code)
    return f"{words} ({info})" if info and info not in words else words


def _own(code: str, info: str) -> str:
    return {
        CANNOT: info,
        AWAY: _("The station was away until the time was over."),
        NO_TURN: _("Its turn did not come before the time was over: make the campaign faster."),
        GONE: _("What was made for it has been deleted, so nobody knows."),
        BROKEN: _("Asking failed inside this server: its log says why."),
    }[code]


def _said(operation: str, state: str, code: str) -> str:
    head, _dot, tail = code.partition(".")
    if operation == Operation.LOG and head in LogVerdict.values:
        words = reason_words(LogRequest(verdict=head, reason=tail))
        label = str(LogVerdict(head).label)
        return words if words == label else f"{label}: {words}"
    if words := error_words(tail or head):
        return words
    for labels in (MonitorStatus, ReportStatus):
        if operation in _LABELED[labels] and head in labels.values:
            return str(labels(head).label)
    return result_words(head) if state == S.FAILED else head


_LABELED: dict[Any, frozenset[str]] = {
    MonitorStatus: frozenset({Operation.SET_MONITORS, Operation.CLEAR_MONITORS}),
    ReportStatus: frozenset({Operation.BASE_REPORT, Operation.MONITORING_REPORT}),
}


def station_sentence(row: CampaignStation, campaign: Campaign, now: datetime | None = None) -> str:
    """How it stands with one station."""
    if row.state == S.WAITING:
        now = now or timezone.now()
        if row.attempt and row.due_at and row.due_at > now:
            text = _("Attempt %(attempt)d failed: %(why)s. It is asked again in %(span)s.")
            why = reason_sentence(campaign.operation, S.FAILED, row.code, row.info).rstrip(".")
            span = duration(row.due_at - now)
            return text % {"attempt": row.attempt, "why": why, "span": span}
        return _("Its turn has not come, or it is away.")
    if row.state == S.ASKED:
        return _("Asked, and not over yet.")
    if row.state == S.SUCCEEDED and row.code in ("", "Accepted", "Active", "Cleared"):
        return ""
    return reason_sentence(campaign.operation, row.state, row.code, row.info)
