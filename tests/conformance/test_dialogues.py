"""Whole dialogues between the running project and stations made of the `ocpp` package."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from ocpp import v16, v21, v201
from ocpp.exceptions import OCPPError

from diagnostics.models import LogRequest, OutboundCall, SecurityEvent, StationInfo, TimelineEntry
from diagnostics.services import calls
from diagnostics.services.calls import delivery
from diagnostics.services.logs import watch as log_watch
from stations.models import ChargingStation, Connector
from tests.conformance.conftest import (
    Connect,
    Station16,
    Station16Core,
    Station21,
    Station201,
    ask,
    curl,
    ends,
)
from tests.servers.processes import comes_true

NOW = "2026-03-02T08:00:01Z"
BOX = {
    "vendor_name": "Nordlader",
    "model": "NL-22-Duo",
    "serial_number": "NL0004711",
    "firmware_version": "3.8.2",
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "NL0004711-20260302.log"
    path.write_text("08:00:00 contactor welded\n" * 500)
    return path


async def boot_2(station: Any, words: Any) -> None:
    boot = words.call.BootNotification(charging_station=BOX, reason="PowerUp")
    answer = await station.says(boot)
    assert answer.status == "Accepted"
    assert answer.interval > 0


async def boot_16(station: Any) -> None:
    boot = v16.call.BootNotification(
        charge_point_vendor="Nordlader", charge_point_model="NL-11", firmware_version="1.2"
    )
    assert (await station.says(boot)).status == "Accepted"


async def place(action: str, payload: dict[str, Any]) -> OutboundCall:
    def click() -> OutboundCall:
        station = ChargingStation.objects.get()
        call = calls.place_call(station=station, action=action, payload=payload)
        delivery.ring_waiting()
        return call

    return await asyncio.to_thread(click)


async def settles(call: OutboundCall, status: str) -> OutboundCall:
    async def is_settled() -> bool:
        await asyncio.to_thread(call.refresh_from_db)
        return call.status == status

    await comes_true(is_settled, lambda: f"{call.status} becomes {status}")
    return call


async def test_boot_status_and_limits(connect: Connect) -> None:
    async with connect(Station201) as station:
        await boot_2(station, v201)
        info = await StationInfo.objects.aget()
        assert (info.vendor, info.model) == ("Nordlader", "NL-22-Duo")
        assert (info.serial_number, info.firmware_version) == ("NL0004711", "3.8.2")
        status = v201.call.StatusNotification(
            timestamp=NOW, connector_status="Available", evse_id=1, connector_id=1
        )
        await station.says(status)
        connector = await Connector.objects.aget()
        assert (connector.evse_id, connector.status) == (1, "Available")
        limit = {
            "component": {"name": "MonitoringCtrlr"},
            "variable": {"name": "ItemsPerMessage", "instance": "SetVariableMonitoring"},
        }
        call = await place("GetVariables", {"getVariableData": [limit]})
        assert len((await station.request("GetVariables"))["get_variable_data"]) == 1
        result = {"attribute_status": "Accepted", "attribute_value": "8", **limit}
        station.answers(v201.call_result.GetVariables(get_variable_result=[result]))
        answered = await settles(call, "Answered")
        assert answered.answer["getVariableResult"][0]["attributeValue"] == "8"


@pytest.mark.parametrize(("kind", "words"), [(Station201, v201), (Station21, v21)])
async def test_a_diagnostics_log_with_one_retry(
    connect: Connect, log: Path, kind: type[Any], words: Any
) -> None:
    async with connect(kind) as station:
        await boot_2(station, words)
        row = await ask(
            oldest=datetime(2026, 3, 1, tzinfo=UTC),
            latest=datetime(2026, 3, 2, tzinfo=UTC),
            retries=2,
            retry_interval=30,
        )
        request = await station.request("GetLog")
        assert request["log_type"] == "DiagnosticsLog"
        assert (request["retries"], request["retry_interval"]) == (2, 30)
        assert request["log"] == {
            "remote_location": row.location,
            "oldest_timestamp": "2026-03-01T00:00:00Z",
            "latest_timestamp": "2026-03-02T00:00:00Z",
        }
        station.answers(words.call_result.GetLog(status="Accepted", filename=log.name))
        await ends(row, "Accepted")
        for _ in range(2):
            await says_status(station, words, "Uploading", request)
        assert await curl("-T", log, row.location) == "200"
        await says_status(station, words, "Uploaded", request)
        await ends(row, "Received")
        file = await row.files.aget()
        assert file.name == log.name
        assert file.sha256 == hashlib.sha256(log.read_bytes()).hexdigest()
        uploading = await TimelineEntry.objects.aget(data__status="Uploading")
        assert uploading.count == 2


async def says_status(
    station: Any, words: Any, status: str, request: dict[str, Any] | None
) -> None:
    more = {} if request is None else {"request_id": request["request_id"]}
    await station.says(words.call.LogStatusNotification(status=status, **more))


async def test_a_second_log_cancels_the_first_and_a_trigger_says_idle(
    connect: Connect, log: Path
) -> None:
    async with connect(Station201) as station:
        await boot_2(station, v201)
        first = await ask()
        older = await station.request("GetLog")
        station.answers(v201.call_result.GetLog(status="Accepted", filename="diag.zip"))
        await ends(first, "Accepted")
        await says_status(station, v201, "Uploading", older)
        second = await ask(log_type="SecurityLog")
        newer = await station.request("GetLog")
        assert newer["log_type"] == "SecurityLog"
        # The package reads nothing while it makes its answer, but it can send before it.
        early = asyncio.create_task(says_status(station, v201, "AcceptedCanceled", older))
        await ends(first, "Canceled", "Superseded")
        station.answers(v201.call_result.GetLog(status="AcceptedCanceled", filename="sec.csv"))
        await early
        await ends(second, "Accepted")
        await asyncio.to_thread(first.refresh_from_db)
        assert first.superseded_by_id == second.pk
        await says_status(station, v201, "Uploading", newer)
        await says_status(station, v201, "PermissionDenied", newer)
        await ends(second, "Failed", "PermissionDenied")
        await asyncio.to_thread(log_watch.poll, second, timezone.now())
        await asyncio.to_thread(delivery.ring_waiting)
        assert (await station.request("TriggerMessage"))["requested_message"] == (
            "LogStatusNotification"
        )
        station.answers(v201.call_result.TriggerMessage(status="Accepted"))
        await says_status(station, v201, "Idle", None)
        await ends(second, "Failed", "PermissionDenied")


async def test_get_diagnostics_where_get_log_is_not_implemented(connect: Connect) -> None:
    async with connect(Station16Core) as station:
        await boot_16(station)
        row = await ask(oldest=datetime(2026, 3, 1, tzinfo=UTC), retries=2, retry_interval=60)
        request = await station.request("GetDiagnostics")
        assert request == {
            "location": row.location,
            "retries": 2,
            "retry_interval": 60,
            "start_time": "2026-03-01T00:00:00Z",
        }
        assert request["location"].endswith("/")
        station.answers(v16.call_result.GetDiagnostics(file_name="diagnostics.log"))
        await ends(row, "Accepted")
        uploading = v16.call.DiagnosticsStatusNotification(status="Uploading")
        await station.says(uploading)
        await asyncio.to_thread(log_watch.poll, row, timezone.now())
        await asyncio.to_thread(delivery.ring_waiting)
        assert (await station.request("TriggerMessage"))["requested_message"] == (
            "DiagnosticsStatusNotification"
        )
        station.answers(v16.call_result.TriggerMessage(status="Accepted"))
        await station.says(uploading)
        await station.says(v16.call.DiagnosticsStatusNotification(status="UploadFailed"))
        await ends(row, "Failed", "UploadFailure")
        # The second time it is known that GetLog need not be tried; there is nothing to upload.
        nothing = await ask()
        await station.request("GetDiagnostics")
        station.answers(v16.call_result.GetDiagnostics())
        await ends(nothing, "Rejected")
        sent = [call async for call in nothing.calls.values_list("wire_action", flat=True)]
        assert sent == ["GetDiagnostics"]


async def test_security_log_event_trigger_and_fault_of_1_6(connect: Connect, log: Path) -> None:
    async with connect(Station16) as station:
        await boot_16(station)
        row = await ask(log_type="SecurityLog", retries=1, retry_interval=20)
        request = await station.request("GetLog")
        station.answers(v16.call_result.GetLog(status="Accepted", filename="security_logs.csv"))
        await ends(row, "Accepted")
        await says_status(station, v16, "Uploading", request)
        assert await curl("-T", log, f"{row.location}security_logs.csv") == "200"
        await says_status(station, v16, "Uploaded", request)
        await ends(row, "Received")
        event = v16.call.SecurityEventNotification(
            type="TamperDetectionActivated",
            timestamp="2026-03-02T13:00:00.120+01:00",
            tech_info="door switch 2",
        )
        await station.says(event)
        kept = await SecurityEvent.objects.aget()
        assert kept.timestamp == datetime(2026, 3, 2, 12, 0, 0, 120_000, tzinfo=UTC)
        assert (kept.type, kept.tech_info) == ("TamperDetectionActivated", "door switch 2")
        trigger = {"requestedMessage": "LogStatusNotification"}
        call = await place("ExtendedTriggerMessage", trigger)
        await station.request("ExtendedTriggerMessage")
        station.answers(v16.call_result.ExtendedTriggerMessage(status="Accepted"))
        await settles(call, "Answered")
        # By hand: the package's 1.6 message always has a request id, which Idle need not have.
        await raw(station, "LogStatusNotification", {"status": "Idle"})
        await ends(row, "Received")
        fault = v16.call.StatusNotification(
            connector_id=1,
            error_code="OtherError",
            status="Faulted",
            info="fan 1 stalled",
            vendor_id="org.example.nordlader",
            vendor_error_code="F017",
        )
        await station.says(fault)
        connector = await Connector.objects.aget()
        assert (connector.status, connector.vendor_error_code) == ("Faulted", "F017")
        start = v16.call.StartTransaction(
            connector_id=1, id_tag="04A2B3C4", meter_start=1200, timestamp=NOW
        )
        answer = await station.says(start)
        assert answer.transaction_id > 0
        assert answer.id_tag_info["status"] == "Accepted"


async def test_errors_and_a_foreign_message(connect: Connect) -> None:
    async with connect(Station201) as station:
        await boot_2(station, v201)
        unknown = await place("GetMonitoringReport", {"requestId": 1})
        refused = await settles(unknown, "Refused")
        assert refused.error_code == "NotImplemented"
        many = await place("ClearVariableMonitoring", {"id": [1, 2, 3, 4, 5, 6]})
        await station.request("ClearVariableMonitoring")
        station.answers(v201.call_result.ClearVariableMonitoring(clear_monitoring_result=[]))
        invalid = await settles(many, "Refused")  # the package refuses its own empty list
        assert invalid.error_code
        transaction = v201.call.TransactionEvent(
            event_type="Started",
            timestamp="2026-03-02T14:00:00Z",
            trigger_reason="Authorized",
            seq_no=0,
            transaction_info={"transaction_id": "9f0c"},
            id_token={"id_token": "04A2B3C4D5E680", "type": "ISO14443"},
        )
        answer = await station.says(transaction)
        assert answer.id_token_info["status"] == "Accepted"


async def test_what_is_not_known_is_not_implemented(connect: Connect) -> None:
    """By hand: the package does not let an invalid message out."""
    async with connect(Station201) as station:
        await boot_2(station, v201)
        with pytest.raises(OCPPError, match="not known"):
            await raw(station, "MadeUpAction", {})
        with pytest.raises(OCPPError, match="status is required"):
            await raw(station, "LogStatusNotification", {"requestId": 5})
        assert not await LogRequest.objects.aexists()


async def raw(station: Any, action: str, payload: dict[str, Any]) -> None:
    """Send a frame past the package's own checks, and let the package read the answer."""
    await station._connection.send(json.dumps([2, "by-hand", action, payload]))
    answer = await station._get_specific_response("by-hand", 10)
    if hasattr(answer, "to_exception"):
        raise answer.to_exception()
