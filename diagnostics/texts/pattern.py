"""What is looked for in a text, compiled by RE2: its time grows with the text, never beyond."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import re2
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.exceptions import DiagnosticsError
from diagnostics.texts.encodings import count_newlines
from diagnostics.texts.levels import sign_of

# Where a match begins and ends.
Span = tuple[int, int]

LONGEST_PATTERN = 1000
# Matches told of one line.
MOST_SPANS = 50
# Instructions of a compiled expression. Where RE2 has to follow all of them at once, it takes some
# 50 million steps a second, one for each of them and each byte of the text.
LARGEST_PROGRAM = 5_000
STEPS_AT_ONCE = 25_000_000

# Anchors of a whole text, which an expression run over many lines at once would get wrong.
_BY_LINE = re.compile(r"\\[AzQ]|\(\?[a-zA-Z]*-[a-zA-Z]*m")

# What may let an expression reach over a line end where RE2 is not told never to: classes and
# escapes other than a few, and the flag that lets a dot match anything.
_REACHES_OVER = re.compile(r"\\(?![dwSbBQE])[A-Za-z0-9]|\[\^|\[:|\(\?[a-zA-Z-]*s|[\0-\x1f]")
# So many neighbouring lines with a match make it likely that more follow; matches farther from each
# other than this are not looked at for it.
NEIGHBOURS, NEAR = 3, 1000

# Round brackets, apart from those that are quoted or in a class.
_BRACKETS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", re.DOTALL)

_LOOKS_AROUND = ("(?=", "(?!", "(?<")
_REFUSALS = {
    "missing )": gettext_lazy("A round bracket is opened and never closed."),
    "unexpected )": gettext_lazy("A round bracket is closed that was never opened."),
    "missing ]": gettext_lazy("A square bracket is opened and never closed."),
    "invalid character class range": gettext_lazy("There is no such range or class of characters."),
    "no argument for repetition operator": gettext_lazy("There is nothing to repeat before this."),
    "bad repetition operator": gettext_lazy("What is repeated cannot be repeated once more."),
    "invalid repetition size": gettext_lazy("A repetition goes up to 1,000 in all, from less."),
    "trailing \\": gettext_lazy("A backslash at the end stands for nothing."),
    "invalid named capture group": gettext_lazy("This name of a group cannot be read."),
    "invalid perl operator": gettext_lazy("This kind of group is not known here."),
    "invalid escape sequence": gettext_lazy("A backslash before this means nothing here."),
}
_TOO_LARGE = gettext_lazy("This expression is too large: shorten its repetitions or its classes.")


class PatternRefused(DiagnosticsError):
    """What was written is no pattern, or none that is known here.

    The message is a sentence for whoever wrote it, and says at which character.
    """


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: a text, or an expression. Operators look for names too: never logged.

    An empty `text` is in every line; `levels` (of "EWID", "" for all) leaves out the others.
    """

    text: str = field(default="", repr=False)
    regex: bool = False
    case: bool = False
    levels: str = ""


