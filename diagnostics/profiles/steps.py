"""What a plan consists of: steps, settings, the state that a station is in, and reasons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from diagnostics.ocpp.monitoring import (
    NOTHING_KNOWN,
    MonitorSpec,
    Watchable,
)
from diagnostics.profiles.station import Present


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
