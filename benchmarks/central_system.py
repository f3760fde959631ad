"""The peer: a central system on the `ocpp` package (mobilityhouse) and `websockets`.

    python -m benchmarks.central_system PORT

Written as the package's documentation shows it, on uvloop as our own server. It validates, answers,
and keeps nothing.
"""

from __future__ import annotations

import gc
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import uvloop
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol


class Station(ChargePoint):
    """One connection."""

    @on("Heartbeat")
    def heartbeat(self, **_: Any) -> Any:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on("NotifyEvent")
    def notify_event(self, **_: Any) -> Any:
        return call_result.NotifyEvent()

    @on("SecurityEventNotification")
    def security_event(self, **_: Any) -> Any:
        return call_result.SecurityEventNotification()


async def handle(connection: ServerConnection) -> None:
    """Serve a station until it leaves."""
    path = connection.request.path if connection.request else ""
    await Station(path.strip("/"), connection).start()


async def main(port: int) -> None:
    """Serve on loopback until the process is ended."""
    logging.getLogger("ocpp").setLevel(logging.WARNING)
    gc.freeze()
    subprotocols = [Subprotocol("ocpp2.0.1")]
    options: dict[str, Any] = {"compression": None, "backlog": 4096}
    async with serve(handle, "127.0.0.1", port, subprotocols=subprotocols, **options) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
