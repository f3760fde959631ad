"""Database work for code that runs on an event loop: units of it, in a few threads of this process.

The threads are our own. Django's thread-sensitive one would put every station behind any slow view,
and one thread per socket would open one database connection per socket.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import connections

THREADS = 8
# Seconds a thread keeps its database connection; opening one costs more than most units.
CONNECTION_AGE = 300
# A connection that was used within these seconds is not asked again whether it still works.
TRUSTED = 5.0

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_executor: ThreadPoolExecutor | None = None
_opened: list[Any] = []
_thread = threading.local()


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one synchronous unit of database work in a thread, and return what it returns.

    A unit that has begun is awaited even when the caller is cancelled: nothing it wrote may be
    unknown to what the caller does next.
    """
    run: Any = database_sync_to_async(_unit, thread_sensitive=False, executor=_threads())
    unit = asyncio.ensure_future(run(function, *args, **kwargs))
    try:
        return await asyncio.shield(unit)
    except asyncio.CancelledError:
        await asyncio.wait([unit])
        raise


def _unit(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    if time.monotonic() - getattr(_thread, "used", 0.0) < TRUSTED:
        kept: Any = connections.all(initialized_only=True)
        for connection in kept:
            connection.health_check_done = True
    try:
        return function(*args, **kwargs)
    finally:
        _thread.used = time.monotonic()


def close() -> None:
    """Finish the running units and close the threads' database connections.

    The next unit starts new threads.
    """
    global _executor
    with _lock:
        executor, _executor = _executor, None
        opened = _opened.copy()
        _opened.clear()
    if executor is not None:
        executor.shutdown(wait=True)
    for connection in opened:
        connection.inc_thread_sharing()  # its thread has ended
        connection.close()


def _threads() -> ThreadPoolExecutor:
    global _executor
    with _lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(
                THREADS, thread_name_prefix="stations-database", initializer=_keep_connections
            )
        return _executor


def _keep_connections() -> None:
    """Let this thread keep its database connections, and check them before they are used."""
    for connection in connections.all():
        if not connection.settings_dict["CONN_MAX_AGE"]:
            kept = {"CONN_MAX_AGE": CONNECTION_AGE, "CONN_HEALTH_CHECKS": True}
            connection.settings_dict = {**connection.settings_dict, **kept}
        _opened.append(connection)
