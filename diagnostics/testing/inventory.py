"""What a typical simulated station consists of: the device model of 2.x, the keys of 1.6."""

from __future__ import annotations

from diagnostics.testing.model import Value, VariableName

CABINET = VariableName("TemperatureSensor", "Temperature", component_instance="Cabinet")

_STATES = "Available,Occupied,Reserved,Unavailable,Faulted"


def typical_variables(connectors: int = 2) -> dict[VariableName, Value]:
    """A dozen kinds of components, most as the standard names them, one EVSE per connector."""
    variables = {**_controllers(), **_hardware()}
    for evse in range(1, connectors + 1):
        variables.update(_evse(evse))
    return variables


def typical_configuration() -> dict[str, Value]:
    """The configuration keys of a 1.6 station."""
    return {
        "HeartbeatInterval": Value("300", writable=True),
        "MeterValueSampleInterval": Value("60", writable=True),
        "NumberOfConnectors": Value("2"),
        "SupportedFeatureProfiles": Value("Core,FirmwareManagement,RemoteTrigger"),
        "SupportedFileTransferProtocols": Value("HTTP,HTTPS"),
        "WebSocketPingInterval": Value("60", writable=True),
    }


def _count(value: int, *, constant: bool = False) -> Value:
    return Value(str(value), data_type="integer", constant=constant)


def _seconds(value: int) -> Value:
    return Value(str(value), writable=True, data_type="integer", unit="s", lowest=0)


def _flag(value: bool, *, writable: bool = False, monitorable: bool = False) -> Value:
    text = "true" if value else "false"
    return Value(text, writable=writable, data_type="boolean", monitorable=monitorable)


def _state() -> Value:
    return Value("Available", data_type="OptionList", choices=_STATES, monitorable=True)


def _limits(component: str, **items: int) -> dict[VariableName, Value]:
    """ItemsPerMessage and BytesPerMessage of a controller, by message."""
    found = {}
    for message, count in items.items():
        found[VariableName(component, "ItemsPerMessage", message)] = _count(count, constant=True)
        found[VariableName(component, "BytesPerMessage", message)] = _count(8000, constant=True)
    return found


def _controllers() -> dict[VariableName, Value]:
    return {
        **_limits("DeviceDataCtrlr", GetReport=20, GetVariables=20, SetVariables=10),
        VariableName("DeviceDataCtrlr", "ReportingValueSize"): _count(2500, constant=True),
        **_limits("MonitoringCtrlr", SetVariableMonitoring=8, ClearVariableMonitoring=5),
        VariableName("MonitoringCtrlr", "Available"): _flag(True),
        VariableName("MonitoringCtrlr", "Enabled"): _flag(True, writable=True),
        VariableName("MonitoringCtrlr", "ActiveMonitoringBase"): Value(
            "All", data_type="OptionList", choices="All,FactoryDefault,HardWiredOnly"
        ),
        VariableName("MonitoringCtrlr", "ActiveMonitoringLevel"): _count(9),
        VariableName("MonitoringCtrlr", "OfflineQueuingSeverity"): Value(
            "5", writable=True, data_type="integer", lowest=0, highest=9
        ),
        VariableName("MonitoringCtrlr", "MaxPeriodicEventStreams"): _count(4, constant=True),
        VariableName("OCPPCommCtrlr", "FileTransferProtocols"): Value(
            "HTTP,HTTPS", data_type="MemberList", choices="FTP,FTPS,HTTP,HTTPS,SFTP"
        ),
        VariableName("OCPPCommCtrlr", "HeartbeatInterval"): _seconds(300),
        VariableName("OCPPCommCtrlr", "WebSocketPingInterval"): _seconds(60),
        VariableName("OCPPCommCtrlr", "OfflineThreshold"): _seconds(600),
        VariableName("OCPPCommCtrlr", "MessageTimeout", "Default"): _count(30),
        VariableName("OCPPCommCtrlr", "QueueAllMessages"): _flag(True, writable=True),
        VariableName("OCPPCommCtrlr", "NetworkConfigurationPriority"): Value(
            "1,0", writable=True, data_type="SequenceList", choices="0,1", needs_reboot=True
        ),
        VariableName("SecurityCtrlr", "SecurityProfile"): _count(1),
        VariableName("SecurityCtrlr", "BasicAuthPassword"): Value(
            "", writable=True, readable=False
        ),
        VariableName("ClockCtrlr", "DateTime"): Value("", data_type="dateTime", monitorable=True),
        VariableName("ClockCtrlr", "TimeSource"): Value(
            "Heartbeat", writable=True, data_type="SequenceList", choices="Heartbeat,NTP"
        ),
        VariableName("LocalAuthListCtrlr", "Entries"): _count(0),
        VariableName("CustomizationCtrlr", "CustomTriggers"): Value(
            "FanTest", data_type="MemberList", choices="FanTest"
        ),
    }


def _hardware() -> dict[VariableName, Value]:
    coolant = VariableName("LiquidCoolingSystem", "Temperature")
    return {
        VariableName("ChargingStation", "AvailabilityState"): _state(),
        VariableName("ChargingStation", "Available"): _flag(True),
        VariableName("ChargingStation", "Problem"): _flag(False, monitorable=True),
        CABINET: Value(
            "31.5",
            data_type="decimal",
            unit="Celsius",
            lowest=-60,
            highest=120,
            monitorable=True,
        ),
        CABINET.sibling("Active"): _flag(True),
        coolant: Value(
            "38.0",
            data_type="decimal",
            unit="Celsius",
            lowest=-40,
            highest=110,
            monitorable=True,
            target="38.0",
        ),
        coolant.sibling("Problem"): _flag(False, monitorable=True),
    }


def _evse(number: int) -> dict[VariableName, Value]:
    evse = VariableName("EVSE", "AvailabilityState", evse=number)
    converter = VariableName("AcDcConverter", "Problem", evse=number)
    connector = VariableName("Connector", "AvailabilityState", evse=number, connector=1)
    return {
        evse: _state(),
        evse.sibling("Available"): _flag(True),
        evse.sibling("Problem"): _flag(False, monitorable=True),
        evse.sibling("Power"): Value(
            "0", data_type="decimal", unit="W", lowest=0, highest=22000, monitorable=True
        ),
        evse.sibling("ACVoltage", "L1"): Value(
            "230.0", data_type="decimal", unit="V", lowest=0, highest=500, monitorable=True
        ),
        connector: _state(),
        connector.sibling("Available"): _flag(True),
        connector.sibling("Problem"): _flag(False, monitorable=True),
        converter: _flag(False, monitorable=True),
    }
