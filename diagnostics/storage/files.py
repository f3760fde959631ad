"""A log store in a directory: for one machine, or on a shared file system."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from diagnostics.storage.base import (
    ObjectChanged,
    ObjectFacts,
    ObjectMissing,
    StorageError,
    StorageFull,
    StorageUnavailable,
    Upload,
)

# Kept free, so that logs do not starve what else lives on the disk: a database, perhaps.
RESERVE = 64 * 1024 * 1024
# Bytes of a file after which the disk is looked at again: its size may be unknown, and others grow
# beside it.
LOOK = 1024 * 1024

# What is read at once: a piece that is still in the processor's cache when it is looked at.
PIECE = 256 * 1024

_KEY_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileLogStore:
    """Objects as files below one directory; a key is a relative path of safe segments."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def from_url(cls, url: str) -> FileLogStore:
        """Open `file:///directory`; the directory is made on the first write."""
        return cls(Path(unquote(urlsplit(url).path)))

    def open_upload(self, key: str, expected: int | None = None) -> Upload:
        path = self._path(key)
        with _translated():
            self._root.mkdir(parents=True, exist_ok=True)
            if expected is not None and shutil.disk_usage(self._root).free < expected + RESERVE:
                raise StorageFull("There is not enough room on the disk of the log store.")
            return _FileUpload(key, path)

    def size(self, key: str) -> int:
        with _translated():
            return self._path(key).stat().st_size

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with _translated(), self._path(key).open("rb") as file:
            file.seek(start)
            left = end - start if end is not None else None
            while chunk := file.read(PIECE if left is None else max(0, min(PIECE, left))):
                yield chunk
                left = left - len(chunk) if left is not None else None

    def read_pieces(self, key: str, start: int, lengths: Sequence[int]) -> Iterator[bytes]:
        with _translated(), self._path(key).open("rb") as file:
            file.seek(start)
            for length in lengths:
                piece = file.read(length)
                if len(piece) < length:
                    return
                yield piece

    def head(self, key: str) -> ObjectFacts:
        with _translated():
            return _facts(key, self._path(key).stat())

    def list(self, prefix: str = "") -> Iterator[ObjectFacts]:
        start = self._root / prefix.rpartition("/")[0]
        for directory, _, names in os.walk(start, onerror=_raise):
            for name in names:
                path = Path(directory, name)
                key = path.relative_to(self._root).as_posix()
                if name.startswith(".") or not key.startswith(prefix):
                    continue
                with suppress(ObjectMissing), _translated():
                    yield _facts(key, path.stat())

    def copy(self, key: str, target: str, *, etag: str) -> None:
        self._check_unchanged(key, etag)
        upload = self.open_upload(target)
        try:
            for piece in self.read(key):
                upload.write(piece)
            upload.complete()
        except StorageError:
            upload.abort()
            raise

    def delete(self, key: str, *, etag: str = "") -> None:
        path = self._path(key)
        if etag:
            with suppress(ObjectMissing):
                self._check_unchanged(key, etag)
        with _translated():
            path.unlink(missing_ok=True)
        # Empty directories of the request and the station go too; others are kept by the error.
        with suppress(OSError):
            for parent in list(path.parents)[: key.count("/")]:
                parent.rmdir()

    def sign_put(self, key: str, lifetime: timedelta) -> None:
        """A directory is reached through this server only."""

    def sign_get(self, key: str, lifetime: timedelta, *, name: str) -> None:
        """As above."""

    def check(self) -> None:
        with _translated():
            self._root.mkdir(parents=True, exist_ok=True)
            probe = self._root / f".probe-{secrets.token_hex(8)}"
            probe.write_bytes(b"")
            probe.unlink()
            if shutil.disk_usage(self._root).free < RESERVE:
                raise StorageUnavailable("The disk of the log store is full.")

    def _check_unchanged(self, key: str, etag: str) -> None:
        if self.head(key).etag != etag:
            raise ObjectChanged("The object was replaced meanwhile.")

    def _path(self, key: str) -> Path:
        segments = key.split("/")
        if not all(_KEY_SEGMENT.match(segment) for segment in segments):
            raise ValueError("A key consists of letters, digits, dots, dashes and slashes.")
        return self._root.joinpath(*segments)


class _FileUpload(Upload):
    """Bytes go to a hidden name in the same directory and get the real one when complete."""

    def __init__(self, key: str, path: Path) -> None:
        super().__init__(key)
        self._path = path
        self._looked_at = 0
        self._partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        try:
            self._file = self._create()
        except FileNotFoundError:
            # `delete` has just removed the directory because it was empty.
            self._file = self._create()

    def _create(self) -> BinaryIO:
        self._partial.parent.mkdir(parents=True, exist_ok=True)
        return self._partial.open("xb")

    def _append(self, data: bytes) -> None:
        with _translated():
            if self.size - self._looked_at >= LOOK:
                self._looked_at = self.size
                if shutil.disk_usage(self._path.parent).free < RESERVE:
                    raise StorageFull("The disk of the log store is full.")
            self._file.write(data)

    def _finish(self) -> None:
        with _translated():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.replace(self._path)
            _sync_directory(self._path.parent)

    def abort(self) -> None:
        # Closing flushes, which fails again on a full disk; the file must go all the same.
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._partial.unlink(missing_ok=True)


def _facts(key: str, status: os.stat_result) -> ObjectFacts:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    etag = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
    return ObjectFacts(key, status.st_size, modified, etag)


def _raise(error: OSError) -> None:
    """What `os.walk` does with a directory it cannot read; one that is gone holds nothing."""
    if not isinstance(error, FileNotFoundError):
        raise _storage_error(error) from error


def _sync_directory(path: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _storage_error(error) from error


def _storage_error(error: OSError) -> StorageError:
    if isinstance(error, FileNotFoundError):
        return ObjectMissing("The log store has no such object.")
    if error.errno in _NO_ROOM:
        return StorageFull("The disk of the log store is full.")
    return StorageUnavailable(f"The log store's disk cannot be used: {error.strerror}.")
