"""What every log store offers, and what can go wrong with it.

StorageError
├── StorageUnavailable   the store does not answer, or not sensibly: worth another try
├── StorageFull          no room for these bytes
└── ObjectMissing        no object has this key
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
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

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error. Raises StorageUnavailable."""
        ...

    def check(self) -> None:
        """Return when the store can be used. Raises StorageUnavailable saying why not."""
        ...
