"""What is in a file: its kind, its members, and for each text among them an index of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from diagnostics import archives
from diagnostics.archives import ArchiveError, Budget, Found, Problem
from diagnostics.archives.kinds import HEAD, PCAP
from diagnostics.archives.walk import peek
from diagnostics.conf import app_settings
from diagnostics.lifecycles.examination import ContentKind
from diagnostics.models import LogFile, LogMember
from diagnostics.services.files.copies import Copy
from diagnostics.storage import get_log_store
from diagnostics.texts.block import cut
from diagnostics.texts.encodings import SAMPLE, decode, encoding_of
from diagnostics.texts.kinds import kind_of_text
from diagnostics.texts.survey import Survey

Progress = Callable[[int], None]


@dataclass(slots=True)
class Contents:
    """What an examination found; `members` are not saved yet."""

    kind: str = ""
    problem: str = ""
    copy_key: str = ""
    members: list[LogMember] = field(default_factory=list)


def look_into(file: LogFile, progress: Progress) -> Contents:
    """Read a file to its end, once. `progress` is told the stored bytes read. Raises StorageError.

    What is wrong with the file is in `problem`, and beside it whatever could be read.
    """
    contents = Contents()
    source = _Stored(file, progress)
    budget = Budget(source.size, app_settings.max_unpacked_size)
    with Copy(file) as copy:
        try:
            for found in archives.walk(source, budget):
                contents.kind = contents.kind or _kind_of_layers(found)
                member = _member(file, found, copy)
                member.index = len(contents.members)
                contents.members.append(member)
        except ArchiveError as error:
            contents.problem = error.problem
        contents.copy_key = copy.complete()
    _conclude(contents, source)
    return contents


def _conclude(contents: Contents, source: _Stored) -> None:
    """The kind of a file that is not packed is that of its only member."""
    if contents.kind:
        return
    if contents.members:
        contents.kind = contents.members[0].kind
    else:
        contents.kind = archives.kind_of(source.read(0, HEAD)) or ContentKind.BINARY


def _kind_of_layers(found: Found) -> str:
    return _LAYERS.get(found.layers[:2]) or (found.layers[0] if found.layers else "")


_LAYERS: dict[tuple[str, ...], str] = {
    ("gzip", "tar"): ContentKind.TAR_GZ,
    ("zstd", "tar"): ContentKind.TAR_ZST,
}


def _member(file: LogFile, found: Found, copy: Copy) -> LogMember:
    member = LogMember(
        log_file=file,
        path=found.path,
        claimed_size=found.claimed_size,
        size=found.claimed_size or 0,
        problem=found.problem or "",
        kind=ContentKind.BINARY,
        copied=bool(found.layers),
    )
    if found.contents is not None:
        _read_member(member, found.contents, copy, file.received_at)
    return member


def _read_member(
    member: LogMember, contents: Iterator[bytes], copy: Copy, received_at: datetime
) -> None:
    """Tell what a member is, and read it to its end where it is text."""
    head, pieces = peek(_until_broken(contents, member), SAMPLE)
    encoding = encoding_of(head)
    packing = archives.kind_of(head)
    if not head:
        member.kind = ContentKind.BINARY if member.problem else ContentKind.EMPTY
    elif packing == PCAP:
        member.kind = ContentKind.PCAP
    elif packing:
        member.problem = Problem.METHOD
    elif encoding is not None:
        member.kind = kind_of_text(decode(head[:SAMPLE], encoding))
        member.encoding = encoding
        survey = _survey(pieces, Survey(encoding, received_at), copy if member.copied else None)
        _keep(member, survey)


def _until_broken(pieces: Iterator[bytes], member: LogMember) -> Iterator[bytes]:
    """What there is before the bytes break, and then the problem on the member."""
    try:
        yield from pieces
    except ArchiveError as error:
        member.problem = error.problem


def _survey(pieces: Iterator[bytes], survey: Survey, copy: Copy | None) -> Survey:
    """Let all blocks pass by, and pack them one by one where they lie packed otherwise."""
    if copy is not None:
        survey.start_at(copy.position)
    for block in cut(pieces, survey.encoding):
        stored = len(block.data) if copy is None else copy.add(block.data)
        survey.take(block, stored=stored)
    return survey


def _keep(member: LogMember, survey: Survey) -> None:
    index = survey.index
    member.size, member.lines = index.size, index.lines
    member.oldest, member.newest = survey.oldest, survey.newest
    member.garbled = survey.garbled
    member.blocks = index.to_bytes()


class _Stored:
    """A file in the store, which tells how far it was read."""

    def __init__(self, file: LogFile, progress: Progress) -> None:
        self._key, self._progress = file.key, progress
        self.size = get_log_store().size(file.key)

    def pieces(self) -> Iterator[bytes]:
        done = 0
        for piece in get_log_store().read(self._key):
            yield piece
            done += len(piece)
            self._progress(done)

    def read(self, start: int, end: int) -> bytes:
        self._progress(start)
        return b"".join(get_log_store().read(self._key, start, end))
