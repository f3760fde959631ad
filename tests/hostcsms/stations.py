"""Stations made of the `ocpp` package, as people write them for their own tests."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websockets
from ocpp import v16, v21, v201
from ocpp.routing import after, on

from tests.servers.processes import PATIENCE

FILE = b"08:00:00 boot\n08:00:01 contactor stuck\n"


class Uploading:
    """Answers GetLog, then sends the file with curl and says so."""

    log: Path
    words: Any

    @on("GetLog")
    def on_get_log(self, **_: Any) -> Any:
        return self.words.call_result.GetLog(status="Accepted", filename=self.log.name)

    @after("GetLog")
    async def bring(self, log: dict[str, Any], request_id: int, **_: Any) -> None:
        say = self.words.call.LogStatusNotification
        await self.call(say(status="Uploading", request_id=request_id))
        await upload(self.log, log["remote_location"])
        await self.call(say(status="Uploaded", request_id=request_id))

    async def boot(self) -> str:
        """Send a BootNotification; returns the CSMS's word."""
        answer = await self.call(self.boot_notification(), suppress=False)
        return str(answer.status)

    def boot_notification(self) -> Any:
        box = {"vendor_name": "Nordlader", "model": "NL-22", "firmware_version": "3.8.2"}
        return self.words.call.BootNotification(charging_station=box, reason="PowerUp")


class Old(v16.ChargePoint):
    """1.6 without the security extension: GetLog is not known to it, and it is asked again."""

    words = v16
    log: Path

    boot = Uploading.boot

    def boot_notification(self) -> Any:
        return v16.call.BootNotification(
            charge_point_vendor="Nordlader", charge_point_model="NL-11", firmware_version="1.2"
        )

    @on("GetDiagnostics")
    def on_get_diagnostics(self, **_: Any) -> Any:
        return v16.call_result.GetDiagnostics(file_name=self.log.name)

    @after("GetDiagnostics")
    async def bring_diagnostics(self, location: str, **_: Any) -> None:
        await self.call(v16.call.DiagnosticsStatusNotification(status="Uploading"))
        await upload(self.log, location)
        await self.call(v16.call.DiagnosticsStatusNotification(status="Uploaded"))


class Secured16(Uploading, v16.ChargePoint):
    words = v16
    boot_notification = Old.boot_notification


class Station201(Uploading, v201.ChargePoint):
    words = v201


class Station21(Uploading, v21.ChargePoint):
    words = v21


async def upload(log: Path, location: str) -> None:
    """What most stations run: `curl -T`."""
    command = ["curl", "--silent", "-T", str(log), location]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=PATIENCE)


@contextmanager
def running(kind: type[Any], address: str, log: Path) -> Iterator[None]:
    """A station that connects and boots, in a thread, until the block ends."""
    log.write_bytes(FILE)
    life = Life(kind, address, log)
    thread = threading.Thread(target=lambda: asyncio.run(life.live()), name="station", daemon=True)
    thread.start()
    try:
        assert life.booted.wait(PATIENCE), "the station booted"
        yield
    finally:
        life.end()
        thread.join(PATIENCE)


class Life:
    """From connecting to the end of the test."""

    def __init__(self, kind: type[Any], address: str, log: Path) -> None:
        self.kind, self.address, self.log = kind, address, log
        self.booted = threading.Event()

    async def live(self) -> None:
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        subprotocols = [f"ocpp{self.kind._ocpp_version}"]
        async with websockets.connect(self.address, subprotocols=subprotocols) as connection:
            station = self.kind(self.address.rpartition("/")[2], connection)
            station.log = self.log
            listening = asyncio.create_task(station.start())
            assert await station.boot() == "Accepted"
            self.booted.set()
            await self.over.wait()
            listening.cancel()

    def end(self) -> None:
        if self.booted.is_set():
            self.loop.call_soon_threadsafe(self.over.set)
