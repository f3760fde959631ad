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

# They mostly wait for each other's interpreter: more would only hold up the other threads.
THREADS = 4
# Seconds a thread keeps its database connection; opening one costs more than most units.
CONNECTION_AGE = 300
# A connection that was used within these seconds is not asked again whether it still works.
TRUSTED = 5.0

# Those of the stations, and one for what must not wait behind them.
STATIONS, AT_ONCE = "stations-database", "at-once"

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_executors: dict[str, ThreadPoolExecutor] = {}
_opened: list[Any] = []
_thread = threading.local()


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one synchronous unit of database work in a thread, and return what it returns.

    A unit that has begun is awaited even when the caller is cancelled: nothing it wrote may be
    unknown to what the caller does next.
    """
    return await _run(STATIONS, function, *args, **kwargs)


async def at_once(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`in_database` for the process itself: however many stations want something, it lives."""
    return await _run(AT_ONCE, function, *args, **kwargs)


async def _run(name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    run: Any = database_sync_to_async(_unit, thread_sensitive=False, executor=_threads(name))
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
    with _lock:
        executors, opened = list(_executors.values()), _opened.copy()
        _executors.clear()
        _opened.clear()
    for executor in executors:
        executor.shutdown(wait=True)
    for connection in opened:
        connection.inc_thread_sharing()  # its thread has ended
        connection.close()


def _threads(name: str) -> ThreadPoolExecutor:
    with _lock:
        if name not in _executors:
            count = THREADS if name == STATIONS else 1
            _executors[name] = ThreadPoolExecutor(
                count, thread_name_prefix=name, initializer=_keep_connections
            )
        return _executors[name]


def _keep_connections() -> None:
    """Let this thread keep its database connections, and check them before they are used."""
    for connection in connections.all():
        if not connection.settings_dict["CONN_MAX_AGE"]:
            kept = {"CONN_MAX_AGE": CONNECTION_AGE, "CONN_HEALTH_CHECKS": True}
            connection.settings_dict = {**connection.settings_dict, **kept}
        _opened.append(connection)
