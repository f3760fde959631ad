"""How an operator's page asks for each call, from the payload that is to go out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostics.models import EventStream
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.monitoring import MonitorSpec, StreamParams
from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.services import customer_information, logs, monitors, reports
from diagnostics.services.calls import triggers
from diagnostics.services.device_model import variables
from diagnostics.services.event_streams import pace as stream_pace
from stations.models import ChargingStation

Payload = dict[str, Any]


def _log(station: ChargingStation, wanted: Payload) -> None:
    log = wanted.get("log", {})
    logs.request_log(
        station=station,
        log_type=wanted.get("logType", "DiagnosticsLog"),
        oldest=parse_time(log.get("oldestTimestamp", wanted.get("startTime"))),
        latest=parse_time(log.get("latestTimestamp", wanted.get("stopTime"))),
        retries=wanted.get("retries"),
        retry_interval=wanted.get("retryInterval"),
    )


def _monitors(station: ChargingStation, wanted: Payload) -> None:
    monitors.set_monitors(
        station=station, wanted=[_spec(one) for one in wanted["setMonitoringData"]]
    )


def _spec(wanted: Payload) -> MonitorSpec:
    stream = wanted.get("periodicEventStream")
    return MonitorSpec(
        ComponentVariable.from_wire(wanted),
        wanted["type"],
        wanted["value"],
        wanted["severity"],
        transaction=wanted.get("transaction", False),
        monitor_id=wanted.get("id"),
        stream=StreamParams(**stream) if stream else None,
    )


def _monitoring_report(station: ChargingStation, wanted: Payload) -> None:
    named = [ComponentVariable.from_wire(one) for one in wanted.get("componentVariable", [])]
    criteria = wanted.get("monitoringCriteria", [])
    reports.request_monitoring_report(station=station, criteria=criteria, named=named)


def _asked(data: list[Payload]) -> list[VariableAsked]:
    return [
        VariableAsked(ComponentVariable.from_wire(one), value=one.get("attributeValue"))
        for one in data
    ]


def _customer_information(station: ChargingStation, wanted: Payload) -> None:
    token = wanted["idToken"]
    customer_information.request_customer_information(
        station=station,
        report=wanted["report"],
        clear=wanted["clear"],
        purpose="asked by the customer",
        id_token=token["idToken"],
        id_token_type=token["type"],
    )


def _stream_pace(station: ChargingStation, wanted: Payload) -> None:
    stream = EventStream.objects.get(station=station, stream_id=wanted["id"])
    pace = wanted["params"]
    stream_pace.adjust_stream(stream, interval=pace.get("interval"), values=pace.get("values"))


SERVICES: dict[str, Callable[[ChargingStation, Payload], Any]] = {
    "AdjustPeriodicEventStream": _stream_pace,
    "ClearVariableMonitoring": lambda station, wanted: monitors.clear_monitors(
        station=station, ids=wanted["id"]
    ),
    "CustomerInformation": _customer_information,
    "ExtendedTriggerMessage": lambda station, wanted: triggers.trigger(
        station=station, message=wanted["requestedMessage"]
    ),
    "GetDiagnostics": _log,
    "GetLog": _log,
    "GetMonitoringReport": _monitoring_report,
    "GetPeriodicEventStream": lambda station, wanted: stream_pace.get_streams(station=station),
    "GetVariables": lambda station, wanted: variables.get_variables(
        station=station, asked=_asked(wanted["getVariableData"])
    ),
    "SetMonitoringBase": lambda station, wanted: monitors.set_monitoring_base(
        station=station, base=wanted["monitoringBase"]
    ),
    "SetMonitoringLevel": lambda station, wanted: monitors.set_monitoring_level(
        station=station, severity=wanted["severity"]
    ),
    "SetVariableMonitoring": _monitors,
    "SetVariables": lambda station, wanted: variables.set_variables(
        station=station, asked=_asked(wanted["setVariableData"])
    ),
    "TriggerMessage": lambda station, wanted: triggers.trigger(
        station=station, message=wanted["requestedMessage"]
    ),
}
