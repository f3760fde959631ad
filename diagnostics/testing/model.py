"""Variables of a simulated station: their names, values and characteristics (2.x, part 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diagnostics.ocpp.types import Component, ComponentVariable, Variable

NUMERIC = ("integer", "decimal")


@dataclass(frozen=True, slots=True)
class VariableName:
    """A variable of the 2.x device model; compared without regard to case by `folded`.

    `instance` is the variable's; `component_instance`, `evse` and `connector` say which component.
    """

    component: str
    variable: str
    instance: str = ""
    component_instance: str = ""
    evse: int | None = None
    connector: int | None = None

    @classmethod
    def from_wire(cls, payload: dict[str, Any]) -> VariableName:
        """Read whatever has a `component` and a `variable`; no variable is an empty name."""
        read = ComponentVariable.from_wire(payload)
        where, what = read.component, read.variable or Variable("")
        return cls(
            where.name,
            what.name,
            what.instance,
            where.instance,
            where.evse_id,
            where.connector_id,
        )

    def to_wire(self) -> dict[str, Any]:
        """The fields `component` and `variable` of any message."""
        where = Component(self.component, self.component_instance, self.evse, self.connector)
        return ComponentVariable(where, Variable(self.variable, self.instance)).to_wire()

    def folded(self) -> VariableName:
        """The same name in the spelling used for comparing."""
        return VariableName(
            self.component.casefold(),
            self.variable.casefold(),
            self.instance.casefold(),
            self.component_instance.casefold(),
            self.evse,
            self.connector,
        )

    def sibling(self, variable: str, instance: str = "") -> VariableName:
        """Another variable of the same component."""
        return VariableName(
            self.component,
            variable,
            instance,
            self.component_instance,
            self.evse,
            self.connector,
        )

    def is_within(self, wanted: VariableName) -> bool:
        """Whether this is one of the `wanted`, where what is missing stands for any (N02.FR.16)."""
        mine, theirs = self.folded(), wanted.folded()
        return mine.component == theirs.component and all(
            not asked or asked == own
            for asked, own in (
                (theirs.variable, mine.variable),
                (theirs.instance, mine.instance),
                (theirs.component_instance, mine.component_instance),
                (theirs.evse, mine.evse),
                (theirs.connector, mine.connector),
            )
        )


@dataclass(slots=True)
class Value:
    """One variable or configuration key; `value` as text, since the wire has nothing else.

    The rest is what reports say about a variable: `lowest` and `highest` are its limits, `choices`
    its list of values, `monitorable` whether it can have monitors, `target` its Target attribute.
    `needs_reboot` makes SetVariables answer RebootRequired.
    """

    value: str
    writable: bool = False
    readable: bool = True
    data_type: str = "string"
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    choices: str = ""
    monitorable: bool = False
    target: str | None = None
    constant: bool = False
    needs_reboot: bool = False

    @property
    def mutability(self) -> str:
        """MutabilityEnum."""
        if not self.readable:
            return "WriteOnly"
        return "ReadWrite" if self.writable else "ReadOnly"

    @property
    def number(self) -> float | None:
        """The value as a number, if it is one."""
        try:
            return float(self.value) if self.data_type in NUMERIC else None
        except ValueError:
            return None

    def attributes(self) -> list[dict[str, Any]]:
        """VariableAttribute of reports: Actual, and Target where there is one."""
        actual: dict[str, Any] = {"mutability": self.mutability, "persistent": self.writable}
        if self.readable:
            actual["value"] = self.value
        if self.constant:
            actual["constant"] = True
        if self.target is None:
            return [actual]
        return [
            {"type": "Actual", **actual},
            {"type": "Target", "value": self.target, "mutability": "ReadWrite"},
        ]

    def characteristics(self) -> dict[str, Any]:
        """VariableCharacteristics of reports."""
        told: dict[str, Any] = {
            "dataType": self.data_type,
            "supportsMonitoring": self.monitorable,
        }
        if self.unit:
            told["unit"] = self.unit
        if self.lowest is not None:
            told["minLimit"] = self.lowest
        if self.highest is not None:
            told["maxLimit"] = self.highest
        if self.choices:
            told["valuesList"] = self.choices
        return told
