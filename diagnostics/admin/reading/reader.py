"""Lines of a log as the reader's script shows them: text, never markup.

Everything goes out as JSON and in by `textContent`. A line is a list: number (from 0), text, level,
milliseconds since 1970, bytes left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_time

from diagnostics.lifecycles.examination import Examination
from diagnostics.models import LogFile, LogMember
from diagnostics.texts.levels import level_of
from diagnostics.texts.lines import Line
from diagnostics.texts.times import milliseconds, time_of
from diagnostics.wording import files as wording

# What a page may ask to read a text as, where it is not the UTF-8 that it seems to be.
OTHER_ENCODINGS = {
    "cp1252": "Windows-1252",
    "iso8859_2": "ISO 8859-2",
    "cp1251": "Windows-1251",
    "gb18030": "GB 18030",
}

# Control characters become their pictures, and those that turn the writing direction vanish:
# a line reads in the browser as it would in a hex dump, in the order of its bytes.
_VISIBLE = {code: 0x2400 + code for code in range(32) if code != 9} | {0x7F: 0x2421}
_VISIBLE |= dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
_VISIBLE |= dict.fromkeys([0x2028, 0x2029, *range(0x80, 0xA0)], 0xFFFD)

_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?")


def visible(text: str) -> str:
    """The text with nothing in it that a page would hide or turn around."""
    return text.translate(_VISIBLE)


def page_of(file: LogFile, members: list[LogMember], member: LogMember | None) -> dict[str, Any]:
    """What the reader's template shows of a file and of the member that is opened."""
    done = file.examination == Examination.DONE
    return {
        "file": file,
        "examined": done,
        "failed": file.examination == Examination.FAILED,
        "sentence": wording.examination_sentence(file),
        "problem": wording.file_problem(file) if done else "",
        "members": [MemberRow(each, member) for each in members],
        "member": member,
        "notes": wording.member_notes(member) if member else [],
        "size": wording.member_size(member, beside=file.size) if member else "",
        "may_read": bool(done and member and member.is_readable),
        "encodings": OTHER_ENCODINGS if member and member.garbled else {},
    }


class MemberRow:
    """A member in the list of an archive's members."""

    def __init__(self, member: LogMember, chosen: LogMember | None) -> None:
        self.member = member
        self.is_chosen = member == chosen
        self.size = wording.member_size(member)
        self.notes = wording.member_notes(member)


def rows_of(lines: Iterable[Line], encoding: str, received_at: datetime) -> list[list[Any]]:
    """The lines as lists for JSON, read in `encoding`, which need not be that of the text."""
    return [_row(line, line.text(encoding), received_at) for line in lines]


def _row(line: Line, shown: str, received_at: datetime) -> list[Any]:
    time = time_of(shown, received_at)
    return [
        line.number,
        visible(shown),
        level_of(shown),
        None if time is None else milliseconds(time),
        line.left_out,
    ]


def moment_of(wanted: str, near: datetime) -> datetime | None:
    """The time that an operator typed: with a date, or that of the day of `near`.

    In the zone of `near`, that of the log, unless it names one. None for what is no time.
    """
    wanted = wanted.strip()
    found = time_of(wanted if wanted.count(":") > 1 else f"{wanted}:00", near)
    if found is not None:
        named = re.search(r"(Z|UTC|GMT|[+-]\d\d:?\d\d)$", wanted)
        return found if named else found.replace(tzinfo=near.tzinfo)
    if not _CLOCK.fullmatch(wanted):
        return None
    clock = parse_time(wanted.replace(",", ".").zfill(5))
    if clock is None:
        return None
    here = near.replace(hour=clock.hour, minute=clock.minute, second=clock.second,
                        microsecond=clock.microsecond)  # fmt: skip
    nearest = (here + timedelta(days=days) for days in (0, -1, 1))
    return min(nearest, key=lambda each: abs(each - near))
