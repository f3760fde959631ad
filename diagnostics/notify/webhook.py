"""Webhooks: JSON by POST, signed as https://www.standardwebhooks.com says.

The signature is an HMAC-SHA256 over `id.timestamp.body`, so what somebody recorded cannot be
changed, or sent again later. Redirects are not followed: an address leads where it says.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult

from diagnostics import __version__
from diagnostics.models import NotificationTarget
from diagnostics.notify.addresses import DEFAULT_PORTS, allowed_ip, read_address
from diagnostics.notify.message import Message, Problem, SendFailed

# Seconds for each step, and for all of it.
TIMEOUT, DEADLINE = 10.0, 20.0
# Answers that may be different the next time; all others below 500 are the receiver's last word.
AGAIN = frozenset({408, 409, 425, 429})


def post_webhook(target: NotificationTarget, message: Message) -> str:
    """Post a message. Returns the status, 2xx; raises SendFailed."""
    parts = read_address(target.address)
    body = json.dumps(
        {"id": message.id, "subject": message.subject, "text": message.text, **message.data},
        ensure_ascii=False,
    ).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"ocpp-diagnostics/{__version__}",
        **signed(message.id, body, target.secret),
    }
    status = _post(parts, body, headers)
    if 200 <= status < 300:
        return str(status)
    raise SendFailed(str(status), again=status >= 500 or status in AGAIN)


def signed(message_id: str, body: bytes, secret: str, now: float | None = None) -> dict[str, str]:
    """The three headers of a signed webhook; without a secret it goes without a signature."""
    stamp = str(int(time.time() if now is None else now))
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp}
    if secret:
        text = f"{message_id}.{stamp}.".encode() + body
        digest = hmac.new(_key(secret), text, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{b64encode(digest).decode()}"
    return headers


def _key(secret: str) -> bytes:
    """The bytes of a secret: base64 after the prefix that the standard has, else its letters."""
    if secret.startswith("whsec_"):
        try:
            return b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def _post(parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    host = str(parts.hostname)
    connection = _connection(parts.scheme, host, port, allowed_ip(host, port))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        with _deadline(connection):
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
    except ssl.SSLError as error:
        raise SendFailed(Problem.BAD_TLS, again=True) from error
    except TimeoutError as error:
        raise SendFailed(Problem.TIMED_OUT, again=True) from error
    except (http.client.InvalidURL, UnicodeError) as error:
        raise SendFailed(Problem.BAD_ADDRESS, again=False) from error
    except http.client.HTTPException as error:
        raise SendFailed(Problem.BAD_ANSWER, again=True) from error
    except OSError as error:
        raise SendFailed(Problem.UNREACHABLE, again=True) from error
    finally:
        connection.close()


class _ToIp(http.client.HTTPConnection):
    """Connects to the IP address that was checked, whatever the name leads to by now."""

    ip = ""

    def connect(self) -> None:
        self.sock = socket.create_connection((self.ip, self.port), self.timeout)


class _ToIpWithTls(_ToIp, http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def _connection(scheme: str, host: str, port: int, ip: str) -> _ToIp:
    kind = _ToIpWithTls if scheme == "https" else _ToIp
    connection = kind(host, port, timeout=TIMEOUT)
    connection.ip = ip
    return connection


@contextmanager
def _deadline(connection: _ToIp) -> Iterator[None]:
    """End a receiver that answers letter by letter, each in time."""
    late = threading.Event()

    def end() -> None:
        late.set()
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(DEADLINE, end)
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
