"""What is to be done so that a station has what a profile says. A pure comparison.

A plan never clears what is built in or set in the factory, and monitors that a profile did not set
only if it is told to. What cannot be had is named with the reason, and stops nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.monitoring import (
    NOTHING_KNOWN,
    MonitorSpec,
    StreamParams,
    Watchable,
    mistake,
    needs_value,
    settled,
)
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.profiles.document import Document, Wanted

HARD_WIRED = "HardWiredMonitor"
CUSTOM = "CustomMonitor"
PRECONFIGURED = "PreconfiguredMonitor"

# What a base takes away once the station agrees to it (N03.FR.03 to .05).
_WIPED: dict[str, frozenset[str]] = {
    "FactoryDefault": frozenset({CUSTOM}),
    "HardWiredOnly": frozenset({CUSTOM, PRECONFIGURED}),
}


class Action(StrEnum):
    SET = "Set"
    REPLACE = "Replace"
    CLEAR = "Clear"
    KEEP = "Keep"
    CANNOT = "Cannot"


class State(StrEnum):
    IN_STEP = "InStep"
    DRIFTED = "Drifted"
    CANNOT = "Cannot"
    UNKNOWN = "Unknown"
    NO_MONITORS = "NoMonitors"


class Why(StrEnum):
    """Why a station cannot be compared, or cannot have a monitor."""

    NEVER_CONNECTED = "NeverConnected"
    NOT_READ = "NotRead"
    NO_MODEL = "NoModel"
    VERSION = "Version"
    SAID_SO = "SaidSo"

    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NO_MATCH = "NoMatch"
    NOT_MONITORABLE = "NotMonitorable"
    DATA_TYPE = "DataType"
    LIMITS = "Limits"
    NOT_IN_VERSION = "NotInVersion"
    BUILT_IN = "BuiltIn"
    REFUSED = "Refused"


_NOTHING = (None, NOTHING_KNOWN)

# The fields of a mistake, as reasons.
_MISTAKES = {"variable": Why.NOT_MONITORABLE, "type": Why.DATA_TYPE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A monitor that the station runs. `ours`: a profile set it; `kept`: why it was not cleared
    when it was asked to be, "" if it was not."""

    monitor_id: int
    target: ComponentVariable
    type: str
    value: float
    severity: int
    transaction: bool = False
    stream: StreamParams | None = None
    origin: str = ""
    ours: bool = False
    asked_here: bool = False
    kept: str = ""

    @property
    def is_custom(self) -> bool:
        """Whether it is known that a CSMS set it."""
        return self.ours or self.asked_here or self.origin == CUSTOM

    def key(self) -> tuple[object, ...]:
        return (*self.target.key(), self.type, self.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What is known of a station, as far as it concerns monitors.

    `variables` are those of the device model by their key, `components` the names of components
    in lower case; both may leave out what the document does not name. Of a model that was read
    `model_partly` what is absent may be there all the same. `refused` holds what the
    station said no to: reasons by `refusal_key`.
    """

    version: OcppVersion | None
    lacks_monitors: bool = False
    monitors_read: bool = True
    model_read: bool = True
    model_partly: bool = False
    variables: Mapping[tuple[object, ...], tuple[ComponentVariable, Watchable]] = field(
        default_factory=dict
    )
    components: Collection[str] = ()
    base: str = ""
    level: int | None = None
    enabled: bool | None = None
    has_switch: bool = True
    present: Sequence[Present] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of one monitor. `entry` is its position in the document, None for what the
    document does not name; `known` what its variable holds; `detail` adds words to the reason."""

    action: Action
    spec: MonitorSpec | None = None
    known: Watchable = NOTHING_KNOWN
    present: Present | None = None
    entry: int | None = None
    why: Why | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What becomes of `enabled`, `base` or `level`; `present` is None where it is not known."""

    name: str
    wanted: str
    present: str | None
    action: Action
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is to be done at one station, and the state that it is in."""

    state: State
    why: Why | None = None
    settings: Sequence[Setting] = ()
    steps: Sequence[Step] = ()

    def of(self, *actions: Action) -> list[Step]:
        """The steps of these actions."""
        return [step for step in self.steps if step.action in actions]

    def count(self, action: Action) -> int:
        return sum(step.action is action for step in self.steps)

    @property
    def refused_settings(self) -> int:
        return sum(each.action is Action.CANNOT for each in self.settings)

    @property
    def to_switch(self) -> list[Setting]:
        return [each for each in self.settings if each.action is Action.SET]


def refusal_key(spec: MonitorSpec) -> str:
    """What a refusal is about: another value, say, is another question."""
    stream = spec.stream and (spec.stream.interval, spec.stream.values)
    return json.dumps([*spec.key(), spec.value, spec.transaction, stream])


def setting_key(name: str, wanted: str) -> str:
    """The same for `enabled`, `base` and `level`."""
    return f"{name}={wanted}"


def plan(document: Document, station: Station, *, clears_custom: bool = False) -> Plan:
    """Compare. `clears_custom` clears every monitor known to be set by a CSMS, not ours alone."""
    why = _cannot_have_any(station)
    if why is not None:
        return Plan(state=State.NO_MONITORS, why=why)
    why = _not_comparable(document, station)
    if why is not None:
        return Plan(state=State.UNKNOWN, why=why)
    settings = _settings(document, station)
    steps = _Comparison(document, station, _wiped_by(settings), clears_custom).steps()
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


class _Comparison:
    """The monitors of one station beside those of a document; `left` is not spoken for yet."""

    def __init__(
        self, document: Document, station: Station, wiped: frozenset[str], clears_custom: bool
    ) -> None:
        self.document, self.station, self.clears_custom = document, station, clears_custom
        assert station.version is not None  # noqa: S101  asked before
        self.codec = monitoring_codec(station.version)
        self.left = [each for each in station.present if each.origin not in wiped]

    def steps(self) -> list[Step]:
        """What is there already comes first: only what is left over is replaced or cleared."""
        found = [*self._absent_ones(), *(self._beside(*each) for each in self._expanded())]
        found = [self._instead(step) for step in found]
        found.sort(key=lambda step: -1 if step.entry is None else step.entry)
        return [*found, *self._leftover()]

    def _absent_ones(self) -> list[Step]:
        return [
            Step(action=Action.CANNOT, spec=wanted.spec(), entry=entry, why=self._absent(wanted))
            for entry, wanted in enumerate(self.document.monitors)
            if not wanted.optional and not self._targets(wanted)
        ]

    def _expanded(self) -> list[tuple[int, MonitorSpec, Watchable]]:
        """Each monitor on each of its variables; of two that are the same, the fewest stars."""
        best: dict[tuple[object, ...], tuple[int, int, MonitorSpec, Watchable]] = {}
        for entry, wanted in enumerate(self.document.monitors):
            for target, known in self._targets(wanted):
                spec = settled(wanted.spec(target), known)
                if wanted.optional and self._is_unknown_there(spec):
                    continue
                found = best.get(spec.key())
                if found is None or wanted.stars < found[0]:
                    best[spec.key()] = (wanted.stars, entry, spec, known)
        return [(entry, spec, known) for _stars, entry, spec, known in best.values()]

    def _is_unknown_there(self, spec: MonitorSpec) -> bool:
        """Whether the station said, when it was tried, that it has no such variable."""
        said = self.station.refused.get(refusal_key(spec), "")
        return said.startswith((Why.UNKNOWN_COMPONENT, Why.UNKNOWN_VARIABLE))

    def _targets(self, wanted: Wanted) -> list[tuple[ComponentVariable, Watchable]]:
        """The variables that a monitor is on. A star stands for what can be monitored."""
        if wanted.stars:
            return [
                (target, known)
                for target, known in self.station.variables.values()
                if wanted.names(target) and known.supports_monitoring
            ]
        found = self.station.variables.get(wanted.target().key())
        if found is not None:
            return [found]
        return [] if self.station.model_read else [(wanted.target(), NOTHING_KNOWN)]

    def _absent(self, wanted: Wanted) -> Why:
        if wanted.component.lower() not in self.station.components:
            return Why.UNKNOWN_COMPONENT
        return Why.NO_MATCH if wanted.stars else Why.UNKNOWN_VARIABLE

    def _impossible(self, entry: int, spec: MonitorSpec, known: Watchable) -> Step | None:
        cannot = Step(action=Action.CANNOT, spec=spec, known=known, entry=entry)
        try:
            self.codec.check_spec(spec)
        except UnsupportedAction as error:
            return replace(cannot, why=Why.NOT_IN_VERSION, detail=str(error))
        if found := mistake(spec, known):
            why = _MISTAKES.get(found.field, Why.LIMITS)
            return replace(cannot, why=why, detail=found.sentence)
        if refused := self.station.refused.get(refusal_key(spec)):
            return replace(cannot, why=Why.REFUSED, detail=refused)
        return None

    def _beside(self, entry: int, spec: MonitorSpec, known: Watchable) -> Step:
        """A monitor beside that of the same variable, type and severity, if there is one.

        A station takes no second one, and what cannot be replaced stays rather than being cleared.
        """
        found = next((each for each in self.left if each.key() == spec.key()), None)
        if found is not None:
            self.left.remove(found)
            if _is_same(spec, known, found):
                return Step(action=Action.KEEP, spec=spec, known=known, present=found, entry=entry)
        step = self._impossible(entry, spec, known)
        if step is not None or found is None:
            return step or Step(action=Action.SET, spec=spec, known=known, entry=entry)
        step = Step(action=Action.REPLACE, spec=spec, known=known, present=found, entry=entry)
        if found.origin == HARD_WIRED:
            return replace(step, action=Action.CANNOT, why=Why.BUILT_IN)
        return replace(step, spec=replace(spec, monitor_id=found.monitor_id))

    def _instead(self, step: Step) -> Step:
        """One of another severity that would be cleared takes the new one under its id."""
        if step.action is not Action.SET or step.spec is None:
            return step
        kind = (*step.spec.target.key(), step.spec.type)
        for each in self.left:
            if each.key()[:-1] == kind and self._may_clear(each) and not each.kept:
                self.left.remove(each)
                spec = replace(step.spec, monitor_id=each.monitor_id)
                return replace(step, action=Action.REPLACE, spec=spec, present=each)
        return step

    def _leftover(self) -> list[Step]:
        clear = [each for each in self.left if self._may_clear(each)]
        return [
            Step(action=Action.CANNOT, known=known, present=each, why=Why.REFUSED, detail=each.kept)
            if each.kept
            else Step(action=Action.CLEAR, known=known, present=each)
            for each in clear
            for _target, known in [self.station.variables.get(each.target.key(), _NOTHING)]
        ]

    def _may_clear(self, found: Present) -> bool:
        if found.origin in (HARD_WIRED, PRECONFIGURED):
            return False
        return found.ours or (self.clears_custom and found.is_custom)


def _is_same(spec: MonitorSpec, known: Watchable, found: Present) -> bool:
    values = not needs_value(spec.type, known.data_type) or abs(
        spec.value - found.value
    ) <= 1e-6 * max(1.0, abs(spec.value))
    streams = spec.stream is None or spec.stream == found.stream
    return values and streams and spec.transaction == found.transaction
