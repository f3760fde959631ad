"""The websocket handshake: read from the ASGI scope, and refused with an HTTP status."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from stations.auth import Handshake
from stations.presence import Peer
from stations.proxies import presented

REALM = b'Basic realm="OCPP", charset="UTF-8"'


def handshake_of(scope: dict[str, Any]) -> Handshake:
    """What the station shows. Header names are lower case in ASGI."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    client = scope.get("client") or ("", 0)
    peer = Peer(
        remote_address=str(client[0])[:64],
        user_agent=_printable(headers.get(b"user-agent", b""))[:200],
        is_encrypted=_is_encrypted(scope, headers),
    )
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Handshake(
        raw_path=raw_path.partition(b"?")[0],
        subprotocols=tuple(scope.get("subprotocols", ())),
        authorization=headers.get(b"authorization", b""),
        peer=peer,
        presented=presented(scope),
    )


def _is_encrypted(scope: dict[str, Any], headers: dict[bytes, bytes]) -> bool:
    """TLS ends here, or at a proxy that Django has been told to trust.

    The word of the proxies in FORWARDED_ALLOW_IPS is in the scheme already.
    """
    if scope.get("scheme") in ("wss", "https"):
        return True
    trusted = settings.SECURE_PROXY_SSL_HEADER
    if not trusted:
        return False
    name = trusted[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
    return headers.get(name, b"").decode(errors="replace") in (trusted[1], "wss")


def _printable(text: bytes) -> str:
    decoded = text.decode("latin-1")
    return "".join(char for char in decoded if char.isprintable())


async def refuse(scope: dict[str, Any], send: Any, status: int, reason: str) -> None:
    """Refuse the handshake: with the status where the server can, else with its only one, 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):  # daphne
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", REALM))
    if status == 503:
        headers.append((b"retry-after", b"30"))
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": reason.encode()})
