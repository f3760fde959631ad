"""Stations written by others: the `ocpp` package over `websockets`, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import websockets
from ocpp import routing, v16, v21, v201

from tests.servers.processes import PATIENCE


class Library16(v16.ChargePoint):
    """A 1.6 charge point with the security extension."""

    asked: list[dict[str, Any]]

    @routing.on("GetLog")
    def on_get_log(self, **request: Any) -> Any:
        self.asked.append(request)
        return v16.call_result.GetLog(status="Accepted", filename="log.tar")

    async def report_boot(self) -> Any:
        return await self.call(v16.call.BootNotification("Model", "Vendor"))

    async def report_heartbeat(self) -> Any:
        return await self.call(v16.call.Heartbeat())

    async def report_status(self) -> Any:
        return await self.call(
            v16.call.StatusNotification(connector_id=1, error_code="NoError", status="Available")
        )

    async def report_log(self, request_id: int, status: str) -> Any:
        return await self.call(v16.call.LogStatusNotification(status=status, request_id=request_id))


class _Library2:
    """What 2.0.1 and 2.1 have in common; `words` is the version's package."""

    words: Any
    asked: list[dict[str, Any]]

    @routing.on("GetLog")
    def on_get_log(self, **request: Any) -> Any:
        self.asked.append(request)
        return self.words.call_result.GetLog(status="Accepted", filename="log.tar")

    async def report_boot(self) -> Any:
        station = {"model": "Model", "vendor_name": "Vendor"}
        return await self.call(self.words.call.BootNotification(station, "PowerUp"))

    async def report_heartbeat(self) -> Any:
        return await self.call(self.words.call.Heartbeat())

    async def report_status(self) -> Any:
        return await self.call(
            self.words.call.StatusNotification(
                timestamp="2026-03-02T08:00:00Z",
                connector_status="Available",
                evse_id=1,
                connector_id=1,
            )
        )

    async def report_log(self, request_id: int, status: str) -> Any:
        return await self.call(
            self.words.call.LogStatusNotification(status=status, request_id=request_id)
        )

    call: Any


class Library201(_Library2, v201.ChargePoint):
    words = v201


class Library21(_Library2, v21.ChargePoint):
    words = v21


LIBRARIES: dict[str, Any] = {
    "ocpp1.6": Library16,
    "ocpp2.0.1": Library201,
    "ocpp2.1": Library21,
}


class Peer:
    """A charge point of the library that runs; `does` awaits one of its reports."""

    def __init__(self, charge_point: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.charge_point = charge_point
        self.asked: list[dict[str, Any]] = charge_point.asked
        self._loop = loop

    def does(self, report: str, *arguments: Any) -> Any:
        report_it = getattr(self.charge_point, f"report_{report}")(*arguments)
        return asyncio.run_coroutine_threadsafe(report_it, self._loop).result(PATIENCE)


@contextmanager
def library_station(
    server: str, identity: str, subprotocol: str, authorization: str
) -> Iterator[Peer]:
    """A charge point of the `ocpp` package, connected to the server."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    url = f"{server.replace('http', 'ws', 1)}/ocpp/{identity}"

    async def start() -> tuple[Any, asyncio.Task[None], Any]:
        socket = await websockets.connect(
            url,
            subprotocols=[subprotocol],  # type: ignore[list-item]
            additional_headers={"Authorization": authorization},
        )
        charge_point = LIBRARIES[subprotocol](identity, socket)
        charge_point.asked = []
        return charge_point, asyncio.create_task(charge_point.start()), socket

    async def stop() -> None:
        task.cancel()
        await socket.close()
        await asyncio.wait([task])

    charge_point, task, socket = asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE)
    try:
        yield Peer(charge_point, loop)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
