"""Numbers as addresses and forms name them: keys of rows, counts, lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

# Digits of what the databases take for a key. Python refuses to read some thousand of them.
LONGEST = 18


def number_in(text: Any) -> int | None:
    """The number that is written there; None for what is none, or too long to be one."""
    written = str(text or "")
    return int(written) if written.isdecimal() and len(written) <= LONGEST else None


def row_in(rows: QuerySet[Any], text: Any) -> Any | None:
    """The one of the rows whose key is written there."""
    key = number_in(text)
    return None if key is None else rows.filter(pk=key).first()


def numbers_in(texts: Iterable[Any]) -> list[int]:
    """Those of the texts that are numbers, in their order."""
    return [number for each in texts if (number := number_in(each)) is not None]
