"""The small device behind a simulated station: who it is, and what can be read and set on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from diagnostics.ocpp.versions import OcppVersion


@dataclass(slots=True)
class Value:
    """One variable or configuration key; `value` as text, since the wire has nothing else."""

    value: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class VariableName:
    """A variable of the 2.x device model; compared without regard to case."""

    component: str
    variable: str
    instance: str = ""

    def folded(self) -> VariableName:
        """The same name in the spelling used for comparing."""
        return VariableName(
            self.component.casefold(), self.variable.casefold(), self.instance.casefold()
        )


def _variables() -> dict[VariableName, Value]:
    return {
        VariableName("DeviceDataCtrlr", "ItemsPerMessage", "GetReport"): Value("20"),
        VariableName("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"): Value("20"),
        VariableName("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"): Value("10"),
        VariableName("MonitoringCtrlr", "ItemsPerMessage", "SetVariableMonitoring"): Value("8"),
        VariableName("MonitoringCtrlr", "Enabled"): Value("false", writable=True),
        VariableName("OCPPCommCtrlr", "FileTransferProtocols"): Value("HTTP,HTTPS"),
        VariableName("OCPPCommCtrlr", "HeartbeatInterval"): Value("300", writable=True),
        VariableName("OCPPCommCtrlr", "OfflineThreshold"): Value("600", writable=True),
        VariableName("SecurityCtrlr", "SecurityProfile"): Value("1"),
        VariableName("ChargingStation", "AvailabilityState"): Value("Available"),
        VariableName("TemperatureSensor", "Temperature"): Value("31.5"),
    }


def _configuration() -> dict[str, Value]:
    return {
        "HeartbeatInterval": Value("300", writable=True),
        "MeterValueSampleInterval": Value("60", writable=True),
        "NumberOfConnectors": Value("2"),
        "SupportedFeatureProfiles": Value("Core,FirmwareManagement,RemoteTrigger"),
        "SupportedFileTransferProtocols": Value("HTTP,HTTPS"),
        "WebSocketPingInterval": Value("60", writable=True),
    }


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
    variables: dict[VariableName, Value] = field(default_factory=_variables)
    configuration: dict[str, Value] = field(default_factory=_configuration)

    def find(self, name: VariableName) -> Value | None:
        """The variable with this name in any case, or None."""
        wanted = name.folded()
        return next((v for known, v in self.variables.items() if known.folded() == wanted), None)

    def has_component(self, component: str) -> bool:
        """Whether any variable belongs to this component."""
        return any(known.component.casefold() == component.casefold() for known in self.variables)

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
