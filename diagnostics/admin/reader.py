"""Text from stations as numbered lines of HTML. Nothing of a file is ever markup here."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from diagnostics.archives import Member
from diagnostics.services.files import Excerpt, Reading
from diagnostics.wording import size

SNIFFED = 8192
# A text has hardly any control characters besides tab, line feed, return and escape.
MOST_CONTROLS = 0.1
LONGEST_LINE = 10_000

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip

# Control characters become their pictures, and those that turn the writing direction vanish:
# a line reads in the browser as it would in a hex dump, in the order of its bytes.
_VISIBLE = {code: 0x2400 + code for code in range(32) if code != 9} | {0x7F: 0x2421}
_VISIBLE |= dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)

_LEVELS = (
    ("bad", "E", re.compile(r"\b(?:EMERG\w*|ALERT|CRIT\w*|FATAL|ERR(?:OR)?|PANIC)\b", re.I)),
    ("warn", "W", re.compile(r"\bWARN(?:ING)?\b", re.I)),
)
_LEVEL_WITHIN = 120  # characters: a level stands near the beginning of a line


def visible(text: str) -> str:
    """The text with nothing in it that a page would hide or turn around."""
    return text.translate(_VISIBLE)


@dataclass(slots=True)
class Page:
    """What the reader's template shows."""

    lines: SafeString = SafeString("")
    tail: SafeString = SafeString("")
    cut: str = ""
    whole: bool = False
    size: str = ""
    members: list[Member] = field(default_factory=list)
    member: Member | None = None
    kind: str = ""
    problem: str = ""


def page_of(reading: Reading) -> Page:
    """A reading as HTML: lines, members, and sentences about what is missing."""
    page = Page(members=reading.members, member=reading.member, kind=reading.kind)
    page.problem = reading.problem
    excerpt = reading.excerpt
    if excerpt is not None:
        page.problem = page.problem or excerpt.problem
        page.size = size(excerpt.size) if excerpt.size is not None else ""
        _fill(page, excerpt)
    return page


def _fill(page: Page, excerpt: Excerpt) -> None:
    encoding = _encoding(excerpt.head)
    if encoding is None:
        page.problem = page.problem or _(
            "This is not text but binary data, which cannot be read here. Download it and open "
            "it with the maker's tool."
        )
        return
    if not excerpt.head:
        page.problem = page.problem or _("The file is empty.")
        return
    page.whole = not excerpt.tail and not excerpt.problem
    page.lines = _lines(_split(excerpt.head, encoding), 1)
    if excerpt.tail:
        # The first line of the tail is most likely a part of one.
        tail = _split(excerpt.tail, encoding)[1:]
        before = excerpt.lines_before_tail
        page.tail = _lines(tail, -len(tail) if before is None else before + 2)
        page.cut = _("%(size)s are left out here: download the file to see them.") % {
            "size": size(excerpt.skipped)
        }


def _encoding(head: bytes) -> str | None:
    """utf-8 unless a byte order mark says otherwise; None for binary data."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    sample = head[:SNIFFED]
    controls = sum(1 for byte in sample if byte < 32 and byte not in b"\t\n\r\x1b\x0c\x0b")
    return None if b"\0" in sample or controls > MOST_CONTROLS * len(sample) else "utf-8"


def _split(data: bytes, encoding: str) -> list[str]:
    lines = data.decode(encoding, "replace").split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def _lines(lines: list[str], first: int) -> SafeString:
    return mark_safe("".join(_numbered(lines, first)))  # noqa: S308  escaped line by line


def _numbered(lines: list[str], first: int) -> Iterator[str]:
    """Number 1 is the first line of the file, number -1 its last one."""
    for number, line in enumerate(lines, first):
        level, letter = _level(line)
        yield (
            f'<li id="L{number}"{level}><a href="#L{number}">{number}</a><b>{letter}</b>'
            f"<code>{conditional_escape(_shown(line))}</code></li>"
        )


def _level(line: str) -> tuple[str, str]:
    for tone, letter, pattern in _LEVELS:
        if pattern.search(line[:_LEVEL_WITHIN]):
            return f' class="dx-{tone}"', letter
    return "", ""


def _shown(line: str) -> str:
    text = line.removesuffix("\r")
    if len(text) > LONGEST_LINE:
        left = len(text) - LONGEST_LINE
        text = f"{text[:LONGEST_LINE]} … " + _("(%(count)d more characters)") % {"count": left}
    return text.translate(_VISIBLE)
