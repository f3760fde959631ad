"""Reports and requests for variables as sentences: what happened, why, and what to do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.lifecycles.call import CONNECTION_LOST
from diagnostics.lifecycles.parts import Parts
from diagnostics.lifecycles.report import (
    DAMAGED,
    OPEN,
    SUCCEEDED,
    ComponentCriterion,
    GivenUp,
    MonitoringCriterion,
    ReportBase,
    ReportKind,
    ReportStatus,
)
from diagnostics.lifecycles.variables import NOT_MENTIONED, VariablesKind, VariablesStatus
from diagnostics.models import Report, VariableRequest
from diagnostics.ocpp.types import ComponentVariable

S = ReportStatus

MOST_LISTED = 8


def report_tone(status: str) -> str:
    """Which of four looks a status has: good, busy, quiet or bad."""
    if status in SUCCEEDED:
        return "good"
    if status in OPEN:
        return "busy"
    return "quiet" if status in (S.CANCELED, S.EXPIRED) else "bad"


def report_title(row: Report) -> str:
    """What was asked for, in a few words."""
    if row.kind == ReportKind.BASE:
        base = row.criteria.get("reportBase", "")
        return str(dict(ReportBase.choices).get(base, base))
    monitoring = row.kind == ReportKind.MONITORING
    choices = MonitoringCriterion.choices if monitoring else ComponentCriterion.choices
    words = row.criteria.get("monitoringCriteria") or row.criteria.get("componentCriteria") or []
    labels: dict[str, Any] = dict(choices)
    parts = [str(labels.get(word, word)) for word in words] + named(row)[:3]
    head = _("Monitors") if monitoring else _("Variables")
    return f"{head}: {', '.join(parts)}" if parts else str(_("All monitors"))


def named(row: Report) -> list[str]:
    """The components and variables that were asked for."""
    listed = row.criteria.get("componentVariable", [])
    return [str(ComponentVariable.from_wire(each)) for each in listed]


def report_sentence(row: Report) -> str:
    """What became of a report so far, why as far as known, and what to do."""
    if row.status == S.INCOMPLETE:
        return _incomplete(row)
    if row.status == S.REJECTED:
        return _refused(row)
    if row.status == S.NOT_SUPPORTED:
        why = row.reason_info or row.reason_code or (row.call.error_description if row.call else "")
        return _("The station has no such report%(why)s.") % {"why": f": {why}" if why else ""}
    if row.status == S.COMPLETE:
        return _complete(row)
    if row.status == S.RECEIVING:
        return _("The report is arriving: %(so_far)s so far.") % {"so_far": _parts(row)}
    return _sentences()[ReportStatus(row.status)]


def _sentences() -> dict[ReportStatus, str]:
    return {
        S.QUEUED: _("Waiting: the station has not been asked yet."),
        S.SENT: _("Asked. The station has not answered yet."),
        S.ACCEPTED: _("The station agreed and gathers its report."),
        S.EMPTY: _("The report is empty: nothing on the station is as asked for."),
        S.UNANSWERED: _("The station did not answer. Ask again."),
        S.EXPIRED: _("Expired: the station could not be asked in time. Ask again when it is back."),
        S.CANCELED: _("Canceled before the station was asked."),
    }


def _received(row: Report) -> Parts:
    """From the parts that lists have fetched beforehand."""
    return Parts.of((part.seq_no, part.tbc) for part in row.parts.all())


def _parts(row: Report) -> str:
    count = len(_received(row).received)
    return ngettext("%(count)d part", "%(count)d parts", count) % {"count": count}


def _complete(row: Report) -> str:
    entries = sum(part.count for part in row.parts.all())
    return _("Complete: %(parts)s with %(entries)d entries.") % {
        "parts": _parts(row),
        "entries": entries,
    }


def _incomplete(row: Report) -> str:
    if row.reason == DAMAGED:
        return _damaged(row)
    kept = _("What came was added to what was known, and nothing was forgotten. Ask again.")
    if not _received(row).received:
        kept = _("What was known before is unchanged. Ask again.")
    why = {
        GivenUp.REBOOT: _("the station restarted before it had sent everything"),
        GivenUp.TIME_OUT: _("no further part came in time"),
    }.get(GivenUp(row.reason) if row.reason in GivenUp.values else GivenUp.TIME_OUT, "")
    missing = _received(row).missing
    lacks = ""
    if missing:
        listed = ", ".join(map(str, missing[:MOST_LISTED])) + (
            " …" if len(missing) > MOST_LISTED else ""
        )
        lacks = " " + _("Missing: part %(numbers)s.") % {"numbers": listed}
    return _("Incomplete: %(why)s.") % {"why": why} + f"{lacks} {kept}"


def _damaged(row: Report) -> str:
    unread = sum(part.unread_count for part in row.parts.all())
    what = _("Incomplete: a part came empty, so entries are missing.")
    if unread:
        what = ngettext(
            "Incomplete: %(count)d entry could not be read.",
            "Incomplete: %(count)d entries could not be read.",
            unread,
        ) % {"count": unread}
    kept = _("What could be read was added to what was known, and nothing was forgotten.")
    more = _("If asking again brings the same, show this page to the maker of the station.")
    return f"{what} {kept} {more}"


def _refused(row: Report) -> str:
    code = row.reason or row.reason_code
    said = row.reason_info or (row.call.error_description if row.call else "")
    why = " – ".join(filter(None, [code, said]))
    if not why:
        return _("The station refused for now, without a reason. Try again later.")
    return _("The station refused: %(why)s.") % {"why": why}


def variables_tone(status: str) -> str:
    return {
        VariablesStatus.WAITING: "busy",
        VariablesStatus.DONE: "good",
        VariablesStatus.PARTLY: "bad",
    }.get(VariablesStatus(status), "bad")


def variables_sentence(row: VariableRequest) -> str:
    """What became of reading or setting variables."""
    setting = row.kind == VariablesKind.SET
    if row.status == VariablesStatus.WAITING:
        return _("Waiting for the station.")
    if row.status == VariablesStatus.DONE:
        reboot = any(item["status"] == "RebootRequired" for item in row.items)
        if reboot:
            return _("Set; it takes effect when the station has restarted.")
        return _("Everything is set.") if setting else _("Everything was read.")
    if row.status == VariablesStatus.PARTLY:
        return _("Some were done and some were not: see the reasons below.")
    return _("Nothing was set.") if setting else _("Nothing was read.")


def result_words(word: str) -> str:
    """What a station said of one variable."""
    return {
        "": _("waiting"),
        "Accepted": _("done"),
        "RebootRequired": _("set, after a restart"),
        "Rejected": _("refused"),
        "UnknownComponent": _("the station has no such component"),
        "UnknownVariable": _("the station has no such variable"),
        "NotSupportedAttributeType": _("the variable has no such attribute"),
        NOT_MENTIONED: _("not in the answer"),
        "NoAnswer": _("no answer"),
        CONNECTION_LOST: _("the connection was lost"),
        "Expired": _("the station did not come in time"),
        "Unsupported": _("this OCPP version cannot"),
    }.get(word, word)
