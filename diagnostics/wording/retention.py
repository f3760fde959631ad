"""Rules of retention, what they did, legal holds and checks of the store, as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from diagnostics.lifecycles.log_request import LogType
from diagnostics.models import DeletedFile, LegalHold, RetentionRun, StoreCheck
from diagnostics.models.retention import RunStatus
from diagnostics.wording.values import size

PROBLEMS = {"Crashed": gettext_noop("Whoever worked on it died, and did so when it went on.")}


def rule_words(rule: Mapping[str, Any]) -> str:
    """A snapshot of a rule: "security logs of Harbour are kept for 30 days"."""
    return _("%(logs)s of %(stations)s: %(kept)s") % {
        "logs": scope_of_logs(rule["log_type"]),
        "stations": rule["group"] or _("all stations"),
        "kept": kept_words(rule),
    }


def scope_of_logs(log_type: str) -> str:
    return str(LogType(log_type).label) if log_type in LogType.values else _("all logs")


def kept_words(rule: Mapping[str, Any]) -> str:
    if rule["days"] is not None:
        text = ngettext("kept for one day", "kept for %(days)s days", rule["days"])
        return text % {"days": rule["days"]}
    text = ngettext(
        "the newest one of each station is kept",
        "the newest %(newest)s of each station are kept",
        rule["newest"],
    )
    return text % {"newest": rule["newest"]}


def deletion_sentence(row: DeletedFile) -> str:
    """That a file was here: when it went, by which rule."""
    return _("Deleted on %(when)s by the retention rule “%(rule)s”.") % {
        "when": _when(row.deleted_at),
        "rule": rule_words(row.rule),
    }


def hold_sentence(hold: LegalHold) -> str:
    """Who holds what since when, and why."""
    return _("On legal hold since %(when)s, by %(who)s (%(what)s): %(why)s") % {
        "when": _when(hold.placed_at),
        "who": hold.placed_by or _("the system"),
        "what": hold.get_scope_display(),
        "why": hold.reason,
    }


def fate_sentence(
    holds: Sequence[LegalHold], deciding: Sequence[Mapping[str, Any]], *, goes: bool
) -> str:
    """What will become of a file, and which rules decide that."""
    if holds:
        return hold_sentence(holds[0])
    if not deciding:
        return _("No retention rule is about it: it is kept.")
    rules = " · ".join(rule_words(rule) for rule in deciding)
    if goes:
        return _("It goes with the next run of retention, by “%(rules)s”.") % {"rules": rules}
    return _("Kept for now; “%(rules)s” decides.") % {"rules": rules}


def run_tone(run: RetentionRun) -> str:
    return {RunStatus.RUNNING: "busy", RunStatus.DONE: "good"}.get(RunStatus(run.status), "bad")


def run_sentence(run: RetentionRun) -> str:
    """How far a run is, or what it came to."""
    went = ngettext("%(files)s file, %(size)s", "%(files)s files, %(size)s", run.files) % {
        "files": f"{run.files:,}",
        "size": size(run.octets),
    }
    if run.is_dry:
        text = _("Would delete %(went)s, of %(looked_at)s looked at.")
    else:
        text = _("Deleted %(went)s, of %(looked_at)s looked at.")
    words = [text % {"went": went, "looked_at": f"{run.looked_at:,}"}]
    if run.held:
        held = ngettext(
            "%(held)s more is on legal hold.", "%(held)s more are on legal hold.", run.held
        )
        words.append(held % {"held": f"{run.held:,}"})
    if run.is_open:
        words.insert(0, _("Under way."))
    if run.problem:
        words.append(_problem(run.problem))
    return " ".join(words)


def check_tone(check: StoreCheck) -> str:
    if check.status == RunStatus.RUNNING:
        return "busy"
    return "good" if check.status == RunStatus.DONE and check.is_clean else "bad"


def check_sentence(check: StoreCheck) -> str:
    """Whether store and rows agree."""
    if check.problem:
        return _problem(check.problem)
    if check.is_open:
        return _("Under way: %(objects)s objects so far.") % {"objects": f"{check.objects_count:,}"}
    seen = _("%(objects)s objects (%(size)s), %(files)s files.") % {
        "objects": f"{check.objects_count:,}",
        "size": size(check.octets),
        "files": f"{check.files:,}",
    }
    verdict = _("They agree.") if check.is_clean else _("They do not agree.")
    return f"{seen} {verdict}"


def findings(check: StoreCheck) -> list[tuple[str, int, str]]:
    """What a check found: its name among the examples, how many, and a sentence of what it is."""
    before = _("Objects that no row speaks of, %(size)s in all with the copies.") % {
        "size": size(check.orphan_octets)
    }
    found = [
        ("orphans", check.orphans, before),
        ("copies", check.copies, _("Readable copies whose file is gone.")),
        ("missing", check.missing,
         _("Files of log requests whose object is not in the store: they are lost.")),
        ("differing", check.differing,
         _("Files whose object has another size than when it came.")),
        ("foreign", check.foreign,
         _("Objects that were not put there by this system; they are never touched.")),
    ]  # fmt: skip
    return [each for each in found if each[1]]


def _problem(code: str) -> str:
    return _(PROBLEMS[code]) if code in PROBLEMS else code


def _when(moment: Any) -> str:
    return date_format(localtime(moment), "Y-m-d H:i T")
