"""What every log store offers, and what can go wrong with it.

StorageError
├── StorageUnavailable   the store does not answer, or not sensibly: worth another try
├── StorageFull          no room for these bytes
├── ObjectMissing        no object has this key
└── ObjectChanged        the object is another one than was asked for
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from diagnostics.exceptions import DiagnosticsError

# Bytes per piece in both directions: large enough to be fast, small enough to hold many.
CHUNK = 1024 * 1024


class StorageError(DiagnosticsError):
    """The log store could not do it."""


class StorageUnavailable(StorageError):
    """The store cannot be reached or used now; the same call may work later."""


class StorageFull(StorageError):
    """The store has no room for these bytes."""


class ObjectMissing(StorageError):
    """The store has no object with this key."""


class ObjectChanged(StorageError):
    """The object was replaced meanwhile: its ETag is not the one that was given."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What a store tells of an object without reading it.

    `size` in bytes; `etag` is another one when the contents are; `content_type` as given at the
    upload, "" where the store keeps none or was not asked.
    """

    key: str
    size: int
    modified: datetime
    etag: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class SignedAddress:
    """An address at which somebody without credentials may do one thing until `expires_at`.

    Whoever knows it may: it is a secret, and its `repr` does not tell it.
    """

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that is durably in the store. `size` in bytes, `sha256` in hex."""

    key: str
    size: int
    sha256: str


class Upload(ABC):
    """One object on its way into the store: written in order, visible only when complete.

    Not for concurrent use. Every method raises StorageUnavailable or StorageFull; after either
    only `abort` is allowed.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.size = 0
        self._sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Append bytes of any length."""
        self._append(data)
        self._sha256.update(data)
        self.size += len(data)

    def complete(self) -> StoredObject:
        """Make the object durable and visible; returns its size and SHA-256."""
        self._finish()
        return StoredObject(self.key, self.size, self._sha256.hexdigest())

    @abstractmethod
    def abort(self) -> None:
        """Forget the object, as far as the store lets us; raises nothing."""

    @abstractmethod
    def _append(self, data: bytes) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...


class LogStore(Protocol):
    """Where log files are kept, by key (see `object_key`). Safe for use from many threads."""

    def open_upload(self, key: str, expected: int | None = None) -> Upload:
        """Begin an object. Raises StorageFull at once when `expected` bytes cannot fit."""
        ...

    def size(self, key: str) -> int:
        """Return the size in bytes. Raises ObjectMissing, StorageUnavailable."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Give bytes `start` to `end` (exclusive) in pieces of at most 1 MiB.

        Past the end of the object there is nothing to give. Raises ObjectMissing,
        StorageUnavailable, the latter also midway.
        """
        ...

    def read_pieces(self, key: str, start: int, lengths: Sequence[int]) -> Iterator[bytes]:
        """Give the bytes from `start` on in pieces of these lengths, as long as there are any.

        Raises as `read`.
        """
        ...

    def head(self, key: str) -> ObjectFacts:
        """Look at an object. Raises ObjectMissing, StorageUnavailable."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectFacts]:
        """Give the objects whose keys begin so, in no certain order, those of now.

        Uploads that are not complete are not among them. Raises StorageUnavailable, also midway.
        """
        ...

    def copy(self, key: str, target: str, *, etag: str) -> None:
        """Copy an object within the store, replacing what was at `target`.

        Raises ObjectChanged when its ETag is another one, ObjectMissing, StorageFull,
        StorageUnavailable.
        """
        ...

    def delete(self, key: str, *, etag: str = "") -> None:
        """Remove an object; one that is not there is no error.

        With `etag`, another object that has taken its place stays, and ObjectChanged is raised;
        some stores raise it also where there is none any more. Raises StorageUnavailable.
        """
        ...

    def sign_put(self, key: str, lifetime: timedelta) -> SignedAddress | None:
        """An address at which a station may PUT this object; None where the store cannot.

        It lives as long as asked for or less, where the credentials that sign it end earlier.
        Raises StorageUnavailable when there are no credentials.
        """
        ...

    def sign_get(self, key: str, lifetime: timedelta, *, name: str) -> SignedAddress | None:
        """An address at which a browser may download this object under this name; else as above."""
        ...

    def check(self) -> None:
        """Return when the store can be used. Raises StorageUnavailable saying why not."""
        ...


def portions(pieces: Iterable[bytes], lengths: Iterable[int]) -> Iterator[bytes]:
    """The same bytes in portions of these lengths; ends early when the bytes do."""
    source, pending = iter(pieces), memoryview(b"")
    for length in lengths:
        parts, missing = [pending[:length]], length - len(pending)
        pending = pending[length:]
        while missing > 0:
            piece = memoryview(next(source, b""))
            if not piece:
                return
            parts.append(piece[:missing])
            pending, missing = piece[missing:], missing - len(piece)
        yield b"".join(parts)
