"""Monitors and reports of them, as the certification tests of block N have a CSMS handle them."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.exceptions import RequestRefused
from diagnostics.models import Monitor
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.monitoring import MonitorSpec
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.services import monitors, reports
from diagnostics.services.device_model import variables
from tests.conformance.block_n import BOTH, NOW, Station21, act, becomes, counts
from tests.conformance.conftest import Connect

CABINET = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))
STATE = ComponentVariable(Component("EVSE", evse_id=1), Variable("AvailabilityState"))
POWER = ComponentVariable(Component("EVSE", evse_id=1), Variable("Power"))

each = pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)


def reported(kind: Any, place: ComponentVariable, **monitor: Any) -> dict[str, Any]:
    """One entry of NotifyMonitoringReport; 2.1 also says who set the monitor."""
    origin = {"eventNotificationType": "CustomMonitor"} if kind is Station21 else {}
    return {**place.to_wire(), "variableMonitoring": [{"transaction": False, **monitor, **origin}]}


@each
@pytest.mark.parametrize(
    ("filters", "on_wire"),
    [
        pytest.param(
            {"criteria": ["ThresholdMonitoring", "PeriodicMonitoring"]},
            {"monitoringCriteria": ["ThresholdMonitoring", "PeriodicMonitoring"]},
            id="TC_N_01",
        ),
        pytest.param(
            {"named": [ComponentVariable(Component("EVSE", evse_id=1), Variable("Power"))]},
            {
                "componentVariable": [
                    {
                        "component": {"name": "EVSE", "evse": {"id": 1}},
                        "variable": {"name": "Power"},
                    }
                ]
            },
            id="TC_N_02",
        ),
        pytest.param(
            {"criteria": ["DeltaMonitoring"], "named": [STATE]},
            {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [STATE.to_wire()]},
            id="TC_N_03",
        ),
        pytest.param(
            {
                "criteria": ["ThresholdMonitoring"],
                "named": [CABINET, ComponentVariable(Component("EVSE"))],
            },
            {
                "monitoringCriteria": ["ThresholdMonitoring"],
                "componentVariable": [CABINET.to_wire(), {"component": {"name": "EVSE"}}],
            },
            id="TC_N_60",
        ),
        pytest.param({}, {}, id="TC_N_47"),
    ],
)
async def test_reports_of_monitors_by_any_filter(
    connect: Connect, kind: Any, filters: dict[str, Any], on_wire: dict[str, Any]
) -> None:
    """TC_N_01, TC_N_02, TC_N_03, TC_N_60, TC_N_47: filters left out are not empty lists."""
    async with connect(kind) as station:
        await station.boots()
        station.will("GetMonitoringReport", status="Accepted")
        report = await act(reports.request_monitoring_report, **filters)
        request = await station.asked("GetMonitoringReport")
        request_id = request.pop("requestId")
        assert request == on_wire
        for seq_no, place, monitor in (
            (0, POWER, {"id": 9, "value": 9000, "type": "UpperThreshold", "severity": 5}),
            (1, STATE, {"id": 3, "value": 1, "type": "Delta", "severity": 8}),
        ):
            await station.says(
                "NotifyMonitoringReport",
                requestId=request_id,
                seqNo=seq_no,
                tbc=seq_no == 0,
                generatedAt=NOW,
                monitor=[reported(kind, place, **monitor)],
            )
        await becomes(report, status="Complete")
        await counts(Monitor.objects.live(), 2)


@each
async def test_an_empty_report_is_a_good_one(connect: Connect, kind: Any) -> None:
    """TC_N_01 and the others, where the station answers EmptyResultSet and sends nothing."""
    async with connect(kind) as station:
        await station.boots()
        station.will("GetMonitoringReport", status="EmptyResultSet")
        report = await act(reports.request_monitoring_report, criteria=["PeriodicMonitoring"])
        await becomes(report, status="EmptyResultSet")


@each
@pytest.mark.parametrize("base", ["All", "FactoryDefault", "HardWiredOnly"])
async def test_bases(connect: Connect, kind: Any, base: str) -> None:
    """TC_N_05: each of the three; once accepted the monitors are read again."""
    async with connect(kind) as station:
        await station.boots()
        station.will("SetMonitoringBase", status="Accepted")
        station.will("GetMonitoringReport", status="EmptyResultSet")
        call = await act(monitors.set_monitoring_base, base=base)
        assert await station.asked("SetMonitoringBase") == {"monitoringBase": base}
        await becomes(call, status="Answered")
        assert set(await station.asked("GetMonitoringReport")) == {"requestId"}


@each
async def test_one_monitor(connect: Connect, kind: Any) -> None:
    """TC_N_08."""
    async with connect(kind) as station:
        await station.boots()
        wanted = MonitorSpec(CABINET, "UpperThreshold", 75.5, 4)
        result = {"type": "UpperThreshold", "severity": 4, **CABINET.to_wire()}
        station.will(
            "SetVariableMonitoring",
            setMonitoringResult=[{**result, "status": "Accepted", "id": 101}],
        )
        (row,) = await act(monitors.set_monitors, wanted=[wanted])
        request = await station.asked("SetVariableMonitoring")
        assert request == {"setMonitoringData": [{**result, "value": 75.5}]}
        await becomes(row, status="Active", monitor_id=101)


@each
async def test_monitors_on_several_variables(connect: Connect, kind: Any) -> None:
    """TC_N_09: a Delta on AvailabilityState uses the value 1; results come in any order."""
    async with connect(kind) as station:
        await station.boots()
        wanted = [
            MonitorSpec(CABINET, "UpperThreshold", 75.5, 4),
            MonitorSpec(STATE, "Delta", 1, 8),
        ]
        results = [
            {
                "type": "Delta",
                "severity": 8,
                **STATE.to_wire(),
                "status": "Rejected",
                "statusInfo": {"reasonCode": "OutOfMemory"},
            },
            {
                "type": "UpperThreshold",
                "severity": 4,
                **CABINET.to_wire(),
                "status": "Accepted",
                "id": 7,
            },
        ]
        station.will("SetVariableMonitoring", setMonitoringResult=results)
        warm, moved = await act(monitors.set_monitors, wanted=wanted)
        data = (await station.asked("SetVariableMonitoring"))["setMonitoringData"]
        assert [one["value"] for one in data if one["type"] == "Delta"] == [1]
        await becomes(warm, status="Active", monitor_id=7)
        await becomes(moved, status="Rejected", reason_code="OutOfMemory")


@each
@pytest.mark.parametrize(("status", "octt"), [("Accepted", "16"), ("Rejected", "17")])
async def test_levels(connect: Connect, kind: Any, status: str, octt: str) -> None:
    """TC_N_16, TC_N_17."""
    async with connect(kind) as station:
        await station.boots()
        station.will("SetMonitoringLevel", status=status)
        call = await act(monitors.set_monitoring_level, severity=4)
        assert await station.asked("SetMonitoringLevel") == {"severity": 4}
        await becomes(call, status="Answered")
        assert call.answer == {"status": status}


@each
async def test_clearing_is_divided_by_the_stations_limit(connect: Connect, kind: Any) -> None:
    """TC_N_18: never more ids than ItemsPerMessage[ClearVariableMonitoring]."""
    async with connect(kind) as station:
        await station.boots()
        limit = ComponentVariable(
            Component("MonitoringCtrlr"), Variable("ItemsPerMessage", "ClearVariableMonitoring")
        )
        station.will(
            "GetVariables",
            getVariableResult=[
                {**limit.to_wire(), "attributeStatus": "Accepted", "attributeValue": "2"}
            ],
        )
        asked = await act(variables.get_variables, asked=[VariableAsked(limit)])
        await becomes(asked, status="Done")
        for ids in ([11, 12], [13]):
            results = [{"id": one, "status": "Accepted"} for one in ids]
            station.will("ClearVariableMonitoring", clearMonitoringResult=results)
        await act(monitors.clear_monitors, ids=[11, 12, 13])
        assert await station.asked("ClearVariableMonitoring") == {"id": [11, 12]}
        assert await station.asked("ClearVariableMonitoring") == {"id": [13]}


@each
async def test_a_monitor_that_cannot_be_cleared_stays(connect: Connect, kind: Any) -> None:
    """TC_N_44."""
    async with connect(kind) as station:
        await station.boots()
        station.will("GetMonitoringReport", status="Accepted")
        report = await act(reports.request_monitoring_report)
        request = await station.asked("GetMonitoringReport")
        monitor = {"id": 1, "value": 90, "type": "UpperThreshold", "severity": 1}
        await station.says(
            "NotifyMonitoringReport",
            requestId=request["requestId"],
            seqNo=0,
            generatedAt=NOW,
            monitor=[reported(kind, CABINET, **monitor)],
        )
        await becomes(report, status="Complete")
        row = await Monitor.objects.aget()
        station.will(
            "ClearVariableMonitoring", clearMonitoringResult=[{"id": 1, "status": "Rejected"}]
        )
        await act(monitors.clear_monitors, monitors=[row])
        assert await station.asked("ClearVariableMonitoring") == {"id": [1]}
        await becomes(row, status="Active")


async def test_what_cannot_be_is_refused_before_anything_is_sent(connect: Connect) -> None:
    """N04.FR.14 and the ranges: a sentence for the operator, and no row."""
    async with connect(Station21) as station:
        await station.boots()
        for wanted in (
            MonitorSpec(CABINET, "Delta", -1, 4),
            MonitorSpec(CABINET, "UpperThreshold", 1, 10),
        ):
            with pytest.raises(RequestRefused):
                await act(monitors.set_monitors, wanted=[wanted])
        assert not await Monitor.objects.aexists()
