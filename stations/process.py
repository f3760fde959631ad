"""What one ASGI process does for all of its stations: says that it lives, and listens to others.

Started with the first station on an event loop, and ended with the loop. Nothing here is needed by
another process: connections of a process that dies are swept, and their stations come back.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol
from uuid import uuid4
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from diagnostics import ingest
from stations import boots, connectors, database, door, outbox, presence
from stations.database import at_once
from stations.gateway import ALL, group_of
from stations.models import HEARTBEAT

logger = logging.getLogger(__name__)

# Seconds between attempts to reach a channel layer that is away.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 30.0


class Socket(Protocol):
    """What the process knows of one station's connection."""

    connection_id: int
    station_id: int

    def wake(self) -> None:
        """Look at the connection's row, and at the calls that wait."""
        ...


class Process:
    """The server process on one event loop."""

    def __init__(self) -> None:
        self.id = uuid4()
        self._sockets: dict[int, Socket] = {}
        self._newest: dict[int, Socket] = {}  # by station
        self._seen: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._start: asyncio.Task[None] | None = None

    async def started(self) -> Process:
        """Return this process once it is known to all; raises what the database raises."""
        if self._start is None or (self._start.done() and self._start.exception()):
            self._start = asyncio.create_task(self._make_known())
        await asyncio.shield(self._start)
        return self

    def add(self, socket: Socket) -> None:
        self._sockets[socket.connection_id] = self._newest[socket.station_id] = socket

    def remove(self, socket: Socket) -> None:
        self._sockets.pop(socket.connection_id, None)
        if self._newest.get(socket.station_id) is socket:
            del self._newest[socket.station_id]

    def saw(self, station_id: int) -> None:
        """Remember that a station was heard of; written with the next beat."""
        self._seen.add(station_id)

    async def _make_known(self) -> None:
        await at_once(presence.start_server, self.id)
        self._tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._listen())]

    async def _live(self) -> None:
        try:
            while True:
                await asyncio.sleep(HEARTBEAT.total_seconds())
                await self._beat()
        finally:  # the event loop ends
            try:
                await at_once(presence.stop_server, self.id)
            finally:
                database.close()
                door.close()
                boots.close()
                outbox.close()
                ingest.close()
                connectors.close()

    async def _beat(self) -> None:
        """Write the heartbeat, and wake the sockets that missed a message."""
        mine, seen = list(self._sockets), self._seen
        self._seen = set()
        try:
            state = await at_once(presence.beat, self.id, seen, mine)
        except Exception:  # the database is away: stations stay, the next beat tries again
            logger.exception("The heartbeat of this process was not written")
            self._seen |= seen
            return
        for connection_id in mine:
            if connection_id in state.waiting or connection_id not in state.open:
                _wake(self._sockets.get(connection_id))

    async def _listen(self) -> None:
        """Take the messages of other processes; start over, with patience, when the layer fails."""
        layer = get_channel_layer()
        wait = SHORTEST_WAIT
        while layer is not None:
            try:
                channel = await layer.new_channel()
                await layer.group_add(group_of(self.id), channel)
                await layer.group_add(ALL, channel)
                wait = SHORTEST_WAIT
                while True:
                    self._receive(await layer.receive(channel))
            except Exception as error:  # whatever the layer's backend raises
                logger.warning("No messages from other processes for now: %s", error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)

    def _receive(self, message: dict[str, Any]) -> None:
        for connection_id in message.get("connections", ()):
            _wake(self._sockets.get(connection_id))
        for station_id in message.get("stations", ()):
            _wake(self._newest.get(station_id))


def _wake(socket: Socket | None) -> None:
    if socket is not None:
        socket.wake()


_processes: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()


async def this_process() -> Process:
    """The process of the running event loop, known to the database."""
    loop = asyncio.get_running_loop()
    return await _processes.setdefault(loop, Process()).started()
