"""What the page of two logs side by side shows: a form, sentences and rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin.reading.hit_parts import reader_url
from diagnostics.admin.reading.reader import moment_of, visible
from diagnostics.models import LogFile
from diagnostics.services.files.comparing import Comparison, Start, compare_texts, starting_lines
from diagnostics.services.files.reading import Text
from diagnostics.texts.comparison import Ignored, Side
from diagnostics.texts.lines import Line

# Characters of a line that are shown.
LONGEST_SHOWN = 1000

# Lines of each side that are compared at once.
FEWEST = 500
COUNTS = (FEWEST, 1000, 2000)

# A mark beside each colour, for those who do not see the colour.
MARKS = {Side.BOTH: "", Side.LEFT: "−", Side.RIGHT: "+"}


class CompareForm(forms.Form):
    """How two logs are compared, and from where; lines count from 1 here."""

    at = forms.CharField(
        label=gettext_lazy("At the time"), required=False, max_length=80,
        widget=forms.TextInput(attrs={"size": 18, "placeholder": "08:00"}),
    )  # fmt: skip
    left_line = forms.IntegerField(label=gettext_lazy("or left line"), required=False, min_value=1)
    right_line = forms.IntegerField(label=gettext_lazy("right line"), required=False, min_value=1)
    ignored = forms.ChoiceField(
        label=gettext_lazy("Make no difference"), required=False,
        choices=[
            (Ignored.NUMBERS, gettext_lazy("times and numbers")),
            (Ignored.TIMES, gettext_lazy("times")),
            (Ignored.NOTHING, gettext_lazy("nothing: compare exactly")),
        ],
    )  # fmt: skip
    count = forms.TypedChoiceField(
        label=gettext_lazy("Lines of each"), required=False, coerce=int,
        choices=[(number, str(number)) for number in COUNTS],
    )  # fmt: skip


@dataclass(slots=True)
class TextSide:
    """One of the two texts."""

    key: str  # "12.0": the file and the member
    file: LogFile
    text: Text
    identity: str

    @property
    def name(self) -> str:
        path = self.text.member.path
        name = self.file.name or str(self.file.log_request)
        return visible(f"{name} › {path}" if path else name)


@dataclass(frozen=True, slots=True)
class Cell:
    """A line of one side."""

    number: int
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row of the page; `begins` is the number of the difference that begins with it."""

    side: str
    mark: str
    left: Cell | None
    right: Cell | None
    begins: int = 0


def compared(form: CompareForm, left: TextSide, right: TextSide) -> dict[str, Any]:
    """What the page shows of a comparison. Raises StorageError."""
    data = form.cleaned_data
    start, notes = _start(data, left.text, right.text)
    found = compare_texts(
        left.text,
        right.text,
        start,
        count=data["count"] or FEWEST,
        ignored=data["ignored"] or Ignored.NUMBERS,
    )
    return {
        "rows": list(_rows(found, left, right)),
        "notes": notes,
        "sentence": _sentence(found),
        "left_span": _span(found.left[: _used(found, 0)], left.text),
        "right_span": _span(found.right[: _used(found, 1)], right.text),
        "differences": found.differences,
        "next_left": None if found.next_left is None else found.next_left + 1,
        "next_right": None if found.next_right is None else found.next_right + 1,
    }


def _start(data: dict[str, Any], left: Text, right: Text) -> tuple[Start, list[str]]:
    if data["left_line"] or data["right_line"]:
        return Start((data["left_line"] or 1) - 1, (data["right_line"] or 1) - 1), []
    moment = None
    notes = []
    if data["at"]:
        moment = _moment(data["at"], left)
        if moment is None:
            words = _("“%(wanted)s” is no time like 08:00 or 2026-03-02 08:00, or the lines have "
                      "none.")  # fmt: skip
            notes.append(words % {"wanted": data["at"]})
    start = starting_lines(left, right, moment)
    if start.apart:
        notes.append(
            _("These logs have no time in common. Each is shown from where it comes nearest; name "
              "lines to begin elsewhere.")
            if start.by_time
            else _("These logs have no time in common: they are aligned by their lines alone, from "
                   "the beginning of each.")
        )  # fmt: skip
    elif not start.by_time:
        notes.append(_("The lines of one of these logs carry no times that are understood here: "
                       "they are aligned by their lines alone."))  # fmt: skip
    return start, notes


def _moment(wanted: str, text: Text) -> datetime | None:
    day = text.time_near(0)
    return moment_of(wanted, day) if day is not None else None


def _used(found: Comparison, side: int) -> int:
    return sum((row.right if side else row.left) is not None for row in found.rows)


def _span(lines: list[Line], text: Text) -> str:
    if not lines:
        return _("no lines")
    first, last = lines[0].number + 1, lines[-1].number + 1
    return _("lines %(first)s to %(last)s of %(all)s") % {
        "first": f"{first:,}", "last": f"{last:,}", "all": f"{text.lines:,}",
    }  # fmt: skip


def _sentence(found: Comparison) -> str:
    if not found.differences:
        return _("These lines are the same on both sides.")
    counts = {
        "differences": found.differences,
        "same": found.count(Side.BOTH),
        "left": found.count(Side.LEFT),
        "right": found.count(Side.RIGHT),
    }
    words = ngettext("%(differences)d difference", "%(differences)d differences", found.differences)
    rest = _("%(same)d lines are the same, %(left)d are on the left only (−), %(right)d on the "
             "right only (+).")  # fmt: skip
    return f"{words}: {rest}" % counts


def _rows(found: Comparison, left: TextSide, right: TextSide) -> Iterator[RowShown]:
    number, before = 0, Side.BOTH
    for row in found.rows:
        begins = row.side != Side.BOTH and before == Side.BOTH
        number += begins
        before = row.side
        yield RowShown(
            row.side,
            MARKS[row.side],
            None if row.left is None else _cell(left, found.left[row.left]),
            None if row.right is None else _cell(right, found.right[row.right]),
            number if begins else 0,
        )


def _cell(side: TextSide, line: Line) -> Cell:
    text = visible(line.text(side.text.encoding))
    if len(text) > LONGEST_SHOWN or line.left_out:
        text = f"{text[:LONGEST_SHOWN]} …"
    url = reader_url(side.file, member=side.text.member.index, line=line.number)
    return Cell(line.number + 1, text, url)
