"""Finds the parts of a multipart body as stations really send it, given random access to it.

Pure: no Django, no store. The delimiter is what the body itself begins with, because two clients
in the field declare another one: OpenEVSE writes its delimiters without the two dashes that the
declared boundary needs, Zaptec declares a quoted boundary padded with spaces and a part without
a name. RFC 2046 section 5.1.1 is what both miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from diagnostics.uploads.names import disposition_parameters

# Bytes `start` to `end` (exclusive) of the body, in pieces of any length.
ReadRange = Callable[[int, int], Iterable[bytes]]

# RFC 2046 allows boundaries of 70 characters; nobody needs a line longer than this.
LONGEST_DELIMITER = 200
LONGEST_HEADERS = 16 * 1024
MOST_PARTS = 64
_PADDING = 64

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]*)"|([^;,\s]+))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,60}[ \t]*:")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_AFTER_DELIMITER = re.compile(rb"(--)?[ \t]{0,%d}(?:(\r?\n)|\Z)" % _PADDING)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its content is bytes `start` to `end` of the body."""

    start: int
    end: int
    name: str = ""
    filename: str | None = None

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Form:
    """What was found in a body. `conforming`: a parser by the book would find the same."""

    parts: tuple[Part, ...] = ()
    conforming: bool = False

    def file_part(self) -> Part | None:
        """The part that is the file: the largest with a file name, else the first with content."""
        named = [part for part in self.parts if part.filename is not None]
        if named:
            return max(named, key=lambda part: part.size)
        return next((part for part in self.parts if part.size), None)


@dataclass(frozen=True, slots=True)
class _Delimiter:
    offset: int
    text: bytes
    newline: bytes


@dataclass(frozen=True, slots=True)
class _Mark:
    """A delimiter line in the body, from the line break before it to the one that ends it."""

    start: int
    end: int
    closing: bool


def is_multipart(content_type: str) -> bool:
    """Whether a Content-Type header announces a multipart body."""
    return content_type.lstrip().lower().startswith("multipart/")


def looks_multipart(head: bytes) -> bool:
    """Whether a body that announces nothing begins with a delimiter and the headers of a part."""
    first, _, rest = head.lstrip(b"\r\n").partition(b"\n")
    headers = _BLANK_LINE.split(rest, maxsplit=1)[0]
    return (
        first.startswith(b"--")
        and len(first) <= LONGEST_DELIMITER
        and _HEADER.match(rest) is not None
        and _DISPOSITION.search(headers) is not None
    )


def find_parts(read: ReadRange, size: int, content_type: str = "") -> Form:
    """Index the parts of a body of `size` bytes, reading it once and in constant memory.

    A body that ends early keeps its last part up to the end. Without any delimiter, what follows
    the first blank line after a Content-Disposition header counts as the only part.
    """
    head = b"".join(read(0, min(size, LONGEST_HEADERS)))
    declared = _declared_boundary(content_type)
    delimiter = _find_delimiter(head, declared)
    if delimiter is None:
        return Form(parts=tuple(_part_without_delimiter(head, size)))
    marks = list(_marks(read(delimiter.offset, size), delimiter))
    if not marks:
        return Form()
    parts = tuple(_parts(read, size, marks, delimiter))
    return Form(
        parts=parts,
        conforming=delimiter.text == b"--" + declared.encode("latin-1", "replace")
        and declared == declared.strip()
        and marks[-1].closing
        and all(part.name for part in parts),
    )


def _declared_boundary(content_type: str) -> str:
    found = _BOUNDARY.search(content_type)
    return (found[1] if found[1] is not None else found[2]) if found else ""


def _find_delimiter(head: bytes, declared: str) -> _Delimiter | None:
    """Find the line that is a delimiter: the body's first one, else the first as declared."""
    bare = declared.strip().encode("latin-1", "replace")
    expected = {b"--" + bare, bare} - {b"--", b""}
    begun = False
    for start, end in _lines(head):
        newline = b"\r\n" if head.endswith(b"\r\n", start, end) else b"\n"
        text = head[start : end - len(newline)].rstrip(b" \t")
        first = not begun and len(text) > 2 and text.startswith(b"--")
        if len(text) <= LONGEST_DELIMITER and (
            text in expected or (first and _HEADER.match(head, end))
        ):
            return _Delimiter(start, text, newline)
        begun = begun or bool(text)
    return None


