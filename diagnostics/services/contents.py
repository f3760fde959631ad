"""What is in a file: its kind, its members, and for each text among them an index of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from diagnostics.lifecycles.examination import ContentKind
from diagnostics.models import LogFile, LogMember
from diagnostics.storage import get_log_store
from diagnostics.texts.block import cut
from diagnostics.texts.encodings import encoding_of
from diagnostics.texts.survey import Survey

Progress = Callable[[int], None]


@dataclass(slots=True)
class Contents:
    """What an examination found; `members` are not saved yet."""

    kind: str
    problem: str = ""
    copy_key: str = ""
    members: list[LogMember] = field(default_factory=list)


def look_into(file: LogFile, progress: Progress) -> Contents:
    """Read a file to its end, once. Raises StorageError."""
    pieces = _counted(get_log_store().read(file.key), progress)
    first = next(pieces, b"")
    encoding = encoding_of(first)
    if not first or encoding is None:
        return Contents(ContentKind.BINARY if first else ContentKind.EMPTY)
    survey = Survey(encoding, file.received_at)
    for block in cut(chain([first], pieces), encoding):
        survey.take(block, stored=len(block.data))
    index = survey.index
    member = LogMember(
        log_file=file,
        index=0,
        kind=ContentKind.TEXT,
        encoding=encoding,
        garbled=survey.garbled,
        size=index.size,
        lines=index.lines,
        oldest=survey.oldest,
        newest=survey.newest,
        blocks=index.to_bytes(),
    )
    return Contents(ContentKind.TEXT, members=[member])


def _counted(pieces: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        progress(done)
