"""The part of docs/lifecycles.md on files that arrived, and on searches; see `make_lifecycles`."""

from __future__ import annotations

from diagnostics.lifecycles import examination
from diagnostics.lifecycles.examination import Examination, ExaminationEvent
from diagnostics.lifecycles.log_search import UNFINISHED, FileState, SearchStatus, Unread

EXAMINATION = """## The examination of a file

Each file that arrived is examined once by a worker: what it is, what is in it, where its lines are.
`Done` says that it was looked at to its end, also where it turned out to be broken; `Failed`, that
it could not be looked at in several tries. What runs and says nothing for two minutes is claimed
again. An operator may ask again at any time; what was found before stays until something else is.

"""

SEARCH = """
## A search over many logs

A search is over when none of its files waits or runs. What could not be read may be tried again,
which opens it again.

| of a search | shown as |
| --- | --- |
"""

FILES = """
| of a file in it | shown as | |
| --- | --- | --- |
"""

UNREAD = """
A file that was not read has one of these reasons:

"""


def section() -> str:
    """Return the two headings with what is below them."""
    searches = "".join(f"| `{each.value}` | {each.label} |\n" for each in SearchStatus)
    files = "".join(
        f"| `{each.value}` | {each.label} | {'open' if each in UNFINISHED else 'ended'} |\n"
        for each in FileState
    )
    reasons = "".join(f"- `{each.value}`: {each.label}\n" for each in Unread)
    return EXAMINATION + _table() + SEARCH + searches + FILES + files + UNREAD + reasons


def _table() -> str:
    head = ["from", *(event.value for event in ExaminationEvent)]
    rows = [head, ["---"] * len(head), *([_name(each), *_row(each)] for each in Examination)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _name(status: Examination) -> str:
    return f"`{status.value}`" + (" (open)" if status in examination.OPEN else "")


def _row(status: Examination) -> list[str]:
    targets = (examination.TRANSITIONS.get((status, event)) for event in ExaminationEvent)
    return [f"`{target.value}`" if target else "" for target in targets]
