"""Text of any size, from any place: lines by number, by time, from the end, or all of it in blocks.

Whatever way a file is packed, its text reads alike: the index that its examination made says where
the blocks lie, and only those that are wanted are fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from diagnostics.exceptions import FileNotExamined, FileUnreadable
from diagnostics.lifecycles.examination import Examination
from diagnostics.models import LogFile, LogMember
from diagnostics.services.files.copies import unpack_block
from diagnostics.storage import get_log_store
from diagnostics.texts.block import Block
from diagnostics.texts.encodings import count_lines, find_newline, newline_of
from diagnostics.texts.index import Index
from diagnostics.texts.lines import Line, lines_of
from diagnostics.texts.times import head_of, milliseconds, time_of

# What one window may fetch and may give, in bytes; lines may be long.
MOST_FETCHED = 16 * 1024 * 1024
MOST_GIVEN = 1024 * 1024


def open_text(file: LogFile, member: int | None = None) -> Text:
    """The text of a file, or of the member of it with this number.

    None means the only text in it, or the first one. Raises FileNotExamined, FileUnreadable.
    """
    if file.examination != Examination.DONE:
        raise FileNotExamined(_("This file has not been examined yet."))
    members = LogMember.objects.filter(log_file=file)
    if member is None:
        found = members.readable().defer(None).first()
    else:
        found = members.filter(index=member).first()
    if found is None or not found.is_readable or found.blocks is None:
        raise FileUnreadable(_("There is no text here that can be shown."))
    return Text(file, found)


class Text:
    """One text. Sizes and offsets in bytes of its own encoding, lines counted from 0.

    `lines` counts a last line without a line end too. `oldest` and `newest` are None where the
    lines carry no times. Every method that reads raises StorageError.
    """

    def __init__(self, file: LogFile, member: LogMember) -> None:
        self.member = member
        self.size, self.lines, self.encoding = member.size, member.lines, member.encoding
        self.oldest, self.newest = member.oldest, member.newest
        self.received_at = file.received_at
        self._key = file.copy_key if member.copied else file.key
        self._index = Index.from_bytes(member.blocks or b"")

    def blocks(self, from_line: int = 0, from_offset: int = 0) -> Iterator[Block]:
        """All blocks from that line, or from that offset if it is farther; one in memory at a time.

        The first one begins exactly there.
        """
        if not len(self._index) or from_line >= self.lines or from_offset >= self.size:
            return
        first = max(self._index.block_of_line(from_line), self._index.block_of_offset(from_offset))
        for block in self._fetch(range(first, len(self._index))):
            if block.first_line < from_line or block.offset < from_offset:
                block = self._trimmed(block, from_line, from_offset)
            if block.data:
                yield block

    def blocks_before(self, line: int) -> Iterator[tuple[Block, bool]]:
        """The blocks with what lies before a line, from there back to the beginning.

        Each with whether its first line begins in it. Middles of long lines are left out.
        """
        last = self._index.block_of_line(line - 1) if line > 0 and self.lines else -1
        for number in range(last, -1, -1):
            continues = number > 0 and self._same_line(number - 1, number)
            if not (continues and self._is_middle(number)):
                for block in self._fetch([number]):
                    yield block, not continues

    def window(self, line: int, count: int) -> list[Line]:
        """Up to `count` lines from `line`: fewer at the end of the text, and where they are long.

        At least one, unless `line` lies past the end.
        """
        line = max(line, 0)
        if count <= 0 or line >= self.lines:
            return []
        found: list[Line] = []
        given = 0
        for each in self._lines_from(line, count):
            if each.number < line:
                continue
            found.append(each)
            given += len(each.data)
            if len(found) >= count or given >= MOST_GIVEN:
                break
        return found

    def tail(self, count: int) -> list[Line]:
        """The last `count` lines, or as many of the last ones as a window may hold."""
        found: list[Line] = []
        end = self.lines
        while len(found) < count and end > 0:
            start = max(end - min(count - len(found), 500), 0)
            page = self.window(start, end - start)
            if page[-1].number < end - 1:  # long lines: what was given ends too early
                page = self.window(end - 1, 1)
            found = page + found
            end = page[0].number
            if sum(len(line.data) for line in found) >= MOST_GIVEN:
                break
        return found

    def line_at(self, time: datetime) -> int | None:
        """The first line at that time or later; the last line where all are earlier.

        None where the lines carry no times. A log whose clock jumped is searched from its
        beginning. Naive times are refused with TypeError.
        """
        if not self.lines or self.oldest is None:
            return None
        wanted = milliseconds(time)
        later = (
            number
            for number in range(len(self._index))
            if (begins := self._index.time(number)) is not None and begins >= wanted
        )
        block = next(later, None)
        before = len(self._index) - 1 if block is None else block - 1
        for number in self._untimed_before(before):
            for line in lines_of(self._fetch([number]), self.encoding):
                found = self.time_of(line)
                if found is not None and found >= time:
                    return line.number
        return self.lines - 1 if block is None else self._line_with_time(block, time)

    def time_near(self, line: int) -> datetime | None:
        """The time of a line, or of one near it, in the zone that the log is written in."""
        around = self.window(line, 50) + self.window(max(line - 50, 0), 50)
        times = (self.time_of(each) for each in around)
        found = next((time for time in times if time is not None), None)
        return found or self.oldest

    def time_of(self, line: Line) -> datetime | None:
        """The time that a line carries."""
        return time_of(head_of(line.data, self.encoding), self.received_at)

    def _untimed_before(self, block: int) -> list[int]:
        """The last block that has a time up to this one, and what follows it, in order."""
        numbers = [block] if block >= 0 else []
        while numbers and numbers[0] > 0 and self._index.time(numbers[0]) is None:
            numbers.insert(0, numbers[0] - 1)
        return numbers

    def _line_with_time(self, block: int, time: datetime) -> int:
        for line in lines_of(self._fetch([block]), self.encoding):
            found = self.time_of(line)
            if found is not None and found >= time:
                return line.number
        return self._index.first_lines[block]

    def _lines_from(self, line: int, count: int) -> Iterator[Line]:
        first = self._index.block_of_line(line)
        last = self._index.last_block_of_line(min(line + count, self.lines) - 1)
        wanted: list[int] = []
        fetched = 0
        for number in range(first, last + 1):
            if self._is_middle(number):
                continue
            wanted.append(number)
            fetched += self._index.length(number)
            if (
                fetched >= MOST_FETCHED
                and number < last
                and not self._same_line(number, number + 1)
            ):
                break
        return lines_of(self._fetch(wanted), self.encoding)

    def _is_middle(self, number: int) -> bool:
        """Whether the block is in the middle of a line: neither its beginning nor its end."""
        inner = 0 < number < len(self._index) - 1
        return inner and self._same_line(number - 1, number) and self._same_line(number, number + 1)

    def _same_line(self, number: int, after: int) -> bool:
        """Whether a line that is longer than a block goes on from the one into the other."""
        return self._index.first_lines[number] == self._index.first_lines[after]

    def _fetch(self, numbers: Sequence[int]) -> Iterator[Block]:
        """These blocks, each run of neighbours in one read."""
        for _gap, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
            yield from self._fetch_run([number for _place, number in run])

    def _fetch_run(self, numbers: Sequence[int]) -> Iterator[Block]:
        index = self._index
        lengths = [index.stored(number) for number in numbers]
        pieces = get_log_store().read_pieces(self._key, index.places[numbers[0]], lengths)
        for number, data in zip(numbers, pieces, strict=False):
            if self.member.copied:
                data = unpack_block(data, index.length(number))
            offset, first_line = index.offsets[number], index.first_lines[number]
            sound = not self.member.garbled
            yield Block(offset, first_line, data, index.line_ends(number), sound)

    def _trimmed(self, block: Block, from_line: int, from_offset: int) -> Block:
        """Without what lies before the line and the offset."""
        start = max(from_offset - block.offset, 0)
        line = block.first_line + count_lines(block.data[:start], self.encoding)
        while line < from_line:
            found = find_newline(block.data, self.encoding, start)
            if found < 0:
                return Block(block.offset + len(block.data), line, b"")
            start, line = found + len(newline_of(self.encoding)), line + 1
        ends = None if block.line_ends is None else block.line_ends - (line - block.first_line)
        return Block(block.offset + start, line, block.data[start:], ends, block.sound)
