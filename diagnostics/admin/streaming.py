"""Answers that are made piece by piece, without holding up anything else while they are."""

from __future__ import annotations

from collections.abc import Generator

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from diagnostics.workers import Workers

# Threads of their own: a long answer must not hold up the thread that serves all other pages.
THREADS = 4

_workers = Workers(THREADS, "streaming")


def streamed(
    request: HttpRequest, pieces: Generator[bytes, None, None], content_type: str, *, name: str = ""
) -> StreamingHttpResponse:
    """The pieces as an answer; as a download where it has a `name`.

    Under ASGI each piece is made in a worker thread when the one before it was sent. A client
    that goes away ends it: the generator is closed.
    """
    asynchronous = isinstance(request, ASGIRequest)
    response = StreamingHttpResponse(
        _InThreads(pieces) if asynchronous else pieces, content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would gather the pieces
    if name:
        response["Content-Disposition"] = content_disposition_header(True, name)
    return response


class _InThreads:
    """The pieces for ASGI. Django closes it at the end, whatever end that is."""

    def __init__(self, pieces: Generator[bytes, None, None]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> _InThreads:
        return self

    async def __anext__(self) -> bytes:
        piece = await _workers.run(next, self._pieces, b"")
        if not piece:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        _workers.submit(self._pieces.close)
