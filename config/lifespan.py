"""What an ASGI process does once, when its server starts."""

from __future__ import annotations

import gc
from typing import Any

# With thousands of sockets the collector's default thresholds cost a third of the processor:
# nearly all objects are long-lived, and walking them again finds nothing.
GENERATIONS = (50_000, 20, 50)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer the server's lifespan events, and tune the garbage collector at start-up."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GENERATIONS)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
