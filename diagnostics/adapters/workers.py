"""Worker threads for the synchronous services, from an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

Params = ParamSpec("Params")
Result = TypeVar("Result")

# Of their own: the thread that asgiref calls thread-sensitive is one for the whole process.
WORKERS = ThreadPoolExecutor(16, thread_name_prefix="diagnostics")


async def in_worker(
    call: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
) -> Result:
    """Run a blocking call with a usable database connection.

    A caller that is cancelled still waits for the call to end: what it wrote must not come after
    what the caller does next.
    """
    unit = partial(_with_database, partial(call, *args, **kwargs))
    future = asyncio.get_running_loop().run_in_executor(WORKERS, unit)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


def _with_database(call: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
