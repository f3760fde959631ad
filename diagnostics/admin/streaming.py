"""Answers that are made piece by piece, without holding up anything else while they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from diagnostics.workers import Workers

# Threads of their own: a long answer must not hold up the thread that serves all other pages.
THREADS = 4

_workers = Workers(THREADS, "streaming")


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], content_type: str, *, name: str = ""
) -> StreamingHttpResponse:
    """The pieces as an answer; as a download where it has a `name`.

    Under ASGI each piece is made in a worker thread when the one before it was sent. A client
    that goes away ends it: the iterator is closed, if it is a generator.
    """
    asynchronous = isinstance(request, ASGIRequest)
    response = StreamingHttpResponse(
        _in_threads(pieces) if asynchronous else pieces, content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    if name:
        response["Content-Disposition"] = content_disposition_header(True, name)
    return response


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await _workers.run(next, pieces, b""):
            yield piece
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            _workers.submit(close)
