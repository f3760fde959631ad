"""A part of a file over HTTP (RFC 9110, section 14): how browsers and curl resume a download."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpRequest

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Unsatisfiable(Exception):
    """No byte of the file is in the range that was asked for (416)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `end` (exclusive) of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def is_whole(self) -> bool:
        return (self.start, self.end) == (0, self.size)

    @property
    def content_range(self) -> str:
        """The header that goes with 206."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def wanted_span(request: HttpRequest, *, size: int, etag: str) -> Span:
    """What of a file a request asks for: all of it where it asks for nothing that we give.

    Several ranges at once are not given, nor a range of a file that is not the one whose beginning
    the client has (If-Range). Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    known = request.headers.get("If-Range", etag)
    if request.method != "GET" or found is None or known != etag or not any(found.groups()):
        return Span(0, size, size)
    first, last = found.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return Span(0, size, size)
    if start >= size:
        raise Unsatisfiable
    return Span(start, end, size)
