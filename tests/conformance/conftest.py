"""Stations that this project did not write: ChargePoint of the `ocpp` package over `websockets`.

They build and check every frame by code of their own, so what passes between them and the running
project is OCPP, and not an agreement with ourselves.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from ocpp import v16, v21, v201
from ocpp.routing import on

from diagnostics.models import LogRequest
from diagnostics.services import logs
from diagnostics.services.calls import delivery
from diagnostics.wording import verdict_sentence
from stations.models import ChargingStation
from stations.services import register_station
from tests.servers.processes import PATIENCE, comes_true
from tests.servers.valkey import Valkey


class Scripted:
    """What the kinds of stations share: answers come from a script, requests are kept."""

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection, response_timeout=PATIENCE)  # type: ignore[call-arg]
        self.asked: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.script: asyncio.Queue[Any] = asyncio.Queue()

    async def take(self, action: str, request: dict[str, Any]) -> Any:
        """Keep the request and answer with the next line of the script."""
        await self.asked.put((action, request))
        return await self.script.get()

    async def request(self, action: str) -> dict[str, Any]:
        """The next request of the CSMS, in the package's own spelling."""
        got, request = await asyncio.wait_for(self.asked.get(), PATIENCE)
        assert got == action
        return request

    def answers(self, answer: Any) -> None:
        self.script.put_nowait(answer)

    async def says(self, message: Any) -> Any:
        return await self.call(message, suppress=False)  # type: ignore[attr-defined]

    @on("TriggerMessage")
    async def on_trigger_message(self, **request: Any) -> Any:
        return await self.take("TriggerMessage", request)


class KnowsGetLog(Scripted):
    @on("GetLog")
    async def on_get_log(self, **request: Any) -> Any:
        return await self.take("GetLog", request)


class Station16Core(Scripted, v16.ChargePoint):
    """1.6 without the security extension: GetLog has no handler, so it is NotImplemented."""

    @on("GetDiagnostics")
    async def on_get_diagnostics(self, **request: Any) -> Any:
        return await self.take("GetDiagnostics", request)


class Station16(KnowsGetLog, v16.ChargePoint):
    """1.6 with the security extension."""

    @on("ExtendedTriggerMessage")
    async def on_extended_trigger_message(self, **request: Any) -> Any:
        return await self.take("ExtendedTriggerMessage", request)


class Station201(KnowsGetLog, v201.ChargePoint):
    @on("GetVariables")
    async def on_get_variables(self, **request: Any) -> Any:
        return await self.take("GetVariables", request)

    @on("ClearVariableMonitoring")
    async def on_clear_variable_monitoring(self, **request: Any) -> Any:
        return await self.take("ClearVariableMonitoring", request)


class Station21(KnowsGetLog, v21.ChargePoint):
    pass


Connect = Callable[[type[Any]], AbstractAsyncContextManager[Any]]


@pytest.fixture
def connect(asgi_server: str, valkey: Valkey, settings: Any) -> Connect:
    """Connects a station of one kind: `async with connect(Station201) as station`."""
    settings.DIAGNOSTICS = {
        **settings.DIAGNOSTICS,
        "PUBLIC_URL": asgi_server,
        "READ_LIMITS": False,  # the station is asked what the test asks, and nothing else
        "READ_DEVICE_MODEL": False,
    }
    password = register_station("NL0004711")[1]
    token = b64encode(f"NL0004711:{password}".encode()).decode()

    @asynccontextmanager
    async def open_socket(kind: type[Any]) -> AsyncIterator[Any]:
        async with websockets.connect(
            f"{asgi_server.replace('http', 'ws', 1)}/ocpp/NL0004711",
            subprotocols=[f"ocpp{kind._ocpp_version}"],  # type: ignore[list-item]
            additional_headers={"Authorization": f"Basic {token}"},
        ) as socket:
            station = kind("NL0004711", socket)
            listening = asyncio.create_task(station.start())
            try:
                yield station
            finally:
                listening.cancel()

    return open_socket


async def ask(**wanted: Any) -> LogRequest:
    """Request a log, and ring as the worker does."""

    def click() -> LogRequest:
        row = logs.request_log(station=ChargingStation.objects.get(), **wanted)
        delivery.ring_waiting()
        return row

    return await asyncio.to_thread(click)


async def ends(row: LogRequest, verdict: str, reason: str = "") -> None:
    """The verdict gets there, with a sentence."""

    async def is_there() -> bool:
        await asyncio.to_thread(row.refresh_from_db)
        return (row.verdict, row.reason) == (verdict, reason)

    await comes_true(is_there, lambda: f"{row.verdict} {row.reason} becomes {verdict} {reason}")
    assert verdict_sentence(row)


async def curl(*arguments: str | Path) -> str:
    """Run curl; returns the HTTP status."""
    command = ["curl", "-sS", "--max-time", f"{PATIENCE}", "-o", "/dev/null", "-w", "%{http_code}"]
    process = await asyncio.create_subprocess_exec(
        *command, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    return (await process.communicate())[0].decode()
