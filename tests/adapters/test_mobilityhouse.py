"""The mixin for the `ocpp` package, with a wire in memory and a real database behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from ocpp import v16, v21, v201
from ocpp.routing import on

from diagnostics import message_log
from diagnostics.adapters import mobilityhouse
from diagnostics.adapters.doorbell import WORKERS
from diagnostics.adapters.mobilityhouse import DiagnosticsMixin
from diagnostics.models import (
    EventStreamSample,
    MessageRecord,
    OutboundCall,
    SecurityEvent,
    StationInfo,
    TimelineEntry,
)
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, logs
from tests.servers.processes import PATIENCE, comes_true
from tests.services.conftest import TellingGateway, make_station

STATIONS: list[Any] = []


class FindingGateway(TellingGateway):
    """Knows one station, by whatever name it is called."""

    def find(self, identity: str) -> Any:
        return STATIONS[0] if STATIONS else None

    def version(self, station: Any) -> OcppVersion | None:
        return None  # calls are then checked when they are delivered


class Hung(Exception):
    """The other side is gone."""


class Wire:
    """The connection that the package is given: frames in lists."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[list[Any] | None] = asyncio.Queue()
        self.outbox: asyncio.Queue[list[Any]] = asyncio.Queue()

    async def recv(self) -> str:
        frame = await self.inbox.get()
        if frame is None:
            raise Hung
        return json.dumps(frame)

    async def send(self, text: str) -> None:
        await self.outbox.put(json.loads(text))

    async def hears(self) -> list[Any]:
        """The next frame for the station."""
        return await asyncio.wait_for(self.outbox.get(), PATIENCE)

    async def asks(self, action: str, payload: dict[str, Any], message_id: str = "s-1") -> Any:
        """Send a call; returns the next frame for the station."""
        await self.inbox.put([2, message_id, action, payload])
        return await self.hears()

    async def hears_nothing(self) -> None:
        await asyncio.sleep(0.3)
        assert self.outbox.empty()


