"""Sends one HTTP request as a station would, oddities included: chunked, slow, cut off midway."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from diagnostics.testing.uploads import HttpRequest
from diagnostics.testing.work import UploadEnd

PIECE = 64 * 1024

#: Pieces that a slow upload is spread over.
SLOW_PIECES = 40

#: Seconds to wait for 100 Continue before sending all the same, as curl does.
CONTINUE_PATIENCE = 1.0

RESPONSE_PATIENCE = 60.0


async def transfer(request: HttpRequest, *, tls: ssl.SSLContext | None = None) -> UploadEnd:
    """Send the request on a connection of its own and say how it ended; raises nothing of its own.

    `tls` is for https, by default one that checks the server's certificate (N01.FR.15).
    """
    try:
        reader, writer = await _connect(request.url, tls)
    except OSError:
        return UploadEnd(whole=False)
    try:
        return await _exchange(request, reader, writer)
    except (OSError, EOFError, ValueError):
        return UploadEnd(whole=False)
    finally:
        writer.close()


async def _connect(
    url: str, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    split = urlsplit(url)
    secure = split.scheme == "https"
    context = (tls or ssl.create_default_context()) if secure else None
    port = split.port or (443 if secure else 80)
    return await asyncio.open_connection(split.hostname, port, ssl=context)


async def _exchange(
    request: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> UploadEnd:
    writer.write(_head(request))
    await writer.drain()
    if request.expects_continue:
        early = await _await_continue(reader)
        if early is not None:
            return UploadEnd(whole=False, http_status=early)
    await _send_body(request, writer)
    if request.sent < len(request.body):
        return UploadEnd(whole=False)
    if not request.reads_response:
        return UploadEnd(whole=True)
    try:
        async with asyncio.timeout(RESPONSE_PATIENCE):
            return UploadEnd(whole=True, http_status=await _final_status(reader))
    except (OSError, EOFError, ValueError):  # TimeoutError is an OSError
        return UploadEnd(whole=True)


def _head(request: HttpRequest) -> bytes:
    split = urlsplit(request.url)
    target = split.path + (f"?{split.query}" if split.query else "")
    headers = (("Host", split.netloc), ("Connection", "close"), *request.headers)
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _send_body(request: HttpRequest, writer: asyncio.StreamWriter) -> None:
    body = memoryview(request.body)[: request.sent]
    step = PIECE
    if request.lasts:
        step = max(1, min(PIECE, len(body) // SLOW_PIECES))
    pieces = max(1, -(-len(body) // step))
    for start in range(0, len(body), step):
        piece = bytes(body[start : start + step])
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if request.chunked else piece)
        await writer.drain()
        if request.lasts:
            await asyncio.sleep(request.lasts / pieces)
    if request.chunked and request.sent == len(request.body):
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _await_continue(reader: asyncio.StreamReader) -> int | None:
    """Return a final status that came instead of 100 Continue; None: go on."""
    try:
        async with asyncio.timeout(CONTINUE_PATIENCE):
            status = await _status(reader)
    except TimeoutError:
        return None
    return None if status == 100 else status


async def _final_status(reader: asyncio.StreamReader) -> int:
    while (status := await _status(reader)) < 200:
        continue
    return status


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one response's head; raises ValueError for what is not HTTP."""
    head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1])
