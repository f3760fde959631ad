"""One event loop in a thread of its own, for messages nobody waits for.

Synchronous code that sent through a channel layer by itself would make an event loop and a
connection to Redis for each message, and would wait where Redis is away. Here it hands the message
over and goes on.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from typing import Any

logger = logging.getLogger(__name__)

# Messages on their way at once; what comes on top of them is dropped.
MOST = 1000

# Seconds that a process which ends gives its last messages.
LAST_WORDS = 1.0

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_under_way: set[Future[None]] = set()


def send_soon(make: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run the coroutine that `make` returns, soon; what it raises is logged, never raised here.

    False where too many are under way, and this one was dropped.
    """
    if len(_under_way) >= MOST:
        logger.warning("A message was dropped: %s are waiting", MOST)
        return False
    future = asyncio.run_coroutine_threadsafe(_logged(make), _running_loop())
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)
    return True


def send_now(make: Callable[[], Coroutine[Any, Any, None]], timeout: float = 5.0) -> None:
    """Run it and wait for its end; raises what it raises, and TimeoutError. From no event loop."""
    asyncio.run_coroutine_threadsafe(make(), _running_loop()).result(timeout)


def flush(timeout: float = LAST_WORDS) -> None:
    """Wait until what was handed over has been sent, or given up."""
    wait(list(_under_way), timeout)


async def _logged(make: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await make()
    except Exception as error:  # whatever the layer's backend raises
        logger.warning("A message was not sent: %s", error)


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="background", daemon=True).start()
        return _loop


def _forget_after_fork() -> None:
    """A forked child has the memory of the thread, and not the thread."""
    global _loop, _lock
    _lock = threading.Lock()
    _loop = None
    _under_way.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(flush)
