"""A station's end of a websocket, frame by frame, for what a library would not send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any
from uuid import uuid4

from websockets.sync.client import ClientConnection, connect

from tests.servers.processes import PATIENCE

BOOTS: dict[str, dict[str, Any]] = {
    "ocpp1.6": {"chargePointModel": "Model", "chargePointVendor": "Vendor"},
    "ocpp2.0.1": {
        "reason": "PowerUp",
        "chargingStation": {"model": "Model", "vendorName": "Vendor"},
    },
}
BOOTS["ocpp2.1"] = BOOTS["ocpp2.0.1"]


class Socket:
    """Sends calls and waits for answers; calls of the CSMS wait in a list meanwhile."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._calls: list[tuple[str, str, Any]] = []

    @property
    def subprotocol(self) -> str:
        return str(self.connection.subprotocol)

    def call(self, action: str, payload: Any, message_id: str | None = None) -> list[Any]:
        """Send a CALL; return the whole CALLRESULT or CALLERROR."""
        message_id = message_id or uuid4().hex
        self.send([2, message_id, action, payload])
        while True:
            frame = self._receive()
            if frame[0] != 2 and frame[1] == message_id:
                return frame

    def boot(self, serial_number: str = "") -> dict[str, Any]:
        """Send BootNotification, of 2.x with a serial number; return the answer's payload."""
        payload = BOOTS[self.subprotocol]
        if serial_number:
            station = payload["chargingStation"] | {"serialNumber": serial_number}
            payload = payload | {"chargingStation": station}
        return self.call("BootNotification", payload)[2]  # type: ignore[no-any-return]

    def next_call(self, action: str, timeout: float = PATIENCE) -> tuple[str, Any]:
        """Wait for a CALL of this action; return its id and payload."""
        while True:
            for position, (message_id, name, payload) in enumerate(self._calls):
                if name == action:
                    del self._calls[position]
                    return message_id, payload
            self._receive(timeout)

    def hears_nothing(self, seconds: float = 0.3) -> bool:
        """Whether no CALL comes or has come in this time."""
        try:
            self._receive(seconds)
        except TimeoutError:
            return not self._calls
        return False

    def send(self, frame: Any) -> None:
        """Send a frame, or any text as it is."""
        self.connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def answer(self, message_id: str, payload: Any) -> None:
        """Send a CALLRESULT."""
        self.send([3, message_id, payload])

    def _receive(self, timeout: float = PATIENCE) -> list[Any]:
        frame: list[Any] = json.loads(self.connection.recv(timeout=timeout))
        if frame[0] == 2:
            self._calls.append((frame[1], frame[2], frame[3]))
        return frame


def basic(user: str | bytes, password: str | bytes) -> str:
    """The Authorization header of HTTP Basic, for text or any bytes."""
    both = b":".join(part.encode() if isinstance(part, str) else part for part in (user, password))
    return f"Basic {base64.b64encode(both).decode()}"


@contextmanager
def connected(
    server: str,
    path: str,
    *,
    subprotocols: Sequence[str] = ("ocpp2.0.1",),
    authorization: str | None = None,
    headers: dict[str, str] | None = None,
    compression: str | None = None,
    ssl: SSLContext | None = None,
) -> Iterator[Socket]:
    """A socket at ws://server/ocpp/PATH; raises InvalidStatus when it is refused.

    A value of `headers` with lines in it is sent as so many headers.
    """
    given = (headers or {}) | ({"Authorization": authorization} if authorization else {})
    sent = [(name, line) for name, value in given.items() for line in value.split("\n")]
    with connect(
        f"{server.replace('http', 'ws', 1)}/ocpp/{path}",
        subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
        additional_headers=sent,
        compression=compression,
        ssl=ssl,
        max_size=None,
        open_timeout=PATIENCE,
        close_timeout=2,
    ) as connection:
        yield Socket(connection)