def _lines(head: bytes) -> Iterator[tuple[int, int]]:
    """From where to where each whole line is, its break included; one pass, whatever is in it."""
    start = 0
    while end := head.find(b"\n", start) + 1:
        yield start, end
        start = end


def _part_without_delimiter(head: bytes, size: int) -> Iterator[Part]:
    disposition = _DISPOSITION.search(head)
    blank = _BLANK_LINE.search(head, disposition.end()) if disposition else None
    if blank is not None:
        yield _described(head[: blank.start()], blank.end(), size)


def _marks(pieces: Iterable[bytes], delimiter: _Delimiter) -> Iterator[_Mark]:
    """Find the delimiter lines in the body, which is given from its first delimiter on.

    `held` is what has been read and not decided: as many bytes as a delimiter line may need,
    since it may be cut anywhere between two pieces.
    """
    needle = delimiter.newline + delimiter.text
    keep = len(needle) + _PADDING + 4
    # The first delimiter has no line break before it in the body, so it gets one here.
    held, offset = delimiter.newline, delimiter.offset - len(delimiter.newline)
    found = 0
    for piece, last in _with_last(pieces):
        held += piece
        until = len(held) if last else len(held) - keep
        position = 0
        while 0 <= (at := held.find(needle, position)) < until:
            position = at + len(needle)
            line = _AFTER_DELIMITER.match(held, position)
            if line is None:
                continue
            found += 1
            position = line.start(2) if line[2] else line.end()
            yield _Mark(offset + at, offset + line.end(), closing=bool(line[1]))
            if line[1] or found == MOST_PARTS:
                return
        dropped = max(position, until, 0)
        held, offset = held[dropped:], offset + dropped


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    for piece in pieces:
        yield piece, False
    yield b"", True


def _parts(read: ReadRange, size: int, marks: list[_Mark], delimiter: _Delimiter) -> Iterator[Part]:
    ends = [mark.start for mark in marks[1:]]
    if not marks[-1].closing:
        ends.append(_unclosed_end(read, size, marks[-1].end, delimiter))
    for mark, end in zip(marks, ends, strict=False):
        # One line break more than the part: an empty one may share it with its delimiter.
        limit = min(end + len(delimiter.newline), mark.end + LONGEST_HEADERS, size)
        block = b"".join(read(mark.end, limit))
        yield _part(block, mark.end, end)


def _part(block: bytes, start: int, end: int) -> Part:
    """Split the headers off a part that begins with `block`; some clients write none."""
    if block.startswith((b"\r\n", b"\n")):
        return Part(min(start + block.index(b"\n") + 1, end), end)
    if not _HEADER.match(block):
        return Part(start, end)
    blank = _BLANK_LINE.search(block)
    if blank is None:
        return _described(block, end, end)
    return _described(block[: blank.start()], min(start + blank.end(), end), end)


def _described(headers: bytes, start: int, end: int) -> Part:
    disposition = _DISPOSITION.search(headers)
    text = disposition[1].decode("utf-8", "replace").strip() if disposition else ""
    parameters = disposition_parameters(text)
    return Part(start, end, parameters.get("name", ""), parameters.get("filename"))


def _unclosed_end(read: ReadRange, size: int, start: int, delimiter: _Delimiter) -> int:
    """Find where the last part ends that no delimiter closes as it should.

    Some clients close with another line break than they open with, or with none at all.
    """
    begin = max(start, size - LONGEST_DELIMITER - _PADDING)
    tail = b"".join(read(begin, size))
    closing = re.search(rb"(\r?\n)?" + re.escape(delimiter.text) + rb"(--)?\s*\Z", tail)
    return begin + closing.start() if closing else size