class HangsUp(Wire):
    """Ends so many turns of the event loop after it was asked for more than it had."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.turns = turns

    async def recv(self) -> str:
        frame = await self.inbox.get()
        if frame is not None:
            return json.dumps(frame)
        for _turn in range(self.turns):
            await asyncio.sleep(0)
        raise Hung


class Heartbeats:
    @on("Heartbeat")
    def on_heartbeat(self) -> Any:
        return v201.call_result.Heartbeat(current_time="2026-03-02T08:00:00Z")


class Box16(Heartbeats, DiagnosticsMixin, v16.ChargePoint):
    pass


class Box201(Heartbeats, DiagnosticsMixin, v201.ChargePoint):
    @on("BootNotification")
    def on_boot(self, **_: Any) -> Any:
        word = self.registration
        return v201.call_result.BootNotification("2026-03-02T08:00:00Z", 300, word)


class Box21(Heartbeats, DiagnosticsMixin, v21.ChargePoint):
    pass


class Possessive(Box201):
    @on("LogStatusNotification")
    def on_log_status(self, **_: Any) -> Any:
        return v201.call_result.LogStatusNotification(custom_data={"vendor_id": "host"})


@pytest.fixture
def station(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    path = f"{FindingGateway.__module__}.{FindingGateway.__qualname__}"
    monkeypatch.setattr(mobilityhouse, "GREETING_SECONDS", 0.1)
    monkeypatch.setattr(mobilityhouse.doorbell, "interval", 0.05)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "GATEWAY": path}):
        STATIONS[:] = [make_station()]
        yield STATIONS[0]
    STATIONS.clear()


@asynccontextmanager
async def connected(kind: type[DiagnosticsMixin] = Box201) -> AsyncIterator[Wire]:
    wire = Wire()
    serving = asyncio.create_task(kind("CS-1", wire).start())
    yield wire
    await wire.inbox.put(None)
    with pytest.raises(Hung):
        await asyncio.wait_for(serving, PATIENCE)


async def placed(
    station: Any,
    action: str = "TriggerMessage",
    payload: dict[str, Any] | None = None,
    **more: Any,
) -> OutboundCall:
    payload = payload or {"requestedMessage": "Heartbeat"}
    return await WORKERS.run(
        calls.place_call, station=station, action=action, payload=payload, **more
    )


async def settled(call: OutboundCall) -> OutboundCall:
    async def is_settled() -> bool:
        await WORKERS.run(call.refresh_from_db)
        return call.status not in ("Pending", "Sent")

    await comes_true(is_settled, lambda: f"{call.status} settles")
    return call


BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Nordlader", "model": "NL-22"}}


async def test_the_host_answers_boots_and_their_facts_are_kept(station: Any) -> None:
    async with connected() as wire:
        answer = await wire.asks("BootNotification", BOOT)
    assert answer[2]["status"] == "Accepted"
    assert (await WORKERS.run(StationInfo.objects.get, station=station)).vendor == "Nordlader"


async def test_what_the_host_does_not_handle_is_answered_here(station: Any) -> None:
    async with connected() as wire:
        event = {"type": "FirmwareUpdated", "timestamp": "2026-03-02T08:00:00Z"}
        assert await wire.asks("SecurityEventNotification", event) == [3, "s-1", {}]
    assert (await WORKERS.run(SecurityEvent.objects.get, station=station)).type == "FirmwareUpdated"


async def test_a_handler_of_the_host_keeps_its_word(station: Any) -> None:
    row = await WORKERS.run(logs.request_log, station=station)
    async with connected(Possessive) as wire:
        _, message_id, action, payload = await wire.hears()
        assert action == "GetLog"
        await wire.inbox.put([3, message_id, {"status": "Accepted", "filename": "a.log"}])
        status = {"status": "Uploading", "requestId": payload["requestId"]}
        answer = await wire.asks("LogStatusNotification", status)
        assert answer[2] == {"customData": {"vendorId": "host"}}
    await WORKERS.run(row.refresh_from_db)
    assert (row.verdict, row.filename) == ("Uploading", "a.log")


async def test_what_diagnostics_has_no_part_in_goes_to_the_package(station: Any) -> None:
    async with connected() as wire:
        assert (await wire.asks("Heartbeat", {}))[0] == 3
        assert (await wire.asks("MadeUp", {}))[:3] == [4, "s-1", "NotSupported"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Box16, "OccurenceConstraintViolation"), (Box201, "OccurrenceConstraintViolation")],
)
async def test_a_status_without_its_status_is_refused_in_the_versions_words(
    kind: type[DiagnosticsMixin], code: str, station: Any
) -> None:
    async with connected(kind) as wire:
        answer = await wire.asks("LogStatusNotification", {"requestId": 5})
    assert answer[:3] == [4, "s-1", code]


async def test_a_notification_that_breaks_its_schema_readably_is_taken(station: Any) -> None:
    async with connected() as wire:
        event = {"type": "X" * 80, "timestamp": "2026-03-02T08:00:00Z", "vendor": 1}
        assert await wire.asks("SecurityEventNotification", event) == [3, "s-1", {}]


async def test_what_cannot_be_recorded_is_refused_and_costs_no_connection(station: Any) -> None:
    event = {"type": "FirmwareUpdated", "timestamp": "2026-03-02T08:00:00Z"}
    async with connected(Box21) as wire:
        await wire.asks("Heartbeat", {})
        before = await wire.asks("SecurityEventNotification", event)
        await WORKERS.run(type(station)._default_manager.filter(pk=station.pk).delete)
        answer = await wire.asks("SecurityEventNotification", event, "s-2")
        assert (before[0], answer[:3]) == (3, [4, "s-2", "InternalError"])
        assert (await wire.asks("Heartbeat", {}))[0] == 3
        await WORKERS.run(station.save, force_insert=True)


async def test_a_call_goes_out_in_its_very_words_and_its_answer_comes_back(station: Any) -> None:
    words = {"vendorId": "org.example", "data": {"csms_url": "social", "aBC": 1}}
    async with connected() as wire:
        call = await placed(station, "DataTransfer", words)
        assert await wire.hears() == [2, call.message_id, "DataTransfer", words]
        await wire.inbox.put([3, call.message_id, {"status": "Accepted"}])
        assert (await settled(call)).answer == {"status": "Accepted"}


async def test_refusals_and_unreadable_answers_come_back(station: Any) -> None:
    async with connected() as wire:
        refused, unread = await placed(station), await placed(station)
        await wire.hears()
        await wire.inbox.put([4, refused.message_id, "NotSupported", "no", {}])
        await wire.hears()
        await wire.inbox.put([3, unread.message_id, {"status": 5}])
        assert (await settled(refused)).error_code == "NotSupported"
        assert (await settled(unread)).error_code == "InvalidAnswer"


async def test_silence_is_recorded_and_so_is_the_late_answer(station: Any) -> None:
    async with connected() as wire:
        call = await placed(station, timeout=timedelta(seconds=0.2))
        await wire.hears()
        assert (await settled(call)).status == "TimedOut"
        await wire.inbox.put([3, call.message_id, {"status": "Accepted"}])
        await wire.asks("Heartbeat", {})
        await WORKERS.run(call.refresh_from_db)
        assert (call.status, call.late) == ("Answered", True)


async def test_a_call_of_ours_waits_for_the_hosts_own(station: Any) -> None:
    wire = Wire()
    box = Box201("CS-1", wire)
    serving = asyncio.create_task(box.start())
    await wire.asks("Heartbeat", {})
    theirs = asyncio.create_task(box.call(v201.call.ClearCache()))
    _, message_id, action, _ = await wire.hears()
    assert action == "ClearCache"
    ours = await placed(station)
    await wire.hears_nothing()
    await wire.inbox.put([3, message_id, {"status": "Accepted"}])
    assert (await theirs).status == "Accepted"
    assert (await wire.hears())[1] == ours.message_id
    serving.cancel()
    await asyncio.wait([serving])


async def test_a_lost_connection_leaves_no_call_in_flight(station: Any) -> None:
    async with connected() as wire:
        call = await placed(station)
        await wire.hears()
    await WORKERS.run(call.refresh_from_db)
    assert (call.status, call.error_code) == ("TimedOut", "ConnectionLost")
    told = TimelineEntry.objects.filter(station=station).values_list("kind", flat=True)
    assert {"station.connected", "station.disconnected"} <= set(await WORKERS.run(list, told))


async def test_a_station_is_told_nothing_before_its_boot_is_answered(
    station: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mobilityhouse, "GREETING_SECONDS", 5)
    await placed(station)
    async with connected() as wire:
        await wire.hears_nothing()
        assert (await wire.asks("BootNotification", BOOT))[2]["status"] == "Accepted"
        assert (await wire.hears())[2] == "TriggerMessage"


async def test_a_rejected_station_gets_no_calls(
    station: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Box201, "registration", "Rejected")
    await placed(station)
    async with connected() as wire:
        assert (await wire.asks("BootNotification", BOOT))[2]["status"] == "Rejected"
        await wire.hears_nothing()


async def test_messages_that_the_package_cannot_read_do_no_harm(station: Any) -> None:
    stream = {"id": 7, "pending": 0, "basetime": "2026-03-02T10:00:00Z", "data": []}
    async with connected(Box21) as wire:
        await wire.inbox.put([6, "d-1", "NotifyPeriodicEventStream", stream])
        await wire.inbox.put([6, "d-2", "MadeUp", {}])
        await wire.inbox.put([5, "d-3", "GenericError", "", {}])
        # What comes first is the answer, or the question what stream 7 is.
        assert (await wire.asks("Heartbeat", {}))[0] in (2, 3)


async def test_values_of_a_stream_and_unread_answers_are_kept(station: Any) -> None:
    told = {"pending": 0, "basetime": "2026-03-02T10:00:00Z", "data": [{"t": 1, "v": "230.4"}]}
    async with connected(Box21) as wire:
        await wire.inbox.put([6, "d-1", "NotifyPeriodicEventStream", {"id": 7, **told}])
        await wire.inbox.put([5, "d-3", "FormatViolation", "", {}])
        assert (await wire.asks("Heartbeat", {}))[0] in (2, 3)
    assert await EventStreamSample.objects.aget(value="230.4")
    assert await TimelineEntry.objects.aget(kind="station.cannot_read")


async def test_a_stranger_is_not_served(station: Any) -> None:
    STATIONS.clear()
    with pytest.raises(LookupError, match="no station CS-1"):
        await Box201("CS-1", Wire()).start()


async def test_what_passes_is_in_the_log_of_messages(station: Any) -> None:
    async with connected() as wire:
        await wire.asks("Authorize", {"idToken": {"idToken": "04A2", "type": "ISO14443"}})
        ours = await placed(station)
        await wire.hears()
        await wire.inbox.put([3, ours.message_id, {"status": "Accepted"}])
        await becomes_answered(ours)
    await WORKERS.run(message_log.flush)
    found = MessageRecord.objects.filter(station=station).order_by("pk")
    rows = await WORKERS.run(list, found)
    assert [(row.direction, row.message_type, row.action) for row in rows] == [
        ("FromStation", 2, "Authorize"),
        ("ToStation", rows[1].message_type, "Authorize"),
        ("ToStation", 2, "TriggerMessage"),
        ("FromStation", 3, "TriggerMessage"),
    ]
    assert rows[0].payload == {"idToken": {"idToken": "•••", "type": "ISO14443"}}
    assert all(row.latency is not None for row in rows if row.is_answer)


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_ends_with_an_answer_ends(station: Any, turns: int) -> None:
    wire = HangsUp(turns)
    serving = asyncio.create_task(Box201("CS-1", wire).start())
    ours = await placed(station)
    await wire.hears()
    wire.inbox.put_nowait([3, ours.message_id, {"status": "Accepted"}])
    wire.inbox.put_nowait(None)
    with pytest.raises(Hung):
        await asyncio.wait_for(serving, PATIENCE)
    await becomes_answered(ours)


async def becomes_answered(call: Any) -> None:
    async def is_answered() -> bool:
        await WORKERS.run(call.refresh_from_db)
        return bool(call.status == "Answered")

    await comes_true(is_answered, lambda: f"{call.status} becomes Answered")
