"""What is to be done so that a station has what a profile says. A pure comparison.

A plan never clears what is built in or set in the factory, and monitors that a profile did not set
only if it is told to. What cannot be had is named with the reason, and stops nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.profiles.comparison import Comparison
from diagnostics.profiles.document import Document
from diagnostics.profiles.station import CUSTOM, PRECONFIGURED, Station
from diagnostics.profiles.steps import Action, Plan, Setting, State, Step, Why, setting_key

# What a base takes away once the station agrees to it (N03.FR.03 to .05).
_WIPED: dict[str, frozenset[str]] = {
    "FactoryDefault": frozenset({CUSTOM}),
    "HardWiredOnly": frozenset({CUSTOM, PRECONFIGURED}),
}


def plan(document: Document, station: Station, *, clears_custom: bool = False) -> Plan:
    """Compare. `clears_custom` clears every monitor known to be set by a CSMS, not ours alone."""
    why = _cannot_have_any(station)
    if why is not None:
        return Plan(state=State.NO_MONITORS, why=why)
    why = _not_comparable(document, station)
    if why is not None:
        return Plan(state=State.UNKNOWN, why=why)
    settings = _settings(document, station)
    steps = Comparison(document, station, _wiped_by(settings), clears_custom).steps()
    return Plan(state=_state(settings, steps), settings=settings, steps=steps)


def _cannot_have_any(station: Station) -> Why | None:
    if station.version is None:
        return None
    try:
        monitoring_codec(station.version).check()
    except UnsupportedAction:
        return Why.VERSION
    return Why.SAID_SO if station.lacks_monitors else None


def _not_comparable(document: Document, station: Station) -> Why | None:
    if station.version is None:
        return Why.NEVER_CONNECTED
    if not station.monitors_read:
        return Why.NOT_READ
    if document.has_stars and not station.model_read and not station.model_partly:
        return Why.NO_MODEL
    return None


def _state(settings: Sequence[Setting], steps: Sequence[Step]) -> State:
    actions = {each.action for each in settings} | {step.action for step in steps}
    if actions & {Action.SET, Action.REPLACE, Action.CLEAR}:
        return State.DRIFTED
    return State.CANNOT if Action.CANNOT in actions else State.IN_STEP


def _settings(document: Document, station: Station) -> list[Setting]:
    """Switched on first, then the base, which may wipe monitors, then the level."""
    found = []
    if document.enabled is not None and station.has_switch:
        known = None if station.enabled is None else _truth(station.enabled)
        found.append(_setting("enabled", _truth(document.enabled), known, station))
    if document.base:
        found.append(_setting("base", document.base, station.base or None, station))
    if document.level is not None:
        known = None if station.level is None else str(station.level)
        found.append(_setting("level", str(document.level), known, station))
    return found


def _setting(name: str, wanted: str, known: str | None, station: Station) -> Setting:
    refused = station.refused.get(setting_key(name, wanted), "")
    action = Action.CANNOT if refused else Action.SET
    if known is not None and known.lower() == wanted.lower():  # some write HardwiredOnly
        action, refused = Action.KEEP, ""
    return Setting(name=name, wanted=wanted, present=known, action=action, detail=refused)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _wiped_by(settings: Sequence[Setting]) -> frozenset[str]:
    for each in settings:
        if each.name == "base" and each.action is Action.SET:
            return _WIPED.get(each.wanted, frozenset())
    return frozenset()
