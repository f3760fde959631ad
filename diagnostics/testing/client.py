"""Runs scripted stations over real sockets: websockets for OCPP, HTTP or FTP for uploads.

Needs the `websockets` package (the extra `simulator`).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from diagnostics.testing.carriers import carry
from diagnostics.testing.station import ScriptedStation
from diagnostics.testing.uploads import Upload
from diagnostics.testing.work import StartUpload, StopUpload, UploadEnd, Work

#: RetryBackOffWaitMinimum, RandomRange and RepeatTimes (7.5), shorter than in the field.
WAIT_MINIMUM = 1.0
WAIT_RANDOM_RANGE = 2.0
WAIT_DOUBLINGS = 5

_HANDSHAKE_TIMEOUT = 20.0
_LARGEST_MESSAGE = 1024 * 1024


def retry_delay(failures: int, rng: random.Random) -> float:
    """Seconds before connecting again after that many failures in a row, with jitter."""
    return WAIT_MINIMUM * 2.0 ** min(failures, WAIT_DOUBLINGS) + rng.uniform(0, WAIT_RANDOM_RANGE)


def basic_authorization(identity: str, password: str) -> str:
    """The Authorization header of security profiles 1 and 2."""
    return "Basic " + b64encode(f"{identity}:{password}".encode()).decode()


class StationClient:
    """One station on the network, until `run` is cancelled.

    `url` is the address without the identity; `tell(identity, text)` gets a few words about what
    happens. `tls` is for wss, https and ftps; the default checks certificates.
    """

    def __init__(
        self,
        station: ScriptedStation,
        url: str,
        identity: str,
        *,
        password: str | None = None,
        tell: Callable[[str, str], None] = lambda identity, text: None,
        tls: ssl.SSLContext | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.station = station
        self.identity = identity
        self._url = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self._password = password
        self._tell = tell
        self._tls = tls
        self._rng = rng or random.Random()  # noqa: S311  for jitter
        self._socket: ClientConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._uploads: dict[int, asyncio.Task[None]] = {}

    @property
    def is_connected(self) -> bool:
        """Whether a socket is open now."""
        return self._socket is not None

    async def run(self) -> None:
        """Stay connected, connecting again after growing pauses; cancel it to end."""
        failures = 0
        try:
            while True:
                failures = 0 if await self._connection() else failures + 1
                await asyncio.sleep(retry_delay(failures, self._rng))
        finally:
            await self._stop()

    async def _connection(self) -> bool:
        """Hold one connection until it ends; False when there was none."""
        headers = {}
        if self._password is not None:
            headers["Authorization"] = basic_authorization(self.identity, self._password)
        try:
            socket = await connect(
                self._url,
                subprotocols=[Subprotocol(self.station.version.subprotocol)],
                additional_headers=headers,
                compression=None,  # optional on stations, and costs memory for thousands of them
                open_timeout=_HANDSHAKE_TIMEOUT,
                ping_interval=60,
                close_timeout=2,
                max_size=_LARGEST_MESSAGE,
                ssl=self._tls if self._url.startswith("wss:") else None,
                proxy=None,
            )
        except InvalidStatus as error:
            self._tell(self.identity, f"refused: HTTP {error.response.status_code}")
            return False
        except (OSError, TimeoutError, InvalidHandshake) as error:
            self._tell(self.identity, f"cannot connect: {type(error).__name__}")
            return False
        await self._converse(socket)
        return True

    async def _converse(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._tell(self.identity, "connected")
        self.station.opened(self._now())
        try:
            await self._flush()
            async for text in socket:
                if isinstance(text, str):
                    self.station.receive_text(text, self._now())
                    await self._flush()
        except ConnectionClosed:
            pass  # without a closing handshake: the network's doing
        finally:
            self._socket = None
            self.station.closed(self._now())
            self._rearm()
            await socket.close()
            self._tell(self.identity, "disconnected")

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _flush(self) -> None:
        """Do what the station wants: texts first, then work, then wait for its next deadline."""
        async with self._sending:
            for text in self.station.data_to_send():
                if self._socket is not None:
                    with contextlib.suppress(ConnectionClosed):  # the reader notices too
                        await self._socket.send(text)
        for work in self.station.work_to_do():
            self._do(work)
        for text in self.station.news():
            self._tell(self.identity, text)
        self._rearm()

    def _do(self, work: Work) -> None:
        if isinstance(work, StartUpload):
            task = self._spawn(self._upload(work.upload))
            self._uploads[work.upload.number] = task
        elif isinstance(work, StopUpload):
            stopped = self._uploads.pop(work.upload.number, None)
            if stopped is not None and stopped is not asyncio.current_task():
                stopped.cancel()
        elif self._socket is not None:
            self._spawn(self._socket.close())

    async def _upload(self, upload: Upload) -> None:
        end = UploadEnd(whole=False)
        try:
            end = await carry(upload, tls=self._tls)
        finally:
            self._uploads.pop(upload.number, None)
        self.station.upload_ended(upload, end, self._now())
        await self._flush()

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self.station.next_deadline()
        loop = asyncio.get_running_loop()
        self._timer = None if due is None else loop.call_at(due, self._wake)

    def _wake(self) -> None:
        self.station.advance(self._now())
        self._spawn(self._flush())

    def _spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        running = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
