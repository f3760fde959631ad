"""An expression that is looked for, compiled by RE2: its time grows with the text, never beyond."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import re2
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.texts.encodings import count_newlines
from diagnostics.texts.query import MOST_SPANS, PatternRefused, Query, Span

# Instructions of a compiled expression.
LARGEST_PROGRAM = 5_000

# Anchors of a whole text, which an expression run over many lines at once would get wrong.
_BY_LINE = re.compile(r"\\[AzQ]|\(\?[a-zA-Z]*-[a-zA-Z]*m")

# What may let an expression reach over a line end where RE2 is not told never to: classes and
# escapes other than a few, and the flag that lets a dot match anything.
_REACHES_OVER = re.compile(r"\\(?![dwSbBQE])[A-Za-z0-9]|\[\^|\[:|\(\?[a-zA-Z-]*s|[\0-\x1f]")
# So many lines are counted before it is asked where they are, and whether they lie so close that
# the next ones may be neighbours with a match each.
AT_A_TIME, CLOSE = 8, 8_000
# Places at which a line may end: behind nothing, a letter, something else.
_LINE_ENDS = (b"", b"a", b".")

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


class Expression:
    """A compiled query. Its methods take UTF-8 whose lines end in line feeds, without returns."""

    def __init__(self, query: Query) -> None:
        """Raises PatternRefused."""
        source, self._alone = query.encoded(), _compiled(query)
        self._by_line = _BY_LINE.search(query.text) is not None
        self._within = self._alone
        self._rest: re2._Regexp | None = None
        self._neighbours: re2._Regexp | None = None
        if not self._by_line:
            self._within = re2.compile(b"(?m)(?:%b)" % source, _options(query.case))
            if not any(self._within.match(line, len(line)) for line in _LINE_ENDS):
                # From the first match to the end of its line: matches are as many as the lines.
                self._rest = re2.compile(b"(?m)(?:%b).*" % source, _options(query.case))
                self._neighbours = _neighbours(query)
        self.steps: int = self._within.programsize

    def lines(self, data: bytes, start: int, end: int) -> Iterator[list[Span]]:
        """The matches of each line that has one, as many as are shown."""
        if self._by_line and data[start - 1 : start] in (b"", b"\n"):
            return self._one_by_one(data, start, end)
        return self._at_once(data, start, end)

    def count(self, data: bytes, start: int, end: int) -> tuple[int, int]:
        """How many lines have a match, and where the first one is (-1: there is none)."""
        if self._rest is None:
            places = [spans[0][0] for spans in self.lines(data, start, end)]
            return len(places), places[0] if places else -1
        found, first = 0, -1
        matches = self._rest.finditer(data, start, end)
        while some := list(islice(matches, AT_A_TIME)):
            first = first if found else some[0].start()
            found += len(some)
            if self._neighbours is None or len(some) < AT_A_TIME:
                continue
            # Asking each match for its place would take as long as finding it.
            stop = some[-1].end()
            if stop < min(end, start + CLOSE) and (
                row := self._neighbours.match(data, stop + 1, end)
            ):
                found += count_newlines(data, stop, row.end()) - 1
                stop = row.end()
                matches = self._rest.finditer(data, stop, end)
            start = stop
        return found, first

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


def _neighbours(query: Query) -> re2._Regexp | None:
    """Matches all lines from one on that have a match each; None where it might join two."""
    if _REACHES_OVER.search(query.text):
        return None
    options = _options(query.case)
    options.never_nl = False
    try:
        return re2.compile(b"(?m)(?:^.*(?:%b).*\n)+" % query.encoded(), options)
    except re2.error:  # too large
        return None


def _compiled(query: Query) -> re2._Regexp:
    try:
        found = re2.compile(query.encoded(), _options(query.case))
    except re2.error as error:
        raise PatternRefused(_refusal(query.text, error)) from None
    if found.programsize > LARGEST_PROGRAM:
        raise PatternRefused(str(_TOO_LARGE))
    return found


def _options(case: bool) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = case
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
