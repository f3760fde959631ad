"""Monitor profiles in words: how a station stands to its profile, what is done, and why not."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.lifecycles.profile import (
    BY_OPERATOR,
    NO_MONITORS,
    NOT_FOR_IT,
    OPEN_RUNS,
    REFUSED_HERE,
    ProfileState,
    RunStatus,
    Stage,
)
from diagnostics.models import Monitor, ProfileRun, StationProfile
from diagnostics.ocpp.monitoring import DELTA, NOTHING_KNOWN, MonitorSpec, Watchable
from diagnostics.profiles.document import ANY, Document, Place, Wanted
from diagnostics.profiles.station import Present
from diagnostics.profiles.steps import Action, Plan, Setting, Step, Why
from diagnostics.wording.monitors import condition, severity_words

S, R = ProfileState, RunStatus

_STATE_TONES = {
    S.IN_STEP: "good",
    S.DRIFTED: "bad",
    S.CANNOT: "warn",
    S.UNKNOWN: "quiet",
    S.NO_MONITORS: "quiet",
}
_RUN_TONES = {
    R.WAITING: "busy",
    R.RUNNING: "busy",
    R.DONE: "good",
    R.PARTLY: "warn",
    R.FAILED: "bad",
    R.CANCELED: "quiet",
}
_ACTION_TONES = {
    Action.SET: "busy",
    Action.REPLACE: "busy",
    Action.CLEAR: "warn",
    Action.KEEP: "good",
    Action.CANNOT: "bad",
}


def state_tone(state: str) -> str:
    """Which look a state has."""
    return _STATE_TONES.get(S(state), "quiet") if state in S.values else "quiet"


def run_tone(status: str) -> str:
    return _RUN_TONES[R(status)]


def action_tone(action: Action) -> str:
    return _ACTION_TONES[action]


def action_words(action: Action) -> str:
    """What is done, as a word or two."""
    return {
        Action.SET: _("to set"),
        Action.REPLACE: _("to replace"),
        Action.CLEAR: _("to clear"),
        Action.KEEP: _("as wanted"),
        Action.CANNOT: _("cannot"),
    }[action]


def state_sentence(row: StationProfile) -> str:
    """How a station stands to its profile, and what to do."""
    if row.profile is None:
        return _("No profile is for this station: add it to the group of one, or to a selection.")
    if not row.state:
        return _("It is compared with its profile within seconds.")
    if row.state == S.DRIFTED:
        return _("It differs: %(what)s.") % {"what": ", ".join(_differences(row))}
    return {
        S.IN_STEP: _("It runs what the profile says."),
        S.CANNOT: ngettext(
            "It runs what it can of the profile; one thing it cannot have.",
            "It runs what it can of the profile; %(count)d things it cannot have.",
            row.cannot,
        )
        % {"count": row.cannot},
    }.get(S(row.state), "") or why_not_compared(row.why)


def why_not_compared(why: str) -> str:
    """Why nothing can be said of a station, and what to do."""
    words = {
        Why.NEVER_CONNECTED: _("It never connected: its OCPP version is not known."),
        Why.NOT_READ: _(
            "Its monitors are not known yet. Read them from the station, or apply the profile, "
            "which reads them first."
        ),
        Why.NO_MODEL: _(
            "Its device model is not known yet, and the profile has stars. Ask for a report, or "
            "apply the profile, which asks first."
        ),
        Why.VERSION: _(
            "It speaks OCPP 1.6, which has no monitors: it reports faults by itself. The profile "
            "asks nothing of it."
        ),
        Why.SAID_SO: _(
            "It says that it has no monitors. It is not asked again until its firmware changes."
        ),
    }
    return words.get(Why(why), "") if why in list(Why) else ""


def _differences(row: StationProfile) -> Iterator[str]:
    """Its counts, as far as there is something to count."""
    switches = ngettext("%(n)d setting to change", "%(n)d settings to change", row.to_switch)
    said = (
        (row.to_switch, switches),
        (row.to_set, _("%(n)d to set")),
        (row.to_replace, _("%(n)d to replace")),
        (row.to_clear, _("%(n)d to clear")),
        (row.cannot, _("%(n)d cannot be had")),
    )
    for count, words in said:
        if count:
            yield words % {"n": count}


def summary(found: Plan) -> str:
    """A plan in one line: "2 to set, 1 to clear, 5 as wanted"."""
    counted = [(len(found.to_switch), _("settings to change"))]
    counted += [(found.count(action), action_words(action)) for action in Action]
    return ", ".join(f"{count} {words}" for count, words in counted if count) or _("nothing")


def step_sentence(step: Step) -> str:
    """What is different now, or why a monitor cannot be had."""
    if step.action is Action.CANNOT:
        return " ".join(filter(None, [_why_not(step), step.detail and f"({step.detail})"]))
    if step.action is Action.REPLACE and step.spec and step.present:
        return _("now: %(what)s") % {"what": ", ".join(_changed(step.spec, step.present))}
    if step.action is Action.SET:
        return _("The station does not run it.")
    if step.action is Action.CLEAR and step.present:
        if step.present.ours:
            return _("A profile set it, and the present one does not name it.")
        return _("The profile does not name it, and clears what it does not name.")
    return ""


def _why_not(step: Step) -> str:
    words = {
        Why.UNKNOWN_COMPONENT: _("The station has no such component."),
        Why.UNKNOWN_VARIABLE: _("The component has no such variable, or not in this place."),
        Why.NO_MATCH: _("Nothing on the station that can be monitored is called so."),
        Why.NOT_MONITORABLE: _("The station says that this cannot be monitored."),
        Why.DATA_TYPE: _("This type cannot watch what the variable holds."),
        Why.LIMITS: _("The value does not fit the variable."),
        Why.NOT_IN_VERSION: _("The station's OCPP version has no such monitor."),
        Why.BUILT_IN: _("The station has another one built in, which nobody can change."),
        Why.REFUSED: _("The station refused it. It is asked again when the profile is applied by "
                       "hand, or its firmware changes."),
    }  # fmt: skip
    return words.get(step.why, "") if step.why else ""


def _changed(spec: MonitorSpec, present: Present) -> Iterator[str]:
    """What differs, as the station has it now."""
    if abs(spec.value - present.value) > 1e-6 * max(1.0, abs(spec.value)):
        yield _("value %(value)s") % {"value": f"{present.value:g}"}
    if spec.severity != present.severity:
        yield _("severity %(severity)s") % {"severity": severity_words(present.severity)}
    if spec.transaction != present.transaction:
        yield _("only in transactions") if present.transaction else _("always active")
    if spec.stream is not None and spec.stream != present.stream:
        yield _("no stream known") if present.stream is None else _("another stream")


def condition_of(spec: MonitorSpec | Present, known: Watchable = NOTHING_KNOWN) -> str:
    """When a monitor fires, as everywhere."""
    return condition(Monitor(type=spec.type, value=spec.value), known)


def wanted_condition(wanted: Wanted) -> str:
    """The same for what a document says, of a variable that may hold anything."""
    if wanted.type == DELTA and wanted.value == 1:
        return _("on any change; of a number, of more than 1")
    return condition_of(wanted.spec())


def setting_words(name: str, value: str) -> str:
    """ "Level: 7 Notice", "Base: All", "Monitoring: switched on"."""
    if name == "level":
        return _("level %(value)s") % {
            "value": severity_words(int(value)) if value.isdecimal() else value
        }
    if name == "base":
        return _("base %(value)s") % {"value": value}
    return _("monitoring switched on") if value == "true" else _("monitoring switched off")


def setting_sentence(setting: Setting) -> str:
    """What a setting is now, or why it cannot be had."""
    if setting.action is Action.CANNOT:
        return _("The station refused it (%(why)s).") % {"why": setting.detail}
    if setting.action is Action.SET:
        if setting.present is None:
            return _("Nobody knows what it is now.")
        return _("now: %(what)s") % {"what": setting_words(setting.name, setting.present)}
    return ""


def document_words(document: Document) -> list[str]:
    """What a document says of all monitors together."""
    said = []
    if document.enabled is not None:
        said.append(setting_words("enabled", "true" if document.enabled else "false"))
    if document.base:
        said.append(setting_words("base", document.base))
    if document.level is not None:
        said.append(setting_words("level", str(document.level)))
    return said


def place_words(wanted: Wanted) -> str:
    """The variable that a monitor is on, stars in words."""
    component = f"{wanted.component}{f'[{wanted.instance}]' if wanted.instance else ''}"
    places = (_place(_("EVSE"), wanted.evse), _place(_("connector"), wanted.connector))
    where = " ".join(filter(None, places))
    instance = f"[{wanted.variable_instance}]" if wanted.variable_instance else ""
    return f"{component}{f' {where}' if where else ''} · {wanted.variable}{instance}"


def _place(name: str, place: Place) -> str:
    if place is None:
        return ""
    return _("every %(name)s") % {"name": name} if place == ANY else f"{name} {place}"


def run_sentence(run: ProfileRun, *, online: bool = True) -> str:
    """How far an application is, or what became of it."""
    if run.status in OPEN_RUNS and not online:
        return _("The station is away. It goes on when the station returns.")
    if run.status == R.WAITING:
        return _("It begins when it is its turn, mostly within seconds.")
    if run.status == R.RUNNING:
        stages = [Stage(name).label for name in Stage.values if name in run.tries]
        return _("%(stage)s: waiting for the station.") % {"stage": stages[-1] if stages else ""}
    if run.status == R.CANCELED:
        return {
            BY_OPERATOR: _("Somebody canceled it. What the station had been sent is not undone."),
            NOT_FOR_IT: _("The profile is not for this station any more."),
            NO_MONITORS: _("The station has no monitors, so nothing was asked of it."),
        }.get(run.reason, "")
    if run.reason == REFUSED_HERE:
        return run.reason_info
    return {
        R.DONE: _("The station runs what the profile says."),
        R.PARTLY: _("The station runs what it can; see below what it refused or lacks."),
        R.FAILED: _("The station still differs: it did not answer, or not in time."),
    }[R(run.status)]


def version_words(row: StationProfile) -> str:
    """Which version a station has, beside the one that it should have."""
    current = row.profile.current if row.profile else None
    if row.applied is None or current is None:
        return _("none yet")
    if row.applied_id == current.pk:
        return _("version %(number)s") % {"number": current.number}
    if row.profile_id != row.applied.profile_id:
        return _("another profile's")
    return _("version %(old)s, not yet %(new)s") % {
        "old": row.applied.number, "new": current.number,
    }  # fmt: skip
