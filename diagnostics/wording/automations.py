"""Automations as sentences: what they wait for, what they do, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.automation import Outcome, Trigger
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import Automation, AutomationFiring
from diagnostics.wording.alerts import alert_name
from diagnostics.wording.values import duration

_WHEN = {
    Trigger.ALERT_OPENED: gettext_noop("When an alert opens"),
    Trigger.ALERT_CLEARED: gettext_noop("When an alert is cleared"),
    Trigger.EVENT: gettext_noop("When a station reports an event"),
    Trigger.FAULT: gettext_noop("When a connector becomes faulty"),
    Trigger.SECURITY_EVENT: gettext_noop("When a station reports a security event"),
    Trigger.BOOT: gettext_noop("When a station boots"),
    Trigger.AWAY: gettext_noop("When a station stays away"),
    Trigger.LOG_FAILED: gettext_noop("When a log request fails"),
}

TONES = {Outcome.DONE: "good", Outcome.REFUSED: "bad", Outcome.CAPPED: "warn"}


def when_words(row: Automation) -> str:
    """What it waits for: "When an alert opens: component Temp*, severity 3 or worse"."""
    trigger = Trigger(row.trigger)
    words = [each(row) for each in _CONDITIONS]
    conditions = ", ".join(word for word in words if word)
    head = _(_WHEN[trigger])
    return f"{head}: {conditions}" if conditions else head


def _named(column: str, text: str) -> Callable[[Automation], str]:
    return lambda row: _(text) % {"name": getattr(row, column)} if getattr(row, column) else ""


def _severity(row: Automation) -> str:
    if row.severity is None:
        return ""
    name = Severity(row.severity).label
    return _("severity %(number)d (%(name)s) or worse") % {"number": row.severity, "name": name}


def _away(row: Automation) -> str:
    if row.trigger != Trigger.AWAY or not row.away_minutes:
        return ""
    return _("longer than %(span)s") % {"span": _minutes(row.away_minutes)}


def _times(row: Automation) -> str:
    if row.times <= 1:
        return ""
    span = _minutes(row.within_minutes)
    return _("%(times)d times within %(span)s") % {"times": row.times, "span": span}


def _where(row: Automation) -> str:
    if row.group is not None:
        return _("at stations of %(group)s") % {"group": row.group}
    if row.selection is not None:
        return _("at stations like %(selection)s") % {"selection": row.selection}
    return ""


_CONDITIONS: tuple[Callable[[Automation], str], ...] = (
    _named("component", gettext_noop("component %(name)s")),
    _named("variable", gettext_noop("variable %(name)s")),
    _named("code", gettext_noop("code %(name)s")),
    _severity,
    _away,
    _times,
    _where,
)


def does_words(row: Automation) -> str:
    """What it does: "ask for the diagnostics log of the last 60 min, at most once in 1 h"."""
    actions = []
    if row.pull_log:
        log = row.get_log_type_display()
        span = _minutes(row.log_minutes)
        actions.append(
            _("ask for the %(log)s from %(span)s before")
            % {"log": log[:1].lower() + log[1:], "span": span}
        )
    if row.report:
        actions.append(_("ask for a report: %(report)s") % {"report": row.get_report_display()})
    if row.pk and (names := [target.name for target in row.targets.all()]):
        actions.append(_("tell %(names)s") % {"names": ", ".join(names)})
    return ", ".join(actions) or _("do nothing")


def _minutes(count: int) -> str:
    return duration(timedelta(minutes=count))


def firing_what(row: AutomationFiring) -> str:
    """What had happened, in a few words."""
    if row.alert is not None:
        name = alert_name(row.alert)
        value = row.what.get("value", "")
        return f"{name} = {value}" if value and value not in name else name
    return happened_words(row.automation.trigger, row.what)


def happened_words(trigger: str, what: dict[str, Any]) -> str:
    """The same, from what a firing keeps."""
    code = what.get("code", "")
    if trigger == Trigger.SECURITY_EVENT:
        return _("Security event %(code)s") % {"code": code}
    if trigger == Trigger.BOOT:
        return _("Booted: %(code)s") % {"code": code} if code else _("Booted")
    if trigger == Trigger.AWAY:
        return _("Disconnected, and did not come back")
    if trigger == Trigger.LOG_FAILED:
        return _("Log request #%(number)s: %(verdict)s") % _log_words(what)
    name, value = what.get("name") or _("An entry that names nothing"), what.get("value", "")
    words = f"{name} = {value}" if value else name
    return f"{words} ({code})" if code and code != value else words


def _log_words(what: dict[str, Any]) -> dict[str, Any]:
    verdict = what.get("verdict", "")
    word = LogVerdict(verdict).label if verdict in LogVerdict.values else verdict
    return {"number": what.get("log_request", "?"), "verdict": word}


def firing_sentence(row: AutomationFiring) -> str:
    """What was done about it, or why nothing was."""
    if row.outcome == Outcome.CAPPED:
        head = _("Nothing was done: it had acted as often as it may in an hour.")
    else:
        head = " ".join(filter(None, [_done(row), *_problems(row)]))
    return f"{head} {held_words(row)}".strip()


def _done(row: AutomationFiring) -> str:
    done = []
    if row.log_request is not None:
        older = row.log_request.created_at < row.fired_at
        done.append(
            _("A request for this log was under way already.") if older else _("Asked for a log.")
        )
    if row.report is not None:
        older = row.report.created_at < row.fired_at
        done.append(_("This report was under way already.") if older else _("Asked for a report."))
    if row.told:
        done.append(ngettext("Told one target.", "Told %(n)d targets.", row.told) % {"n": row.told})
    return " ".join(done)


_PROBLEMS = {
    "log": gettext_noop("The log could not be asked for: %(why)s"),
    "report": gettext_noop("The report could not be asked for: %(why)s"),
}


def _problems(row: AutomationFiring) -> list[str]:
    return [
        _(_PROBLEMS.get(action, "%(why)s")) % {"why": why} for action, why in row.problems.items()
    ]


def held_words(row: AutomationFiring) -> str:
    """How often the same happened while the station was left alone."""
    if not row.held:
        return ""
    return ngettext(
        "It happened once more while the station was left alone.",
        "It happened %(held)d more times while the station was left alone.",
        row.held,
    ) % {"held": row.held}
