"""Components and variables: how the device model names things (part 1; 2.0.1 and 2.1).

Names are case-insensitive. Absent instances are empty text and absent EVSEs None, so that values
can be compared, stored and used as keys without asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diagnostics.ocpp.fields import inner, text, whole

#: Longest component and variable names and instances (ComponentType, VariableType).
NAME = 50


@dataclass(frozen=True, slots=True)
class Component:
    """ComponentType: a part of a station. ``evse_id`` and ``connector_id`` say where it is."""

    name: str
    instance: str = ""
    evse_id: int | None = None
    connector_id: int | None = None

    @classmethod
    def from_wire(cls, payload: Mapping[str, Any]) -> Component:
        """Read a ComponentType; what cannot be read is empty."""
        evse = inner(payload, "evse")
        return cls(
            text(payload, "name", NAME),
            text(payload, "instance", NAME),
            whole(evse, "id"),
            whole(evse, "connectorId"),
        )

    def to_wire(self) -> dict[str, Any]:
        """Write a ComponentType with only the fields that have a value."""
        wire: dict[str, Any] = {"name": self.name}
        if self.instance:
            wire["instance"] = self.instance
        if self.evse_id is not None:
            wire["evse"] = {"id": self.evse_id}
            if self.connector_id is not None:
                wire["evse"]["connectorId"] = self.connector_id
        return wire

    def __str__(self) -> str:
        name = f"{self.name}{f'[{self.instance}]' if self.instance else ''}"
        if self.evse_id is None:
            return name
        if self.connector_id is None:
            return f"{name} {self.evse_id}" if name == "EVSE" else f"{name} EVSE {self.evse_id}"
        if name == "Connector":
            return f"Connector {self.connector_id} of EVSE {self.evse_id}"
        return f"{name} EVSE {self.evse_id} connector {self.connector_id}"


@dataclass(frozen=True, slots=True)
class Variable:
    """VariableType: something to know or set about a component."""

    name: str
    instance: str = ""

    @classmethod
    def from_wire(cls, payload: Mapping[str, Any]) -> Variable:
        """Read a VariableType; what cannot be read is empty."""
        return cls(text(payload, "name", NAME), text(payload, "instance", NAME))

    def to_wire(self) -> dict[str, Any]:
        """Write a VariableType with only the fields that have a value."""
        return {"name": self.name, **({"instance": self.instance} if self.instance else {})}

    def __str__(self) -> str:
        return f"{self.name}{f'[{self.instance}]' if self.instance else ''}"


@dataclass(frozen=True, slots=True)
class ComponentVariable:
    """A variable of a component; no variable means all of them (in report criteria)."""

    component: Component
    variable: Variable | None = None

    @classmethod
    def from_wire(cls, payload: Mapping[str, Any]) -> ComponentVariable:
        """Read anything that has a ``component`` and perhaps a ``variable``."""
        variable = payload.get("variable")
        return cls(
            Component.from_wire(inner(payload, "component")),
            Variable.from_wire(variable) if isinstance(variable, Mapping) else None,
        )

    def to_wire(self) -> dict[str, Any]:
        """Write ``component`` and, where there is one, ``variable``."""
        wire = {"component": self.component.to_wire()}
        if self.variable is not None:
            wire["variable"] = self.variable.to_wire()
        return wire

    def key(self) -> tuple[str, str, int | None, int | None, str, str]:
        """What makes two spellings of the same thing equal: names in lower case."""
        one, other = self.component, self.variable or Variable("")
        return (
            one.name.lower(),
            one.instance.lower(),
            one.evse_id,
            one.connector_id,
            other.name.lower(),
            other.instance.lower(),
        )

    def __str__(self) -> str:
        return f"{self.component} · {self.variable}" if self.variable else str(self.component)
