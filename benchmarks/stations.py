"""Stations that do nothing but load a server: a bare WebSocket client, far cheaper than the server.

Each sends its next CALL when the last one is answered. Frames are masked with zeros, which RFC 6455
allows and costs nothing.
"""

from __future__ import annotations

import asyncio
import base64
import struct
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import cast

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

#: A number that no other message has -> the text of a CALL.
Message = Callable[[int], bytes]

_numbers = count(1)


class Station(asyncio.Protocol):
    """One connection; `latencies` in seconds since `begin`."""

    def __init__(self, host: str, path: str, identity: str, password: str) -> None:
        credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
        self._request = "\r\n".join(
            (
                f"GET {path} HTTP/1.1",
                f"Host: {host}",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                f"Sec-WebSocket-Key: {base64.b64encode(b'x' * 16).decode()}",
                "Sec-WebSocket-Protocol: ocpp2.0.1",
                f"Authorization: Basic {credentials}",
                "\r\n",
            )
        ).encode()
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.idle = asyncio.Event()
        self.latencies: list[float] = []
        self.refused = 0
        self._data = b""
        self._message: Message | None = None
        self._sent_at = 0.0

    def begin(self, message: Message) -> None:
        """Send one CALL after the other until `end`."""
        self.latencies = []
        self.idle.clear()
        self._message = message
        self._next()

    def end(self) -> None:
        """Send no more; `idle` is set when the last answer is here."""
        self._message = None

    def send(self, message: Message, due: float) -> None:
        """Send one CALL; its latency counts from when it was due."""
        self.idle.clear()
        self._sent_at = due
        self._write(TEXT, message(next(_numbers)))

    def close(self) -> None:
        self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.idle.set()
        if not self.connected.done():
            self.connected.set_exception(ConnectionError("refused"))

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self.connected.done() and not self._shake_hands():
            return
        while frame := self._frame():
            self._take(*frame)

    def _shake_hands(self) -> bool:
        head, end, rest = self._data.partition(b"\r\n\r\n")
        if not end:
            return False
        if head.split(b" ", 2)[1] != b"101":
            self.connected.set_exception(ConnectionError(head.decode(errors="replace")))
            return False
        self._data = rest
        self.connected.set_result(None)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        start, length = 2, data[1]
        if length == 126:
            if len(data) < 4:
                return None
            start, length = 4, int.from_bytes(data[2:4], "big")
        elif length == 127:
            raise ValueError("no answer is that long")
        end = start + length
        if len(data) < end:
            return None
        self._data = data[end:]
        return data[0] & 15, data[start:end]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._write(PONG, payload)
        elif opcode == TEXT and payload.startswith(b"[2,"):
            message_id = payload.split(b'"', 2)[1]
            self._write(TEXT, b'[3,"%s",{"status":"Accepted"}]' % message_id)
        elif opcode == TEXT:
            self.refused += not payload.startswith(b"[3,")
            self.latencies.append(time.perf_counter() - self._sent_at)
            self._next()

    def _next(self) -> None:
        if self._message is None:
            self.idle.set()
            return
        self._sent_at = time.perf_counter()
        self._write(TEXT, self._message(next(_numbers)))

    def _write(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BBI", 128 | opcode, 128 | length, 0)
        else:
            head = struct.pack("!BBHI", 128 | opcode, 254, length, 0)
        self._transport.write(head + payload)


async def connect(
    port: int, prefix: str, identities: Sequence[str], password: str
) -> list[Station]:
    """Connect stations, 50 at a time."""
    loop = asyncio.get_running_loop()
    found: list[Station] = []
    for start in range(0, len(identities), 50):
        group = []
        for identity in identities[start : start + 50]:
            station = Station(f"127.0.0.1:{port}", f"{prefix}{identity}", identity, password)
            await loop.create_connection(lambda station=station: station, "127.0.0.1", port)
            group.append(station)
        await asyncio.gather(*(station.connected for station in group))
        found += group
    return found


async def load(
    stations: Sequence[Station],
    message: Message,
    seconds: float,
    at_end: Callable[[], None] = lambda: None,
) -> list[float]:
    """Have the stations send for a while; returns the latencies of all CALLs, in seconds.

    `at_end` is called when the last one is answered: a slow server answers in waves, of which one
    more or less would be within the time. Raises RuntimeError when a CALL is refused.
    """
    for station in stations:
        station.begin(message)
    await asyncio.sleep(seconds)
    for station in stations:
        station.end()
    await asyncio.gather(*(station.idle.wait() for station in stations))
    at_end()
    if any(station.refused for station in stations):
        raise RuntimeError("a CALL was refused")
    return [latency for station in stations for latency in station.latencies]


async def paced(
    stations: Sequence[Station], message: Message, rate: float, seconds: float
) -> list[float]:
    """Have the stations send `rate` messages a second, however fast the answers come.

    Returns the latencies in seconds from when each message was due. A station whose last message
    is not answered yet leaves its turn to the next one.
    """
    for station in stations:
        station.latencies = []
        station.idle.set()
    turns, started = count(), time.perf_counter()
    for number in range(int(rate * seconds)):
        due = started + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        elif number % 50 == 0:
            await asyncio.sleep(0)
        station = stations[next(turns) % len(stations)]
        while not station.idle.is_set():
            await asyncio.sleep(0)
            station = stations[next(turns) % len(stations)]
        station.send(message, due)
    await asyncio.gather(*(station.idle.wait() for station in stations))
    return [latency for station in stations for latency in station.latencies]
