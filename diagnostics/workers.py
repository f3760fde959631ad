"""Worker threads for the synchronous services, from an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

# Threads that wait for slow stations and slow stores are many; PostgreSQL's connections are few.
_TURNS = BoundedSemaphore(16)

Params = ParamSpec("Params")
Result = TypeVar("Result")


class Workers:
    """A pool of threads with usable database connections.

    Of their own: the thread that asgiref calls thread-sensitive is one for the whole process.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(
        self, call: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
    ) -> Result:
        """Run a blocking call and return what it returns.

        A caller that is cancelled still waits for the call to end: what it wrote must not come
        after what the caller does next.
        """
        future = asyncio.wrap_future(self.submit(call, *args, **kwargs))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    def submit(
        self, call: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
    ) -> Future[Result]:
        """Have a blocking call run, without waiting for it."""
        return self._pool.submit(_with_database, partial(call, *args, **kwargs))


@contextmanager
def database_turn() -> Iterator[None]:
    """Use the database from any thread: with a usable connection, and no more than 16 at a time."""
    with _TURNS:
        close_old_connections()
        try:
            yield
        finally:
            close_old_connections()


def _with_database(call: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
