"""Looks into gz, zip and tar files from stations, which are hostile until shown otherwise.

Pure: bytes come from an iterator or from a `read(start, end)` function, and nothing is unpacked
to disk. Every reader gives pieces of at most 64 KiB, so that whoever asks for the first megabyte
of a terabyte of zeros pays for one megabyte.

ArchiveError
├── ArchiveBroken      these bytes do not follow the format
└── ArchiveRefused     they may, but reading them would cost too much or needs more than we have
"""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from diagnostics.exceptions import DiagnosticsError

PIECE = 64 * 1024
# The directory of a zip is read whole: this much holds some 100,000 members.
LONGEST_DIRECTORY = 8 * 1024 * 1024
MOST_MEMBERS = 1000

GZIP, ZIP, TAR = "gzip", "zip", "tar"
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_TAR_MAGIC = slice(257, 262)


class ArchiveError(DiagnosticsError):
    """A packed file cannot be looked into; the message is a sentence for an operator."""


class ArchiveBroken(ArchiveError):
    """The bytes do not follow the format they begin with."""


class ArchiveRefused(ArchiveError):
    """Reading would cost too much, or takes a method that is not known here."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive. `size` in bytes as the archive claims it, never to be trusted."""

    index: int
    name: str
    size: int
    problem: str = ""


def kind_of(head: bytes) -> str:
    """Name the format that the first 512 bytes of a file show: gzip, zip, tar or ""."""
    if head.startswith(b"\x1f\x8b\x08"):
        return GZIP
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    return TAR if head[_TAR_MAGIC] == b"ustar" else ""


def inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, also several streams one after another, in pieces of at most 64 KiB.

    Raises ArchiveBroken midway, after whatever could be read.
    """
    unpacker = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)
                if not rest.startswith(b"\x1f\x8b"):
                    return  # padding after the last stream, as gzip itself allows
            try:
                piece = unpacker.decompress(rest, PIECE)
            except zlib.error as error:
                raise ArchiveBroken("The gzip data is damaged from here on.") from error
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if piece:
                yield piece
    if not unpacker.eof:
        raise ArchiveBroken("The gzip file ends too early: the upload may have been cut.")


class RangeFile(io.RawIOBase):
    """A seekable file over `read(start, end)`, as zipfile wants one. Refuses huge reads."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._read, self._size, self._position = read, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._size - self._position if size is None or size < 0 else size
        end = min(self._position + wanted, self._size)
        if end - self._position > LONGEST_DIRECTORY:
            raise ArchiveRefused("The directory of this zip file is too large to be shown.")
        data = self._read(self._position, end) if end > self._position else b""
        self._position += len(data)
        return data


def list_zip(file: IO[bytes] | RangeFile) -> list[Member]:
    """The members of a zip, at most 1,000. Raises ArchiveBroken or ArchiveRefused."""
    infos = _open_zip(file).infolist()
    return [
        Member(index, info.filename, info.file_size, _zip_problem(info))
        for index, info in enumerate(infos[:MOST_MEMBERS])
        if not info.is_dir()
    ]


def read_zip_member(file: IO[bytes] | RangeFile, index: int) -> Iterator[bytes]:
    """The contents of member `index` of a zip in pieces. Raises ArchiveError, also midway."""
    archive = _open_zip(file)
    infos = archive.infolist()
    if not 0 <= index < min(len(infos), MOST_MEMBERS):
        raise ArchiveBroken("There is no such file in this archive.")
    if problem := _zip_problem(infos[index]):
        raise ArchiveRefused(problem)
    try:
        with archive.open(infos[index]) as member:
            while piece := member.read(PIECE):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise ArchiveBroken("This file is damaged inside the archive.") from error


def _open_zip(file: IO[bytes] | RangeFile) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ArchiveBroken("The zip file is damaged: the upload may have been cut.") from error


def _zip_problem(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "Protected by a password: download the archive to open it."
    if info.compress_type not in _READABLE:
        return "Packed by a method that cannot be read here: download the archive to open it."
    return ""


def walk_tar(chunks: Iterable[bytes]) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """The files of a tar in order, each with its contents, to be read before the next is asked for.

    Raises ArchiveBroken, after whatever could be read.
    """
    try:
        with tarfile.open(fileobj=_Stream(chunks), mode="r|", errorlevel=2) as archive:
            for index, info in enumerate(archive):
                if index >= MOST_MEMBERS:
                    return
                content = archive.extractfile(info) if info.isreg() else None
                if content is not None:
                    member = Member(index, info.name, info.size)
                    yield member, iter(lambda c=content: c.read(PIECE), b"")  # type: ignore[misc]
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise ArchiveBroken("The tar archive is damaged from here on.") from error


class _Stream(io.RawIOBase):
    """A file that can only be read forward, over pieces; for tarfile."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks, self._pending = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if size > LONGEST_DIRECTORY:
            raise tarfile.ReadError("a header of this size is no header")
        while not self._pending:
            piece = next(self._chunks, None)
            if piece is None:
                return b""
            self._pending = piece
        data, self._pending = self._pending[:size], self._pending[size:]
        return data
