"""What an ASGI process does once, when its server starts."""

from __future__ import annotations

import gc
import sys
from typing import Any

# With thousands of sockets the collector's default thresholds cost a third of the processor:
# nearly all objects are long-lived, and walking them again finds nothing.
GENERATIONS = (50_000, 20, 50)

# Seconds a busy thread keeps the interpreter. The thread that commits what stations say needs it
# for moments, many times a commit: with the default of 5 ms each of them waits for the event loop.
SWITCH_INTERVAL = 0.0003


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer the server's lifespan events, and tune the interpreter at start-up."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GENERATIONS)
            sys.setswitchinterval(SWITCH_INTERVAL)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