class Pattern:
    """A compiled query. Its methods take UTF-8 whose lines end in line feeds, without returns."""

    def __init__(self, query: Query) -> None:
        """Raises PatternRefused."""
        self._everything = not query.text
        self._alone = _compiled(query)
        self._by_line = query.regex and _BY_LINE.search(query.text) is not None
        self._within, self._rest = self._alone, self._alone
        self._neighbours: re2._Regexp | None = None
        if not self._by_line:
            source = query.text if query.regex else re2.escape(query.text)
            self._within = re2.compile(f"(?m)(?:{source})".encode(), _options(query.case))
            # From the first match to the end of its line: what is found is as many as the lines.
            self._rest = re2.compile(f"(?m)(?:{source}).*".encode(), _options(query.case))
            self._neighbours = _neighbours(source, query)
        self._sign = re2.compile(sign_of(query.levels)) if query.levels else None
        self.program_size: int = self._within.programsize

    @property
    def bytes_at_once(self) -> int:
        """How much text may be searched in one go without being deaf for long."""
        return STEPS_AT_ONCE // self.program_size

    def lines(self, data: bytes, start: int, end: int) -> Iterator[list[Span]]:
        """The matches of each line from `start` to `end` that has one, as many as are shown.

        Many lines of levels that are not wanted are left out, but not all.
        """
        begins = data[start - 1 : start] in (b"", b"\n")
        if begins and self._sign is not None:
            yield from self._with_sign(self._sign, data, start, end)
        elif begins and self._by_line:
            yield from self._one_by_one(data, start, end)
        else:
            yield from self._at_once(data, start, end)

    def count(self, data: bytes, start: int, end: int) -> tuple[int, int]:
        """How many lines `lines` would give, and where the first match is (-1: there is none).

        Neighbours are taken by one look at all of them.
        """
        if self._by_line or self._sign is not None:
            places = [spans[0][0] for spans in self.lines(data, start, end)]
            return len(places), places[0] if places else -1
        found, first = 0, -1
        while True:
            counted, place, start = self._count_alone(data, start, end)
            found, first = found + counted, place if first < 0 else first
            if start >= end or self._neighbours is None:
                return found, first
            if (row := self._neighbours.match(data, start, end)) is not None:
                found += count_newlines(data[start : row.end()])
                start = row.end()
            if start >= end:
                return found, first

    def _count_alone(self, data: bytes, start: int, end: int) -> tuple[int, int, int]:
        """Lines with a match, the first match, and where to go on: at the end, or behind some
        neighbours."""
        found, near, first, line = 0, 0, -1, start
        for match in self._rest.finditer(data, start, end):
            at, stop = match.span()
            if at == end and data[end - 1 : end] == b"\n":
                break  # there is no line behind the last line end
            if at < line:
                continue  # of a line that is counted: nothing, say, at its end
            first = first if found else at
            found += 1
            near = near + 1 if at < line + NEAR and data.find(b"\n", line, at) < 0 else 1
            line = data.find(b"\n", stop, end) + 1 or end + 1
            if near >= NEIGHBOURS and self._neighbours is not None:
                return found, first, line
        return found, first, end

    def _at_once(self, data: bytes, start: int, end: int) -> Iterator[list[Span]]:
        while start <= end:
            spans: list[Span] = []
            stop = end  # of the line they are in
            for span in (match.span() for match in self._within.finditer(data, start, end)):
                if spans and span[0] > stop:
                    yield spans
                    spans = []
                if not spans:
                    if span[0] == end and data[end - 1 : end] == b"\n":
                        return  # there is no line behind the last line end
                    stop = data.find(b"\n", span[1], end)
                    stop = end if stop < 0 else stop
                spans.append(span)
                if len(spans) == MOST_SPANS:
                    break
            if spans:
                yield spans
            if len(spans) < MOST_SPANS:
                return
            start = stop + 1

    def _one_by_one(self, data: bytes, start: int, end: int) -> Iterator[list[Span]]:
        while start < end:
            stop = data.find(b"\n", start, end)
            stop = end if stop < 0 else stop
            matches = self._alone.finditer(data[start:stop])
            spans = [
                (start + each.start(), start + each.end()) for each in islice(matches, MOST_SPANS)
            ]
            if spans:
                yield spans
            start = stop + 1

    def _with_sign(
        self, sign: re2._Regexp, data: bytes, start: int, end: int
    ) -> Iterator[list[Span]]:
        """From a match to the next sign of a level, and on from there: the rarer one leads."""
        while start < end:
            spans = self._first(data, start, end)
            if spans is None:
                return
            level = sign.search(data, data.rfind(b"\n", 0, spans[0][0]) + 1, end)
            if level is None:
                return
            stop = data.find(b"\n", spans[0][1])
            if 0 <= stop < level.start():
                start = data.rfind(b"\n", 0, level.start()) + 1
                continue
            yield spans
            start = stop + 1 or end

    def _first(self, data: bytes, start: int, end: int) -> list[Span] | None:
        if self._everything:
            return [(start, start)]
        found = self._one_by_one if self._by_line else self._at_once
        return next(found(data, start, end), None)


def _neighbours(source: str, query: Query) -> re2._Regexp | None:
    """Matches all lines from one on that have a match each; None where it might join two."""
    if "\n" in source or (query.regex and _REACHES_OVER.search(source)):
        return None
    options = _options(query.case)
    options.never_nl = False
    try:
        return re2.compile(f"(?m)(?:^.*(?:{source}).*\n)+".encode(), options)
    except re2.error:  # too large
        return None


def _compiled(query: Query) -> re2._Regexp:
    if len(query.text) > LONGEST_PATTERN:
        raise PatternRefused(
            _("What is looked for may have %(most)d characters.") % {"most": LONGEST_PATTERN}
        )
    try:
        found = re2.compile(query.text.encode(), _options(query.case, literal=not query.regex))
    except UnicodeEncodeError as error:
        raise PatternRefused(_("This holds half a character, which no text has.")) from error
    except re2.error as error:
        raise PatternRefused(_refusal(query.text, error)) from None
    if found.programsize > LARGEST_PROGRAM:
        raise PatternRefused(str(_TOO_LARGE))
    return found


def _options(case: bool, *, literal: bool = False) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = case
    options.literal = literal
    options.never_nl = True  # a match lies in one line
    options.never_capture = True
    options.log_errors = False  # patterns may hold personal data
    return options


def _refusal(text: str, error: re2.error) -> str:
    """What RE2 says, in words for operators, and the place."""
    kind, _colon, fragment = error.args[0].decode(errors="replace").partition(": ")
    if kind == "pattern too large - compile failed":
        return str(_TOO_LARGE)
    words = str(_REFUSALS.get(kind, kind))
    if fragment.startswith(_LOOKS_AROUND):
        words = _("Looking ahead or behind is not known here: it could take for ever.")
    elif kind == "invalid escape sequence" and fragment[1:].isdecimal():
        words = _("References back to a group are not known here: they could take for ever.")
    place = _place(text, kind, fragment)
    return _("At character %(place)d: %(words)s") % {"place": place + 1, "words": words}


def _place(text: str, kind: str, fragment: str) -> int:
    """Where in the pattern; RE2 names a fragment, and for round brackets all of it."""
    if kind in ("missing )", "unexpected )"):
        return _unpaired(text)
    last = not fragment or kind == "missing ]"
    return max(text.rfind(fragment or "\\") if last else text.find(fragment), 0)


def _unpaired(text: str) -> int:
    """The first round bracket that closes nothing, or else the last one that is not closed."""
    opened: list[int] = []
    for found in _BRACKETS.finditer(text):
        if found[0] == "(":
            opened.append(found.start())
        elif found[0] == ")":
            if not opened:
                return found.start()
            opened.pop()
    return opened[-1] if opened else 0
