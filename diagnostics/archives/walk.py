"""All that is in a file, whichever way it is packed: gz in zip, tar in zst, zip in zip in gz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Protocol

from diagnostics.archives.errors import ArchiveError, Budget, Problem
from diagnostics.archives.kinds import HEAD, TAR, ZIP, kind_of
from diagnostics.archives.tars import walk_tar
from diagnostics.archives.unpacking import UNPACK
from diagnostics.archives.zips import ZipReader, problem_of

# How many times something may be packed: a zip of zips in a gz is three.
DEEPEST = 4
MOST_MEMBERS = 1000
# A zip inside of something else is read from a file on disk, which ends with the reading.
LARGEST_NESTED_ZIP = 512 * 1024 * 1024

LONGEST_PATH = 512
# Between the path of an archive and that of a member in it.
INSIDE = " › "


class Packed(Protocol):
    """Where a file's bytes come from: once from the beginning, or any range of them."""

    size: int

    def pieces(self) -> Iterator[bytes]: ...

    def read(self, start: int, end: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Found:
    """Something in a file. `path` is "" where the file itself is meant, `claimed_size` what the
    archive says, `layers` the kinds of packing around it.

    `contents` is to be read before the next one is asked for, and raises ArchiveError; None where
    `problem` says why there are none.
    """

    path: str
    layers: tuple[str, ...] = ()
    claimed_size: int | None = None
    problem: Problem | None = None
    contents: Iterator[bytes] | None = None


def walk(packed: Packed, budget: Budget) -> Iterator[Found]:
    """Everything in a file, in its order, at most 1,000. Raises ArchiveError where it breaks."""
    head = packed.read(0, min(HEAD, packed.size))
    if kind_of(head) == ZIP:
        found = _walk_zip(packed, "", (ZIP,), budget)
    else:
        found = _walk(packed.pieces(), "", (), budget)
    for number, each in enumerate(found):
        if number >= MOST_MEMBERS:
            raise ArchiveError(Problem.TOO_MANY)
        yield each


def _walk(
    pieces: Iterator[bytes],
    path: str,
    layers: tuple[str, ...],
    budget: Budget,
    claimed_size: int | None = None,
) -> Iterator[Found]:
    head, pieces = peek(pieces)
    kind = kind_of(head)
    if kind not in (*UNPACK, TAR, ZIP):
        yield Found(path, layers, claimed_size, contents=pieces)
    elif len(layers) >= DEEPEST:
        yield Found(path, layers, claimed_size, Problem.NESTED)
    elif kind == TAR:
        yield from _walk_tar(pieces, path, (*layers, kind), budget)
    elif kind == ZIP:
        yield from _walk_nested_zip(pieces, path, (*layers, kind), budget)
    else:
        yield from _walk(_spent(UNPACK[kind](pieces), budget), path, (*layers, kind), budget)


def _walk_tar(
    pieces: Iterator[bytes], path: str, layers: tuple[str, ...], budget: Budget
) -> Iterator[Found]:
    for member in walk_tar(pieces):
        inner = joined(path, member.name)
        if member.contents is None:
            yield Found(inner, layers, member.size, member.problem)
        else:
            yield from _walk(member.contents, inner, layers, budget, member.size)


def _walk_zip(
    packed: Packed, path: str, layers: tuple[str, ...], budget: Budget
) -> Iterator[Found]:
    archive = ZipReader(packed.read, packed.size)
    for info in archive.members:
        inner, problem = joined(path, info.filename), problem_of(info)
        if problem:
            yield Found(inner, layers, info.file_size, problem)
            continue
        pieces = _spent(archive.contents(info), budget)
        try:
            yield from _walk(pieces, inner, layers, budget, info.file_size)
        except ArchiveError as error:  # this member's; the others may be well
            yield Found(inner, layers, info.file_size, error.problem)


def _walk_nested_zip(
    pieces: Iterator[bytes], path: str, layers: tuple[str, ...], budget: Budget
) -> Iterator[Found]:
    with TemporaryFile() as file:
        try:
            yield from _walk_zip(_on_disk(file, pieces), path, layers, budget)
        except ArchiveError as error:  # of this zip, not of what it lies in
            yield Found(path, layers, problem=error.problem)


def _on_disk(file: IO[bytes], pieces: Iterator[bytes]) -> Packed:
    size = 0
    for piece in pieces:
        size += file.write(piece)
        if size > LARGEST_NESTED_ZIP:
            raise ArchiveError(Problem.TOO_LARGE)
    return _OnDisk(file, size)


class _OnDisk:
    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self.size = file, size

    def pieces(self) -> Iterator[bytes]:
        raise NotImplementedError("a zip is read by ranges")

    def read(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)


def _spent(pieces: Iterable[bytes], budget: Budget) -> Iterator[bytes]:
    for piece in pieces:
        budget.spend(len(piece))
        yield piece


def peek(pieces: Iterator[bytes], size: int = HEAD) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, at least `size` where there are as many, and all the pieces still.

    What breaks while looking breaks again when the pieces are read.
    """
    held: list[bytes] = []
    error: ArchiveError | None = None
    try:
        while sum(map(len, held)) < size:
            held.append(next(pieces))
    except StopIteration:
        pass
    except ArchiveError as raised:
        error = raised
    return b"".join(held), chain(held, _failing(error) if error else pieces)


def _failing(error: ArchiveError) -> Iterator[bytes]:
    raise error
    yield b""


def joined(outer: str, name: str) -> str:
    """A path as it is shown: where it lies in what, bounded, its last part kept.

    Control characters, and those that turn the writing direction, become U+FFFD.
    """
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    path = f"{outer}{INSIDE}{shown}" if outer else shown
    return path if len(path) <= LONGEST_PATH else f"…{path[1 - LONGEST_PATH :]}"


def leads_outside(path: str) -> bool:
    """Whether a program that unpacks the archive would write outside of its directory, if it
    believed this path. Here nothing is unpacked to a path."""
    return any(_leads_outside(part) for part in path.split(INSIDE))


def _leads_outside(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return ".." in parts or path.startswith(("/", "\\")) or parts[0][1:2] == ":"
