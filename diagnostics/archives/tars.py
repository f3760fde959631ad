"""Tar archives, read forward only and without trust in any size they name.

`tarfile` gives the meaning of a header; the walk from one to the next is our own, since `tarfile`
reads extended headers as long as they claim to be, into memory.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from diagnostics.archives.errors import ArchiveError, Problem

_RECORD = tarfile.BLOCKSIZE
# A path in an extended header; what is longer is no path.
_LONGEST_HEADER = 64 * 1024

_PAX, _PAX_GLOBAL = b"x", b"g"
_LONG_NAME, _LONG_LINK = b"L", b"K"
_SPARSE = b"S"


@dataclass(frozen=True, slots=True)
class TarMember:
    """`contents` is to be read before the next member is asked for; None for what has none."""

    name: str
    size: int
    problem: Problem | None
    contents: Iterator[bytes] | None


def walk_tar(chunks: Iterable[bytes]) -> Iterator[TarMember]:
    """The members in order, without directories. Raises ArchiveError where the archive breaks."""
    stream = _Stream(chunks)
    extended: dict[str, str] = {}
    while (header := _header(stream)) is not None:
        if header.type in (_PAX, _LONG_NAME):
            extended |= _extension(stream, header)
        elif header.type in (_PAX_GLOBAL, _LONG_LINK):
            stream.skip(_padded(header.size))
        else:
            header.name = extended.get("path", header.name)
            header.size = _size(extended.get("size", header.size))
            extended = {}
            yield from _member(stream, header)


def _header(stream: _Stream) -> tarfile.TarInfo | None:
    """None after the last member."""
    record = stream.take(_RECORD)
    if len(record) < _RECORD:
        raise ArchiveError(Problem.CUT)
    if not record.strip(b"\0"):
        return None
    try:
        header = tarfile.TarInfo.frombuf(record, "utf-8", "replace")
    except (tarfile.HeaderError, ValueError) as error:
        raise ArchiveError(Problem.DAMAGED) from error
    _size(header.size)
    return header


def _member(stream: _Stream, header: tarfile.TarInfo) -> Iterator[TarMember]:
    if header.type == _SPARSE:
        raise ArchiveError(Problem.METHOD)
    if header.isreg():
        end = stream.position + _padded(header.size)
        yield TarMember(header.name, header.size, None, stream.portion(header.size))
        stream.skip(end - stream.position)
    elif header.issym() or header.islnk():
        yield TarMember(header.name, 0, Problem.LINK, None)
    elif not header.isdir():
        yield TarMember(header.name, 0, Problem.SPECIAL, None)
        if header.type not in tarfile.SUPPORTED_TYPES:
            stream.skip(_padded(header.size))


def _extension(stream: _Stream, header: tarfile.TarInfo) -> dict[str, str]:
    """What a header of its own says of the next member: its path, maybe its size."""
    if header.size > _LONGEST_HEADER:
        raise ArchiveError(Problem.DAMAGED)
    data = stream.take(_padded(header.size))[: header.size]
    if header.type == _LONG_NAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "replace")}
    return dict(_records(data))


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """Pairs out of "27 path=some/long/name.log\\n" and the like."""
    while data:
        length = data.partition(b" ")[0]
        if not length.isdigit() or not 0 < int(length) <= len(data):
            raise ArchiveError(Problem.DAMAGED)
        record, data = data[len(length) + 1 : int(length) - 1], data[int(length) :]
        key, _equals, value = record.decode("utf-8", "replace").partition("=")
        yield key, value


def _size(value: int | str) -> int:
    if isinstance(value, str) and not value.isdecimal() or int(value) < 0:
        raise ArchiveError(Problem.DAMAGED)
    return int(value)


def _padded(size: int) -> int:
    return -(-size // _RECORD) * _RECORD


class _Stream:
    """Bytes that can only be read forward."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._pending, self.position = iter(chunks), memoryview(b""), 0

    def portion(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes in pieces. Raises ArchiveError when they end before."""
        end = self.position + size
        while self.position < end:
            piece = self._next(end - self.position)
            if not piece:
                raise ArchiveError(Problem.CUT)
            yield bytes(piece)

    def take(self, size: int) -> bytes:
        """The next few bytes; less at the end."""
        taken = bytearray()
        while len(taken) < size and (piece := self._next(size - len(taken))):
            taken += piece
        return bytes(taken)

    def skip(self, size: int) -> None:
        for _piece in self.portion(size):
            pass

    def _next(self, most: int) -> memoryview:
        while not self._pending:
            chunk = next(self._chunks, None)
            if chunk is None:
                return self._pending
            self._pending = memoryview(chunk)
        piece, self._pending = self._pending[:most], self._pending[most:]
        self.position += len(piece)
        return piece
