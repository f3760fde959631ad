"""Logs refused, and the rows of the 1.6 certification that concern diagnostics."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp import v16
from ocpp.routing import on

from diagnostics.models import LogRequest
from diagnostics.services import calls, logs
from tests.conformance.block_n import BOTH, act, becomes
from tests.conformance.conftest import Connect, Station16, Station16Core, ends
from tests.conformance.test_dialogues import boot_16


class Configured(Station16):
    """1.6 that also lets its configuration be changed."""

    @on("ChangeConfiguration")
    async def on_change_configuration(self, **request: Any) -> Any:
        return await self.take("ChangeConfiguration", request)


@pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("log_type", ["DiagnosticsLog", "SecurityLog"])
async def test_a_log_that_is_not_there(connect: Connect, kind: Any, log_type: str) -> None:
    """TC_N_34: Rejected ends the request."""
    async with connect(kind) as station:
        await station.boots()
        station.will("GetLog", status="Rejected", statusInfo={"reasonCode": "NotFound"})
        row: LogRequest = await act(logs.request_log, log_type=log_type)
        assert (await station.asked("GetLog"))["logType"] == log_type
        await becomes(row, verdict="Rejected")


@pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("log_type", ["DiagnosticsLog", "SecurityLog"])
async def test_both_statuses_of_an_upload_are_answered(
    connect: Connect, kind: Any, log_type: str
) -> None:
    """TC_N_25, TC_N_35."""
    async with connect(kind) as station:
        await station.boots()
        station.will("GetLog", status="Accepted", filename="log.tgz")
        row: LogRequest = await act(logs.request_log, log_type=log_type)
        request = await station.asked("GetLog")
        for status in ("Uploading", "Uploaded"):
            await station.says(
                "LogStatusNotification", status=status, requestId=request["requestId"]
            )
        await becomes(row, station_status="Uploaded")


@pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)
async def test_a_second_log_while_the_first_is_uploaded(connect: Connect, kind: Any) -> None:
    """TC_N_36: AcceptedCanceled for the first, Uploading and Uploaded for the second."""
    async with connect(kind) as station:
        await station.boots()
        requests = []
        rows = []
        for answer in ("Accepted", "AcceptedCanceled"):
            station.will("GetLog", status=answer, filename="log.tgz")
            rows.append(await act(logs.request_log))
            requests.append(await station.asked("GetLog"))
            await station.says(
                "LogStatusNotification", status="Uploading", requestId=requests[-1]["requestId"]
            )
        first, second = (request["requestId"] for request in requests)
        await station.says("LogStatusNotification", status="AcceptedCanceled", requestId=first)
        await station.says("LogStatusNotification", status="Uploaded", requestId=second)
        await ends(rows[0], "Canceled", "Superseded")
        await becomes(rows[1], station_status="Uploaded")


async def test_diagnostics_of_1_6(connect: Connect) -> None:
    """TC_045_1: GetDiagnostics, Uploading, Uploaded."""
    async with connect(Station16Core) as station:
        await boot_16(station)
        row: LogRequest = await act(logs.request_log)
        await station.request("GetDiagnostics")
        station.answers(v16.call_result.GetDiagnostics(file_name="diag.log"))
        await ends(row, "Accepted")
        for status in ("Uploading", "Uploaded"):
            await station.says(v16.call.DiagnosticsStatusNotification(status=status))
        await becomes(row, station_status="Uploaded")


async def test_the_security_log_of_1_6(connect: Connect) -> None:
    """TC_079: GetLog SecurityLog, Uploading, Uploaded."""
    async with connect(Station16) as station:
        await boot_16(station)
        row: LogRequest = await act(logs.request_log, log_type="SecurityLog")
        request = await station.request("GetLog")
        station.answers(v16.call_result.GetLog(status="Accepted", filename="security.log"))
        await ends(row, "Accepted")
        for status in ("Uploading", "Uploaded"):
            message = v16.call.LogStatusNotification(
                status=status, request_id=request["request_id"]
            )
            await station.says(message)
        await becomes(row, station_status="Uploaded")


async def test_the_password_of_1_6_is_changed_over_the_air(connect: Connect) -> None:
    """TC_073: AuthorizationKey, 16 to 20 bytes in hexadecimal; it is kept nowhere in the clear."""
    key = "4F43415F4F4354545F61646D696E5F74657374"
    async with connect(Configured) as station:
        await boot_16(station)
        raw = {"key": "AuthorizationKey", "value": key}
        call = await act(calls.place_call, action="ChangeConfiguration", payload=raw)
        assert await station.request("ChangeConfiguration") == {
            "key": "AuthorizationKey",
            "value": key,
        }
        station.answers(v16.call_result.ChangeConfiguration(status="Accepted"))
        await becomes(call, status="Answered")
        assert key not in str(call.payload)


@pytest.mark.parametrize("status", ["Accepted", "Rejected", "NotImplemented"])
async def test_triggers_of_1_6(connect: Connect, status: str) -> None:
    """TC_054, TC_055: a trigger accepted, and one that is not."""
    async with connect(Station16Core) as station:
        await boot_16(station)
        trigger = {"requestedMessage": "StatusNotification", "connectorId": 1}
        call = await act(calls.place_call, action="TriggerMessage", payload=trigger)
        assert (await station.request("TriggerMessage"))["connector_id"] == 1
        station.answers(v16.call_result.TriggerMessage(status=status))
        await becomes(call, status="Answered", answer={"status": status})
