"""Received files: who opens them, what of them fits a page, and how they go.

A page gets the first and the last megabyte, whatever the file holds: a gigabyte of text, or a
small archive that unpacks to one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics import archives
from diagnostics.archives import ArchiveError, ArchiveRefused, Member
from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.storage import StorageError, get_log_store, incoming_key

WINDOW = 1024 * 1024
# Unpacked bytes looked at, for one page, in search of the end of a packed file.
MOST_UNPACKED = 64 * WINDOW
HEAD = 512


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning and the end of some contents; `tail` is empty where `head` is all of it.

    `size` in bytes and `lines_before_tail` are None where finding out would take reading it all.
    `problem` is a sentence for the operator when reading ended early.
    """

    head: bytes
    tail: bytes = b""
    size: int | None = None
    lines_before_tail: int | None = None
    problem: str = ""

    @property
    def skipped(self) -> int:
        """Bytes left out between head and tail."""
        return self.size - len(self.head) - len(self.tail) if self.size and self.tail else 0


_NOTHING = Excerpt(b"")


@dataclass(slots=True)
class Reading:
    """What a page shows of a file: its members, or an excerpt of one of them, or of itself."""

    kind: str = ""
    members: list[Member] = field(default_factory=list)
    member: Member | None = None
    excerpt: Excerpt | None = None
    problem: str = ""


def record_access(file: LogFile, *, user: Any, kind: str) -> FileAccess:
    """Note that `user` opened the file: once for each opening."""
    return FileAccess.objects.create(log_file=file, user=user, at=timezone.now(), kind=kind)


def read_file(file: LogFile, member: int | None = None) -> Reading:
    """What to show of a file, or of its `member`. Raises StorageError.

    What is wrong with the contents is in `problem`, beside whatever could be read.
    """
    head = b"".join(get_log_store().read(file.key, 0, HEAD))
    reading = Reading(kind=archives.kind_of(head))
    try:
        _READERS[reading.kind](file, reading, member)
    except ArchiveError as error:
        reading.problem = str(error)
    return reading


def store_keys(file: LogFile) -> list[str]:
    """Everything that the store keeps for a file: its bytes, and the readable copy if it has one.

    What is deleted, moved or counted with a file is all of these.
    """
    return [key for key in (file.key, file.copy_key) if key]


def delete_log_request(row: LogRequest) -> None:
    """Delete a request, its history and its files, in the store too."""
    keys = [key for file in row.files.all() for key in store_keys(file)]
    if row.signed_until:
        keys.append(incoming_key(row.pk, row.token))
    with transaction.atomic():
        row.delete()
        transaction.on_commit(lambda: _delete_objects(keys))


def drop_file(file: LogFile) -> None:
    """Delete one file of a request, in the store too."""
    keys = store_keys(file)
    LogFile.objects.filter(pk=file.pk).delete()
    transaction.on_commit(lambda: _delete_objects(keys))


def _delete_objects(keys: list[str]) -> None:
    for key in keys:
        try:
            get_log_store().delete(key)
        except StorageError:
            continue  # the store is away; the object has no row and retention finds it


def _read_plain(file: LogFile, reading: Reading, member: int | None) -> None:
    store = get_log_store()
    size = store.size(file.key)
    if size <= 2 * WINDOW:
        reading.excerpt = Excerpt(b"".join(store.read(file.key)), size=size)
        return
    head = b"".join(store.read(file.key, 0, WINDOW))
    tail = b"".join(store.read(file.key, size - WINDOW, size))
    reading.excerpt = Excerpt(head, tail, size)


def _read_gzip(file: LogFile, reading: Reading, member: int | None) -> None:
    pieces = _limited(archives.inflate(get_log_store().read(file.key)))
    first = next(pieces, b"")
    pieces = chain([first], pieces)
    if archives.kind_of(first[:HEAD]) == archives.TAR:
        _read_tar_pieces(pieces, reading, member)
    else:
        reading.excerpt = excerpt_of(pieces)


def _read_tar(file: LogFile, reading: Reading, member: int | None) -> None:
    _read_tar_pieces(_limited(get_log_store().read(file.key)), reading, member)


def _read_tar_pieces(pieces: Iterator[bytes], reading: Reading, member: int | None) -> None:
    """List the members and read the wanted one, or the only one, in a single pass."""
    reading.kind = archives.TAR
    first: Excerpt | None = None
    for found, contents in archives.walk_tar(pieces):
        reading.members.append(found)
        if found.index == member:
            reading.member, reading.excerpt = found, excerpt_of(_unpacked(contents))
        elif member is None and len(reading.members) == 1:
            first = excerpt_of(_unpacked(contents))
        if (reading.excerpt or first or _NOTHING).problem:
            break  # the bytes have ended here, and with them the list
    if member is None and len(reading.members) == 1:
        reading.member, reading.excerpt = reading.members[0], first
    if member is not None and reading.member is None:
        raise ArchiveRefused("There is no such file in this archive.")


def _read_zip(file: LogFile, reading: Reading, member: int | None) -> None:
    store = get_log_store()
    packed = archives.RangeFile(
        lambda start, end: b"".join(store.read(file.key, start, end)), store.size(file.key)
    )
    reading.members = archives.list_zip(packed)
    if member is None and len(reading.members) == 1:
        member = reading.members[0].index
    if member is not None:
        reading.member = next((m for m in reading.members if m.index == member), None)
        reading.excerpt = excerpt_of(_unpacked(archives.read_zip_member(packed, member)))


_READERS = {
    "": _read_plain,
    archives.GZIP: _read_gzip,
    archives.TAR: _read_tar,
    archives.ZIP: _read_zip,
}


def _limited(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Stop after MOST_UNPACKED bytes, and say so."""
    taken = 0
    for piece in pieces:
        taken += len(piece)
        yield piece
        if taken >= MOST_UNPACKED:
            raise ArchiveRefused(
                "Only the first 64 MiB of the unpacked contents are shown here: download the "
                "file for the rest."
            )


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The contents of a member: a gz inside an archive is unpacked too."""
    first = next(pieces, b"")
    whole = chain([first], pieces)
    packed = archives.kind_of(first[:HEAD]) == archives.GZIP
    return _limited(archives.inflate(whole) if packed else whole)


def excerpt_of(pieces: Iterator[bytes]) -> Excerpt:
    """The first and last megabyte of a stream whose length nobody knows, in constant memory."""
    head, tail = bytearray(), deque[bytes]()
    size = kept = lines = 0
    problem = ""
    try:
        for piece in pieces:
            size += len(piece)
            room = WINDOW - len(head)
            head += piece[:room]
            if rest := piece[room:] if room > 0 else piece:
                tail.append(rest)
                kept += len(rest)
            while tail and kept - len(tail[0]) >= WINDOW:
                dropped = tail.popleft()
                kept -= len(dropped)
                lines += dropped.count(b"\n")
    except ArchiveError as error:
        problem = str(error)
    if size == len(head) + kept:
        return Excerpt(
            bytes(head) + b"".join(tail), size=None if problem else size, problem=problem
        )
    if problem:
        return Excerpt(bytes(head), problem=problem)
    return Excerpt(bytes(head), b"".join(tail), size, head.count(b"\n") + lines)
