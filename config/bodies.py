"""How much a request may bring to Django, which spools all of a body before it looks at it."""

from __future__ import annotations

from typing import Any

# Forms, the largest of which names ten thousand stations. Files of stations do not come this way.
LARGEST = 6 * 1024**2

Scope = dict[str, Any]


class TooLarge(Exception):
    """More came than a form has."""


def bounded(application: Any, largest: int = LARGEST) -> Any:
    """The same ASGI application; a larger body is answered with 413, and none of it stays."""

    async def serve(scope: Scope, receive: Any, send: Any) -> None:
        received = 0

        async def counted() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise TooLarge
            return message

        try:
            if _announced(scope) > largest:
                raise TooLarge
            await application(scope, counted, send)
        except TooLarge:
            await _refuse(send)

    return serve


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 19 else 0


async def _refuse(send: Any) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"The request is too large.\n"})
