"""Entries of a list that cannot be read: what stands for them, and what is kept of them.

A report that lacks an entry without saying so would look as if the station had lost something, so
what a station wrote wrongly is counted, and kept for whoever has to tell its maker.
"""

import json
from dataclasses import dataclass
from typing import Any

#: Characters that are kept of one entry.
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry of a list that cannot be read, as it came; it stands where the entry stood."""

    value: Any


def parted(entries: Any) -> tuple[list[Any], list[Any]]:
    """Part a list into the entries that can be read, and what came in place of the others."""
    listed = entries if isinstance(entries, list) else []
    good = [each for each in listed if not isinstance(each, Unread)]
    return good, [each.value for each in listed if isinstance(each, Unread)]


def as_text(value: Any) -> str:
    """Write an entry as JSON that can be stored, cut at LONGEST characters."""
    written = json.dumps(value, ensure_ascii=False, default=str)
    written = written.encode("utf-8", "replace").decode("utf-8")
    return written if len(written) <= LONGEST else written[: LONGEST - 1] + "…"
