"""What a profile says: base, level, whether monitoring is on, and a list of monitors.

A star stands for whatever a station has in that place: `instance`, `evse`, `connector` and
`variable_instance` may be one. What is absent is not there on the station either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.ocpp.monitoring import (
    ALL_TYPES,
    BASES,
    DELTA,
    SEVERITIES,
    USUAL_SEVERITY,
    MonitorSpec,
    StreamParams,
    mistake,
)
from diagnostics.ocpp.types import NAME, Component, ComponentVariable, Variable

ANY = "*"
LARGEST_NUMBER = 2**31 - 1
#: More monitors than any station runs are a mistake.
MOST_MONITORS = 500

Place = int | str | None


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a document: the monitor's position from 0 (None: not in a monitor), the
    field ("" for the whole), a sentence, and the line of the text where it has one."""

    sentence: str
    entry: int | None = None
    field: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One monitor that stations are to have, on every variable that its names stand for.

    `value` is as in `MonitorSpec`. An `optional` one is not missed where no such variable is.
    """

    component: str
    instance: str = ""
    evse: Place = None
    connector: Place = None
    variable: str
    variable_instance: str = ""
    type: str
    value: float = 1.0
    severity: int = USUAL_SEVERITY
    transaction: bool = False
    stream: StreamParams | None = None
    optional: bool = False

    @property
    def stars(self) -> int:
        """How many of its names are a star."""
        names = (self.instance, self.evse, self.connector, self.variable_instance)
        return sum(name == ANY for name in names)

    def target(self) -> ComponentVariable:
        """The variable that it names; a star is no part of it."""
        return ComponentVariable(
            Component(self.component, _named(self.instance), _number(self.evse),
                      _number(self.connector)),
            Variable(self.variable, _named(self.variable_instance)),
        )  # fmt: skip

    def names(self, target: ComponentVariable) -> bool:
        """Whether it is about this variable of a station."""
        component, variable = target.component, target.variable or Variable("")
        return (
            component.name.lower() == self.component.lower()
            and variable.name.lower() == self.variable.lower()
            and _matches(self.instance, component.instance)
            and _matches(self.variable_instance, variable.instance)
            and self.evse in (ANY, component.evse_id)
            and self.connector in (ANY, component.connector_id)
        )

    def spec(self, target: ComponentVariable | None = None) -> MonitorSpec:
        """The monitor as it is asked of a station, on `target`."""
        return MonitorSpec(
            target=target or self.target(),
            type=self.type,
            value=self.value,
            severity=self.severity,
            transaction=self.transaction,
            stream=self.stream,
        )

    def key(self) -> tuple[object, ...]:
        """What a document may say once: the names, the type and the severity (N04.FR.10)."""
        return (
            self.component.lower(), self.instance.lower(), self.evse, self.connector,
            self.variable.lower(), self.variable_instance.lower(), self.type, self.severity,
        )  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """As it stands in a document: only what differs from the usual."""
        stream = self.stream and {
            name: value
            for name, value in (("interval", self.stream.interval), ("values", self.stream.values))
            if value is not None
        }
        said = {
            "component": self.component, "instance": self.instance, "evse": self.evse,
            "connector": self.connector, "variable": self.variable,
            "variable_instance": self.variable_instance, "type": self.type,
            "value": int(self.value) if self.value == int(self.value) else self.value,
            "severity": self.severity, "transaction": self.transaction, "stream": stream,
            "optional": self.optional,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value not in ("", None, False)} | {
            "value": said["value"], "severity": self.severity,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What stations are to have. None and "" leave as it is."""

    base: str = ""
    level: int | None = None
    enabled: bool | None = None
    monitors: Sequence[Wanted] = field(default=())

    @property
    def has_stars(self) -> bool:
        return any(each.stars for each in self.monitors)

    def plain(self) -> dict[str, Any]:
        """As it is kept, and written as YAML; see `read`."""
        said = {"base": self.base or None, "level": self.level, "enabled": self.enabled}
        return {
            **{name: value for name, value in said.items() if value is not None},
            "monitors": [each.plain() for each in self.monitors],
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Document:
        """The document that `plain` wrote."""
        return cls(
            base=kept.get("base", ""),
            level=kept.get("level"),
            enabled=kept.get("enabled"),
            monitors=tuple(_wanted(each) for each in kept.get("monitors", ())),
        )


def _wanted(kept: Mapping[str, Any]) -> Wanted:
    stream = kept.get("stream")
    given = {**kept, "stream": StreamParams(**stream) if stream else None}
    return Wanted(**{**given, "value": float(kept["value"])})


def flaws_of(document: Document) -> list[Flaw]:
    """All that is wrong with a document, whatever the station."""
    found: list[Flaw] = []
    if document.base and document.base not in BASES:
        found.append(Flaw(f"There is no such base. Known: {', '.join(BASES)}.", field="base"))
    if document.level is not None and document.level not in SEVERITIES:
        found.append(Flaw("A level goes from 0 (only the worst) to 9 (everything).", field="level"))
    if len(document.monitors) > MOST_MONITORS:
        found.append(Flaw(f"More than {MOST_MONITORS} monitors are too many.", field="monitors"))
    seen: dict[tuple[object, ...], int] = {}
    for entry, wanted in enumerate(document.monitors[:MOST_MONITORS]):
        found += flaws_of_monitor(wanted, entry)
        first = seen.setdefault(wanted.key(), entry)
        if first != entry:
            text = (
                f"Monitor {first + 1} is of the same variable, type and severity: a station takes"
                " such a pair once."
            )
            found.append(Flaw(text, entry, "severity"))
    return found


def flaws_of_monitor(wanted: Wanted, entry: int | None = None) -> list[Flaw]:
    """What is wrong with one monitor, by its fields."""
    said: list[tuple[str, str]] = []
    for name in ("component", "variable"):
        text = getattr(wanted, name)
        if not text:
            said.append((name, f"Name the {name}."))
        elif ANY in text:
            said.append((name, f"A star cannot stand for a {name}: name it."))
    for name in ("component", "instance", "variable", "variable_instance"):
        if len(getattr(wanted, name)) > NAME:
            said.append((name, f"Names have at most {NAME} characters."))
    if wanted.connector is not None and wanted.evse is None:
        said.append(("evse", "A connector belongs to an EVSE: give its number, or a star."))
    if wanted.type not in ALL_TYPES:
        said.append(("type", f"There is no such type. Known: {', '.join(sorted(ALL_TYPES))}."))
    if not math.isfinite(wanted.value):
        said.append(("value", "Give a number."))
    if not said and (found := mistake(wanted.spec())):
        name = "stream" if found.field == "stream_interval" else found.field
        said.append((name, found.sentence))
    return [Flaw(sentence, entry, name) for name, sentence in said]


def needs_a_value(monitor_type: str) -> bool:
    """Whether a document must give a value: a change of what is no number has none (N04.FR.17)."""
    return monitor_type != DELTA


def _named(name: str) -> str:
    return "" if name == ANY else name


def _number(place: Place) -> int | None:
    return place if isinstance(place, int) else None


def _matches(wanted: str, found: str) -> bool:
    return wanted == ANY or wanted.lower() == found.lower()
