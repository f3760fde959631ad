"""Group commit: what many stations say is written in one transaction, each answered when it is.

What arrives while a commit is on its way gathers and goes into the next one. Nothing waits when
nothing is on its way. One thread writes, with a database connection of its own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from django.db import InterfaceError, OperationalError, connections

logger = logging.getLogger(__name__)

# Messages in one transaction: more would only make the first ones wait for the last.
MOST = 500
# Seconds without work after which the thread ends and gives its connection back.
IDLE = 30.0

Item = TypeVar("Item")


class _Waiting(NamedTuple, Generic[Item]):
    item: Item
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class GroupCommit(Generic[Item]):
    """Gathers items of any number of tasks and event loops for `write`, which commits a batch.

    `write` takes some items, stores all or none of them, and raises when it cannot. Of a batch that
    fails only the items that fail alone are refused.
    """

    def __init__(
        self, write: Callable[[Sequence[Item]], None], *, most: int = MOST, idle: float = IDLE
    ) -> None:
        self._write, self._most, self._idle = write, most, idle
        self._waiting: list[_Waiting[Item]] = []
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_writing = False
        self._closing = False

    def submit(self, item: Item) -> asyncio.Future[None]:
        """Have an item written; the future is done when it is committed, or has the reason why not.

        From a coroutine. An item is written even when nobody waits for it any more.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        with self._arrived:
            self._waiting.append(_Waiting(item, loop, done))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
                self._thread.start()
            elif not self._is_writing:
                self._arrived.notify()
        return done

    def close(self) -> None:
        """Write what waits, and end the thread with its database connection."""
        with self._arrived:
            thread, self._closing = self._thread, True
            self._arrived.notify()
        if thread is not None:
            thread.join()
        self._closing = False

    # In the thread

    def _run(self) -> None:
        try:
            while batch := self._next():
                self._settle(batch, self._written([each.item for each in batch]))
        finally:
            connections.close_all()

    def _next(self) -> list[_Waiting[Item]]:
        """What goes into the next transaction; nothing at the end of this thread."""
        with self._arrived:
            self._is_writing = False
            if not self._waiting and not self._closing:
                self._arrived.wait(self._idle)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not batch:
                self._thread = None
            self._is_writing = True
            return batch

    def _written(self, items: list[Item]) -> list[Exception | None]:
        """What became of each item: None where it is committed."""
        try:
            self._write_patiently(items)
        except (OperationalError, InterfaceError) as error:
            logger.warning("%s messages were not kept: %s", len(items), error)
            return [error] * len(items)
        except Exception as error:
            if len(items) == 1:
                logger.exception("A message could not be kept")
                return [error]
            half = len(items) // 2
            return self._written(items[:half]) + self._written(items[half:])
        return [None] * len(items)

    def _write_patiently(self, items: list[Item]) -> None:
        """Once more over a new connection: the old one may have ended while nobody looked."""
        try:
            self._write(items)
        except (OperationalError, InterfaceError):
            connections.close_all()
            self._write(items)

    @staticmethod
    def _settle(batch: list[_Waiting[Item]], errors: list[Exception | None]) -> None:
        loops: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
        for (_, loop, done), error in zip(batch, errors, strict=True):
            loops.setdefault(loop, []).append((done, error))
        for loop, outcomes in loops.items():
            try:
                loop.call_soon_threadsafe(_tell, outcomes)  # one wake-up for all of them
            except RuntimeError:  # the loop is closed: nobody waits any more
                logger.debug("%s messages were kept, and cannot be answered", len(outcomes))


_Outcome = tuple["asyncio.Future[None]", Exception | None]


def _tell(outcomes: list[_Outcome]) -> None:
    for done, error in outcomes:
        if done.done():  # the station has left
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
