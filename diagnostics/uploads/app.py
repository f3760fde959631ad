"""The ASGI application behind `/u/<token>/…`: takes files from stations, beside Django.

Stations read little of an answer: some take only 200 for success, some follow no redirect, some
read nothing at all. So it is 200 or an error, never a redirect, and the file itself is the proof.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError

from diagnostics.conf import app_settings
from diagnostics.exceptions import UploadExpired, UploadTooLarge, UploadUnknown
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.storage import StorageError, StorageFull
from diagnostics.uploads.body import Body, Ending, Receive
from diagnostics.uploads.reception import Reception
from diagnostics.uploads.requests import UploadRequest, own_path
from diagnostics.workers import Workers

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

WORKERS = Workers(16, "upload")
# How long a refused station may go on sending before its connection is closed.
LINGER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: every one but 200 closes the connection, whose body may be half unread."""

    status: int
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


OK = Reply(200, "ok")
UNKNOWN = Reply(404, "No such upload address.")
WRONG_METHOD = Reply(405, "Use PUT or POST.", ((b"allow", b"PUT, POST"),))
STALLED = Reply(408, "Nothing came for too long; what came is kept.")
CUT_OFF = Reply(400, "The body ended early; what came is kept.")
EXPIRED = Reply(410, "This upload address is no longer valid.")
TOO_LARGE = Reply(413, "The file is too large.")
UNAVAILABLE = Reply(503, "The file cannot be stored now.", ((b"retry-after", b"60"),))
FULL = Reply(507, "There is no room for the file.")

AFTER = {Ending.COMPLETE: OK, Ending.CUT_OFF: CUT_OFF, Ending.STALLED: STALLED}


def is_upload(scope: dict[str, Any]) -> bool:
    """Whether a request is for `upload_app`: at UPLOAD_PATH."""
    return own_path(scope).startswith(app_settings.upload_path)


async def upload_app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Take one upload: PUT or POST, of any content type, in one piece or in chunks.

    A station that asks first (`Expect: 100-continue`) is refused before it sends anything.
    """
    request = UploadRequest.from_scope(scope, app_settings.upload_path)
    body = Body(receive, request.declared_size if request else None)
    try:
        if request is None:
            await _respond(send, UNKNOWN, body)
        elif request.method not in ("PUT", "POST"):
            await _respond(send, WRONG_METHOD, body)
        else:
            if not request.expects_continue:
                body.start()
            await _respond(send, await _take(request, body), body)
    finally:
        await body.stop()


async def _take(request: UploadRequest, body: Body) -> Reply:
    try:
        ticket = await WORKERS.run(uploads.find_upload, request.token)
        return await _receive(Reception(ticket, request), body)
    except UploadUnknown:
        return UNKNOWN
    except UploadExpired:
        return EXPIRED
    except UploadTooLarge:
        return TOO_LARGE
    except StorageFull:
        return FULL
    except StorageError:
        return UNAVAILABLE
    except DatabaseError:
        logger.exception("The database does not take an upload")
        return UNAVAILABLE


async def _receive(reception: Reception, body: Body) -> Reply:
    try:
        await WORKERS.run(reception.begin)
        return await _stream(reception, body)
    except asyncio.CancelledError:
        # The server stops, or gives up on the request: what has arrived is kept even so.
        WORKERS.submit(reception.finish, whole=False)
        raise


async def _stream(reception: Reception, body: Body) -> Reply:
    body.start()
    while pieces := await body.batch():
        if not await WORKERS.run(reception.write, pieces):
            return TOO_LARGE
    ending = body.ending or Ending.CUT_OFF
    await WORKERS.run(reception.finish, whole=ending is Ending.COMPLETE)
    return AFTER[ending]


async def _respond(send: Send, reply: Reply, body: Body) -> None:
    """Answer, unless the station is gone, which a server may tell by an OSError."""
    content = f"{reply.text}\n".encode() if reply is not OK else reply.text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        *reply.headers,
    ]
    if reply is not OK:
        headers.append((b"connection", b"close"))
    start = {"type": "http.response.start", "status": reply.status, "headers": headers}
    with suppress(OSError):
        await send(start)
        if body.ending is None and body.is_reading:
            await send({"type": "http.response.body", "body": content, "more_body": True})
            await body.drain(LINGER_SECONDS)
            content = b""
        await send({"type": "http.response.body", "body": content})
