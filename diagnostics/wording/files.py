"""What examinations found, in words: kinds, problems, and how far an examination has come."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from diagnostics.archives import Problem, leads_outside
from diagnostics.lifecycles.examination import ContentKind, Examination
from diagnostics.models import LogFile, LogMember, LogRequest
from diagnostics.services.files.examination import GAVE_UP, GONE
from diagnostics.services.uploads.following import Arriving
from diagnostics.wording.values import size

_MEMBER_PROBLEMS: dict[str, str] = {
    Problem.CUT: gettext_noop("It ends too early: the upload may have been cut."),
    Problem.DAMAGED: gettext_noop("It is damaged from here on."),
    Problem.ENCRYPTED: gettext_noop("Protected by a password: download the archive to open it."),
    Problem.METHOD: gettext_noop(
        "Packed by a method that cannot be read here: download the file to open it."
    ),
    Problem.RATIO: gettext_noop(
        "It unpacks to absurdly more than it is, as files do that were made to do harm: only its "
        "beginning is kept."
    ),
    Problem.TOO_LARGE: gettext_noop(
        "Unpacked it is larger than MAX_UNPACKED_SIZE: only its beginning is kept. Download the "
        "file for the rest."
    ),
    Problem.NESTED: gettext_noop(
        "An archive within archives, too deep to be opened here: download the file to open it."
    ),
    Problem.LINK: gettext_noop("A link to another file, which is not followed."),
    Problem.SPECIAL: gettext_noop("Not a file but a device or the like."),
    Problem.DIRECTORY: gettext_noop(
        "Its table of contents is too large to be read here: download the file to open it."
    ),
    Problem.TOO_MANY: gettext_noop(
        "Only the first 1,000 files of this archive are listed: download it for the others."
    ),
}
_FILE_PROBLEMS: dict[str, str] = {
    **_MEMBER_PROBLEMS,
    Problem.CUT: gettext_noop(
        "The archive ends too early: the upload may have been cut. What came before can be read."
    ),
    Problem.DAMAGED: gettext_noop(
        "The archive is damaged from here on. What came before can be read."
    ),
    GONE: gettext_noop("The file is not in the log store any more."),
    GAVE_UP: gettext_noop(
        "The file could not be examined in several tries: see the log of the worker, then try "
        "again."
    ),
}
_OUTSIDE = gettext_noop(
    "Its path leads out of the archive, as paths do that were made to overwrite other files. Here "
    "it is only a name."
)
_GARBLED = gettext_noop("Some bytes are no characters of %(encoding)s: they are shown as �.")
_NOT_TEXT = {
    ContentKind.PCAP: gettext_noop("A network capture: download it and open it with Wireshark."),
    ContentKind.BINARY: gettext_noop(
        "This is not text but binary data, which cannot be read here. Download it and open it "
        "with the maker's tool."
    ),
    ContentKind.EMPTY: gettext_noop("The file is empty."),
}
_STATES = {
    Examination.WAITING: gettext_noop("Waiting to be examined."),
    Examination.RUNNING: gettext_noop("Being examined: %(done)s of %(size)s."),
    Examination.FAILED: gettext_noop("The file could not be examined."),
}


def examination_sentence(file: LogFile) -> str:
    """How far the examination is; "" when it is done."""
    if file.examination == Examination.DONE:
        return ""
    if file.examination == Examination.FAILED and file.problem in _FILE_PROBLEMS:
        return _(_FILE_PROBLEMS[file.problem])
    words = _(_STATES[Examination(file.examination)])
    return words % {"done": size(file.examined_bytes), "size": size(file.size)}


def arriving_sentence(row: LogRequest, arriving: Arriving | None) -> str:
    """What is to be seen of a file while it arrives, or why nothing is yet."""
    if row.receiving_at is None:
        return _("Nothing arrives now. As soon as something does, it is shown here.")
    if arriving is None:
        return _("A file arrives: its last lines come within seconds.")
    if arriving.packing == "binary":
        return _("What arrives is not plain text: it is opened here as soon as all of it is here.")
    if arriving.packing:
        return _(
            "What arrives is packed (%(kind)s): it is opened here as soon as all of it is here."
        ) % {"kind": arriving.packing}
    return _("The last lines, as they come. The whole file is opened here when it has arrived.")


def file_problem(file: LogFile) -> str:
    """What is wrong with an archive as a whole, or ""."""
    return _(_FILE_PROBLEMS[file.problem]) if file.problem in _FILE_PROBLEMS else ""


def member_notes(member: LogMember) -> list[str]:
    """What a reader should know about a member: why there is nothing to read, or not all."""
    notes = []
    if member.problem in _MEMBER_PROBLEMS:
        notes.append(_(_MEMBER_PROBLEMS[Problem(member.problem)]))
    elif not member.is_readable:
        notes.append(_(_NOT_TEXT[ContentKind(member.kind)]))
    if leads_outside(member.path):
        notes.append(_(_OUTSIDE))
    if member.garbled:
        notes.append(_(_GARBLED) % {"encoding": member.encoding.upper()})
    return notes


def member_size(member: LogMember, *, beside: int = -1) -> str:
    """1.2 MB, 8,400 lines; without the size where the same one stands `beside` it already."""
    words = [size(member.size)] if member.size and member.size != beside else []
    if member.is_readable:
        lines = ngettext("%(count)s line", "%(count)s lines", member.lines)
        words.append(lines % {"count": f"{member.lines:,}"})
    return ", ".join(words)
