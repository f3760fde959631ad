"""What waits to be written, bounded, and the thread that writes it."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque

from django.db import InterfaceError, OperationalError, connections

from diagnostics.message_log.entry import Entry, Exchange
from diagnostics.message_log.rows import Row, Scribe
from diagnostics.message_log.table import write
from diagnostics.message_log.tally import add_counts

logger = logging.getLogger(__name__)

# Seconds in which frames gather, and how many do not wait for their end.
GATHERING = 0.5
BATCH = 2_000
# What waits at most: frames, and their characters.
MOST_FRAMES = 50_000
MOST_CHARACTERS = 64 * 1024**2
# Seconds in which counts gather, while there is always something to write.
COUNTING = 30.0
# Seconds between two complaints about the database.
QUIET = 60.0


class MessageLog:
    """The queue of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: deque[Entry | Exchange] = deque()
        self._characters = 0
        self._some, self._many = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._complained = float("-inf")
        self._scribe = Scribe()
        self._counted = time.monotonic()
        self.dropped = 0

    def put(self, entry: Entry | Exchange) -> None:
        """Queue an entry; the oldest make room when there is none."""
        with self._lock:
            waiting = self._waiting
            waiting.append(entry)
            self._characters += len(entry.text)
            while len(waiting) > MOST_FRAMES or self._characters > MOST_CHARACTERS:
                self._characters -= len(waiting.popleft().text)
                self.dropped += 1
        if len(waiting) >= BATCH:
            self._many.set()
        if not self._some.is_set():
            self._start()
            self._some.set()

    def flush(self) -> None:
        """Write what waits, in this thread; for tests, and for the end of the process."""
        self._write_frames()
        self._write_counts()

    def _write_frames(self) -> None:
        with self._writing:
            while batch := self._take():
                self._write(batch)

    def _write_counts(self) -> None:
        """Add what was counted to the rows of stations; what cannot be written is lost."""
        with self._writing:
            counts, self._counted = self._scribe.tally.take(), time.monotonic()
            try:
                add_counts(counts)
            except Exception:
                self._complain("Messages are not counted", len(counts))

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="diagnostics-message-log", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        atexit.register(self.flush)
        while True:
            if not self._some.wait(GATHERING):
                self._write_counts()
                connections.close_all()  # idle: nobody's connection is held
                self._some.wait()
            self._many.wait(GATHERING)
            self._some.clear()
            self._many.clear()
            self._write_frames()
            if time.monotonic() - self._counted >= COUNTING:
                self._write_counts()

    def _take(self) -> list[Entry | Exchange]:
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
            self._characters -= sum(len(entry.text) for entry in batch)
        return batch

    def _write(self, batch: list[Entry | Exchange]) -> None:
        try:
            self._write_patiently(self._scribe.rows(batch))
        except Exception:  # the database is away: the log has a gap, the work goes on
            self.dropped += len(batch)
            self._complain("Messages are not logged", self.dropped)

    def _write_patiently(self, rows: list[Row | Exchange]) -> None:
        """Once more over a new connection: the old one may have ended while nobody looked."""
        try:
            write(rows)
        except (OperationalError, InterfaceError):
            connections.close_all()
            write(rows)

    def _complain(self, what: str, lost: int) -> None:
        if time.monotonic() - self._complained > QUIET:
            self._complained = time.monotonic()
            logger.exception("%s; %s were lost so far", what, lost)
