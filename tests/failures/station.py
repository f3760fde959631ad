"""A station played by hand over a bare websocket: no code of the server, every frame on purpose."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from base64 import b64encode
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.servers.processes import PATIENCE

BOOT = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "Nordlader", "model": "NL-22", "firmwareVersion": "3.8.2"},
}


class HandStation:
    """Speaks 2.0.1. Calls that come while an answer is awaited are kept for `expect`."""

    def __init__(self, url: str, identity: str, password: str) -> None:
        self.url, self.identity, self.password = url, identity, password
        self.calls: list[list[Any]] = []
        self.answers: dict[str, Any] = {}
        self.socket: ClientConnection | None = None

    def connect(self) -> HandStation:
        token = b64encode(f"{self.identity}:{self.password}".encode()).decode()
        connection = connect(
            f"{self.url.replace('http', 'ws', 1)}/ocpp/{self.identity}",
            subprotocols=["ocpp2.0.1"],  # type: ignore[list-item]
            additional_headers={"Authorization": f"Basic {token}"},
            open_timeout=PATIENCE,
        )
        self.socket = connection.__enter__()
        return self

    def boot(self) -> HandStation:
        assert self.call("BootNotification", BOOT)["status"] == "Accepted"
        return self

    def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Send a CALL and return the payload of its answer."""
        message_id = uuid.uuid4().hex
        self._send([2, message_id, action, payload])
        self._read_until(lambda: message_id in self.answers, f"the answer to {action}")
        return self.answers.pop(message_id)

    def expect(self, action: str, timeout: float = PATIENCE) -> list[Any]:
        """The next CALL of the CSMS: [2, id, action, payload]."""
        self._read_until(lambda: bool(self.calls), action, timeout)
        call = self.calls.pop(0)
        assert call[2] == action, call
        return call

    def expect_nothing(self, seconds: float) -> None:
        """No CALL comes for a while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(deadline - time.monotonic())
        assert self.calls == []

    def answer(self, call: list[Any], payload: dict[str, Any]) -> None:
        self._send([3, call[1], payload])

    def says(self, status: str, call: list[Any]) -> None:
        """LogStatusNotification about the upload that `call` asked for."""
        request_id = call[3]["requestId"]
        assert self.call("LogStatusNotification", {"status": status, "requestId": request_id}) == {}

    def uploads(self, call: list[Any], file: Path) -> None:
        """What most stations run: `curl -T`."""
        location = call[3]["log"]["remoteLocation"]
        subprocess.run(
            ["curl", "-sS", "--fail", "-T", str(file), location], check=True, timeout=PATIENCE
        )

    def vanish(self) -> None:
        """The network is gone: no closing handshake."""
        if self.socket:
            self.socket.socket.close()
            self.socket = None

    def __exit__(self, *_: object) -> None:
        if self.socket:
            self.socket.close()

    def __enter__(self) -> HandStation:
        return self

    def _send(self, frame: list[Any]) -> None:
        assert self.socket
        self.socket.send(json.dumps(frame))

    def _read_until(self, done: Any, what: str, timeout: float = PATIENCE) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            assert left > 0, f"{what} came within {timeout} s"
            self._read(left)

    def _read(self, timeout: float) -> None:
        assert self.socket
        try:
            frame = json.loads(self.socket.recv(timeout=max(timeout, 0.01)))
        except TimeoutError:
            return
        if frame[0] == 2:
            self.calls.append(frame)
        else:
            self.answers[frame[1]] = frame[2]
