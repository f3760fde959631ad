"""One thread that works on what gathers while it works: many items at once when there are many.

Nothing waits when little is under way. The thread starts with the first item, has database
connections of its own, and ends when it has been idle for a while.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

logger = logging.getLogger(__name__)

# Items worked on at once: more would only make the first ones wait for the last.
MOST = 500
# Seconds in which items gather after many came at once; then each batch has more of them, and takes
# hardly longer.
PAUSE, MANY = 0.004, 8
# Seconds without work after which the thread ends and gives its connections back.
IDLE = 30.0

Item = TypeVar("Item")


class Gathering(Generic[Item]):
    """Hands what `put` brings to `work`, at most `most` items at a time, in order.

    What `work` raises is logged, and costs the items it was given.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], None],
        *,
        name: str,
        most: int = MOST,
        idle: float = IDLE,
        pause: float = PAUSE,
    ) -> None:
        self._work, self._name, self._most, self._idle = work, name, most, idle
        self._pause = pause
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._waiting: list[Item] = []
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self.is_working = self._were_many = False

    def put(self, *items: Item) -> None:
        """Have items worked on soon; from any thread."""
        if self._process != os.getpid():  # forked: the thread stayed with the parent
            self._begin()
        with self._arrived:
            self._waiting.extend(items)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            elif not self.is_working:
                self._arrived.notify()

    def close(self) -> None:
        """Work on what waits, and end the thread with its connections."""
        with self._arrived:
            thread, self._is_closing = self._thread, True
            self._arrived.notify()
        # One that was interrupted while it started it (Ctrl-C) may find a thread that never ran.
        if thread is not None and self._process == os.getpid() and thread.is_alive():
            thread.join()
        self._is_closing = False

    def _run(self) -> None:
        try:
            while batch := self._next():
                try:
                    self._work(batch)
                except Exception:
                    logger.exception("%s: %s items are lost", self._name, len(batch))
                    connections.close_all()
        finally:
            connections.close_all()

    def _next(self) -> list[Item]:
        """What is to be worked on now; nothing at the end of this thread."""
        if self._were_many and self._pause and not self._is_closing:
            time.sleep(self._pause)
        with self._arrived:
            self.is_working = False
            if not self._waiting and not self._is_closing:
                self._arrived.wait(self._idle)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not batch:
                self._thread = None
            self.is_working, self._were_many = True, len(batch) >= MANY
            return batch
