"""Tells the connections of this process that calls wait for their stations."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from django.db import Error as DatabaseError

from diagnostics.services.calls import delivery
from diagnostics.workers import Workers

logger = logging.getLogger(__name__)

WORKERS = Workers(16, "diagnostics")


class Connected(Protocol):
    """A connection that can be rung."""

    station: Any
    rung: asyncio.Event


class Doorbell:
    """Looks into the outbox for all connections of a process at once, while there are any.

    The process that places a call is seldom the one that holds the socket. One query every
    `interval` seconds finds whose calls wait; a host that hears of them sooner (its gateway's
    `send` publishes to Redis, say) calls `ring` in the event loop.
    """

    def __init__(self, interval: float = 1.0) -> None:
        self.interval = interval
        self._here: dict[Any, Connected] = {}
        self._watching: asyncio.Task[None] | None = None

    def join(self, connection: Connected) -> None:
        """Ring for this connection from now on; it replaces an older one of its station."""
        self._here[connection.station.pk] = connection
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())

    def leave(self, connection: Connected) -> None:
        """Ring no more; the last one to leave ends the watch."""
        if self._here.get(connection.station.pk) is connection:
            del self._here[connection.station.pk]
        if not self._here and self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def ring(self, station_pk: Any) -> None:
        """Have the station's connection take its calls, if it is in this process."""
        connection = self._here.get(station_pk)
        if connection is not None:
            connection.rung.set()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.interval)
            try:
                waiting = await WORKERS.run(delivery.stations_waiting)
            except DatabaseError:
                logger.exception("The outbox cannot be read; trying again")
                continue
            for station_pk in waiting:
                self.ring(station_pk)
