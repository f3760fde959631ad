"""The small device behind a simulated station: who it is, and what can be read and set on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.inventory import typical_configuration, typical_variables
from diagnostics.testing.model import Value, VariableName

__all__ = ["Device", "Value", "VariableName", "typical_device"]


@dataclass(slots=True, kw_only=True)
class Device:
    """Identity as in BootNotification, and what GetVariables or GetConfiguration find.

    `variables` serves 2.x, `configuration` 1.6; tests may add to both.
    """

    vendor: str = "Nordlader"
    model: str = "NL-22-Duo"
    serial_number: str = "NL0004711"
    firmware_version: str = "3.8.2"
    connectors: int = 2
    variables: dict[VariableName, Value] = field(default_factory=typical_variables)
    configuration: dict[str, Value] = field(default_factory=typical_configuration)

    def find(self, name: VariableName) -> Value | None:
        """The variable with this name in any case, or None."""
        wanted = name.folded()
        return next((v for known, v in self.variables.items() if known.folded() == wanted), None)

    def read(self, component: str, variable: str, instance: str = "") -> str:
        """The value of a variable of a controller; empty when there is none."""
        found = self.find(VariableName(component, variable, instance))
        return "" if found is None else found.value

    def write(self, component: str, variable: str, value: str) -> None:
        """Change a variable of a controller, where the device has it."""
        found = self.find(VariableName(component, variable))
        if found is not None:
            found.value = value

    def list_protocols(self, schemes: Iterable[str]) -> None:
        """Say which protocols files are brought by."""
        listed = ",".join(scheme.upper() for scheme in schemes)
        self.write("OCPPCommCtrlr", "FileTransferProtocols", listed)
        self.configuration["SupportedFileTransferProtocols"] = Value(listed)

    def has_component(self, name: VariableName) -> bool:
        """Whether any variable belongs to the component of this name."""
        wanted = name.sibling("").folded()
        return any(known.sibling("").folded() == wanted for known in self.variables)

    def find_key(self, key: str) -> tuple[str, Value] | None:
        """The configuration key in its own spelling, and its value; None when unknown."""
        wanted = key.casefold()
        return next(((k, v) for k, v in self.configuration.items() if k.casefold() == wanted), None)


_MODELS = {
    OcppVersion.V16: ("Havnelad", "HL-7 Wallbox", "1.14.0"),
    OcppVersion.V201: ("Nordlader", "NL-22-Duo", "3.8.2"),
    OcppVersion.V21: ("Voltmark", "VM-150 Rapid", "5.0.1"),
}


def typical_device(version: OcppVersion, serial_number: str) -> Device:
    """A device as it is sold for this version: made-up vendor, model and firmware."""
    vendor, model, firmware = _MODELS[version]
    return Device(
        vendor=vendor, model=model, serial_number=serial_number[:25], firmware_version=firmware
    )
