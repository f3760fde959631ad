"""Zip archives, over ranges of bytes: the table of contents first, members in any order."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from diagnostics.archives.errors import ArchiveError, Problem

# `zipfile` reads the table of contents whole and makes an object of each entry: this much is some
# 30,000 of them. Ten million entries are refused before any is read.
LONGEST_DIRECTORY = 2 * 1024 * 1024
PIECE = 256 * 1024
# Fetched at once, since `zipfile` asks for little at a time and a store answers slowly.
_AHEAD = 1024 * 1024

_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_UNIX_TYPE, _UNIX_LINK = 0xF000, 0xA000

Read = Callable[[int, int], bytes]


class ZipReader:
    """The members of a zip that `read(start, end)` gives the bytes of. Raises ArchiveError."""

    def __init__(self, read: Read, size: int) -> None:
        with _translated(Problem.CUT):
            self._archive = zipfile.ZipFile(cast("IO[bytes]", _RangeFile(read, size)))
        self.members = [info for info in self._archive.infolist() if not info.is_dir()]

    def contents(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """What a member holds, in pieces; ArchiveError also midway."""
        with _translated(Problem.DAMAGED), self._archive.open(info) as member:
            while piece := member.read(PIECE):
                yield piece


def problem_of(info: zipfile.ZipInfo) -> Problem | None:
    """What stands in the way of reading a member, as its entry tells."""
    if info.flag_bits & _ENCRYPTED:
        return Problem.ENCRYPTED
    if info.compress_type not in _READABLE:
        return Problem.METHOD
    is_link = info.external_attr >> 16 & _UNIX_TYPE == _UNIX_LINK
    return Problem.LINK if is_link else None


@contextmanager
def _translated(problem: Problem) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise ArchiveError(problem) from error
    except (ValueError, RuntimeError, UnicodeError) as error:  # of fields that contradict
        raise ArchiveError(Problem.DAMAGED) from error


class _RangeFile(io.RawIOBase):
    """A seekable file over `read(start, end)`, as `zipfile` wants one. Refuses huge reads."""

    def __init__(self, read: Read, size: int) -> None:
        super().__init__()
        self._read, self._size, self._position = read, size, 0
        self._begin, self._held = 0, b""

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
            raise ArchiveError(Problem.DIRECTORY)
        if end <= self._position:
            return b""
        if not self._begin <= self._position <= end <= self._begin + len(self._held):
            self._begin = self._position
            self._held = self._read(self._begin, min(max(end, self._begin + _AHEAD), self._size))
        start = self._position - self._begin
        self._position = end
        return self._held[start : end - self._begin]
