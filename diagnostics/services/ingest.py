"""Group commit: what many stations say is written in one transaction, each answered when it is.

What arrives while a commit is on its way gathers and goes into the next one. So does what an event
loop takes in without a pause: a batch costs as much as twenty of its items.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from django.db import InterfaceError, OperationalError, connections

from diagnostics.gathering import IDLE, MOST, Gathering

logger = logging.getLogger(__name__)

# Seconds that a busy event loop keeps the first of its items back: about as long as a commit takes,
# so that the next batch is there when one is written.
LONGEST = 0.003
# Rounds of an event loop without an item after which nothing is under way any more: what was read
# from a socket in the first of them is submitted in the second.
QUIET_ROUNDS = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Result]


class _Arrivals(Generic[Item, Result]):
    """What comes in on one event loop, until there is a moment in which nothing does."""

    def __init__(self, hand_over: Callable[..., None]) -> None:
        self._hand_over = hand_over
        self._waiting: list[_Waiting[Item, Result]] = []

    def add(self, waiting: _Waiting[Item, Result]) -> None:
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            self._until, self._seen, self._quiet = waiting.loop.time() + LONGEST, 1, 0
            waiting.loop.call_soon(self._look)

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._hand_over(*waiting)

    def _look(self) -> None:
        """Once in a round of the event loop."""
        loop, before, self._seen = asyncio.get_running_loop(), self._seen, len(self._waiting)
        self._quiet = self._quiet + 1 if self._seen == before else 0
        if self._quiet < QUIET_ROUNDS and self._seen < MOST and loop.time() < self._until:
            loop.call_soon(self._look)
        else:
            self.flush()


class GroupCommit(Generic[Item, Result]):
    """Gathers items of any number of tasks and event loops for `write`, which commits a batch.

    `write` takes some items and returns what became of each, in the same order; an exception among
    the results is raised to whoever brought the item. It may raise, having stored nothing: of a
    batch that fails only the items that fail alone are refused.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        name: str = "ingest",
        most: int = MOST,
        idle: float = IDLE,
    ) -> None:
        self._write = write
        self._gathering: Gathering[_Waiting[Item, Result]] = Gathering(
            self._commit, name=name, most=most, idle=idle, pause=0.0
        )
        self._arriving: WeakKeyDictionary[asyncio.AbstractEventLoop, _Arrivals[Item, Result]]
        self._arriving = WeakKeyDictionary()

    def submit(self, item: Item) -> asyncio.Future[Result]:
        """Have an item written; the future has its result when it is committed, or why it is not.

        From a coroutine. An item is written even when nobody waits for it any more.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()
        arrivals = self._arriving.get(loop)
        if arrivals is None:
            arrivals = self._arriving[loop] = _Arrivals(self._gathering.put)
        arrivals.add(_Waiting(item, loop, done))
        return done

    def close(self) -> None:
        """Write what waits, and end the thread with its database connection."""
        for arrivals in list(self._arriving.values()):
            arrivals.flush()
        self._gathering.close()

    # In the thread

    def _commit(self, batch: list[_Waiting[Item, Result]]) -> None:
        _settle(batch, self._written([each.item for each in batch]))

    def _written(self, items: list[Item]) -> list[Result | Exception]:
        try:
            return list(self._write_patiently(items))
        except (OperationalError, InterfaceError) as error:
            logger.warning("%s items were not kept: %s", len(items), error)
            return [error] * len(items)
        except Exception as error:
            if len(items) == 1:
                logger.exception("An item could not be kept")
                return [error]
            half = len(items) // 2
            return self._written(items[:half]) + self._written(items[half:])

    def _write_patiently(self, items: list[Item]) -> Sequence[Result | Exception]:
        """Once more over a new connection: the old one may have ended while nobody looked."""
        try:
            return self._write(items)
        except (OperationalError, InterfaceError):
            connections.close_all()
            return self._write(items)


_Outcome = tuple["asyncio.Future[Any]", Any]


def _settle(batch: Sequence[_Waiting[Any, Any]], results: Sequence[Any]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for (_, loop, done), result in zip(batch, results, strict=True):
        loops.setdefault(loop, []).append((done, result))
    for loop, outcomes in loops.items():
        try:
            loop.call_soon_threadsafe(_tell, outcomes)  # one wake-up for all of them
        except RuntimeError:  # the loop is closed: nobody waits any more
            logger.debug("%s items were kept, and cannot be answered", len(outcomes))


def _tell(outcomes: list[_Outcome]) -> None:
    for done, result in outcomes:
        if done.done():  # the station has left
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)
