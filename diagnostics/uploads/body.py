"""Reads the body of a request ahead of those who store it, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from diagnostics.storage import CHUNK

Receive = Callable[[], Awaitable[dict[str, Any]]]

# Bytes held for the store before the station has to wait.
HELD = 2 * CHUNK
# The last bytes are always read: see `Body`. More than a server buffers by itself.
TAIL = CHUNK // 2
# Silence after which a station is taken to be gone; mobile links pause for long.
STALL_SECONDS = 120.0
# How long bytes may wait for more before they are handed on, so that progress can be seen.
GATHER_SECONDS = 2.0


class Ending(Enum):
    """How a body ended."""

    COMPLETE = auto()
    CUT_OFF = auto()
    STALLED = auto()


class Body:
    """The body of one request: read by a task of its own, taken in batches by one reader.

    It reads ahead for a reason. Some stations close the connection right after their last byte
    without waiting for an answer (Zaptec's firmware does), and a server then says
    `http.disconnect` instead of handing over what it had buffered. So a body that fits the
    buffer is read while its address is still being looked up, and the end of a longer one
    is read whether there is room or not.
    """

    def __init__(self, receive: Receive, declared_size: int | None) -> None:
        self.ending: Ending | None = None
        self._receive = receive
        self._declared = declared_size
        self._received = 0
        self._pieces: list[bytes] = []
        self._held = 0
        self._discarding = False
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_reading(self) -> bool:
        """Whether reading has begun: the station has been told, or did not ask, to send."""
        return self._reading is not None

    def start(self) -> None:
        """Begin to read; this is what makes a server say "100 Continue"."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """End reading wherever it is."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def batch(self) -> list[bytes]:
        """Wait for about 1 MiB, or what came within two seconds; empty when the body has ended."""
        while True:
            await self._gather()
            if self._pieces or self.ending:
                pieces, self._pieces, self._held = self._pieces, [], 0
                self._taken.set()
                return pieces

    async def drain(self, seconds: float) -> None:
        """Read and forget the rest for a while.

        A connection closed with unread bytes is reset, and the station may lose the answer.
        """
        self._discarding = True
        self._taken.set()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=seconds)

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                while self._held < CHUNK and self.ending is None:
                    self._arrived.clear()
                    await self._arrived.wait()

    async def _read(self) -> None:
        try:
            while self.ending is None:
                await self._room()
                async with asyncio.timeout(STALL_SECONDS):
                    self._take(await self._receive())
                self._arrived.set()
        except TimeoutError:
            self.ending = Ending.STALLED
        finally:
            self.ending = self.ending or Ending.CUT_OFF
            self._arrived.set()

    async def _room(self) -> None:
        while not self._may_read():
            self._taken.clear()
            await self._taken.wait()

    def _may_read(self) -> bool:
        at_the_end = self._declared is not None and self._declared - self._received <= TAIL
        return self._held < HELD or at_the_end or self._discarding

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.disconnect":
            self.ending = Ending.CUT_OFF
            return
        piece = message.get("body", b"")
        self._received += len(piece)
        if piece and not self._discarding:
            self._pieces.append(piece)
            self._held += len(piece)
        if not message.get("more_body", False):
            whole = self._declared in (None, self._received)
            self.ending = Ending.COMPLETE if whole else Ending.CUT_OFF
