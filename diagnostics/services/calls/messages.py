"""The recorded messages of a station: finding and exporting them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from diagnostics.models.message import Direction, MessageRecord
from diagnostics.services.timeline import Source, note

# A text is looked for in so many of a station's newest messages.
SEARCHED = 20_000
# One export holds at most so many.
EXPORTED = 100_000
# Rows fetched at once for it.
PAGE = 500

TROUBLES = "troubles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages of a station; empty means all.

    `text` is a message id, an action, or a piece of a payload; `outcome` a word or TROUBLES.
    """

    direction: str = ""
    action: str = ""
    outcome: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find_messages(station: Any, wanted: Wanted) -> QuerySet[MessageRecord]:
    """The messages of a station that are wanted, newest first."""
    rows = MessageRecord.objects.filter(station=station)
    if wanted.outcome == TROUBLES:
        rows = rows.troubles()
    elif wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.direction in Direction.values:
        rows = rows.filter(direction=wanted.direction)
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return (_holding(station, rows, wanted.text) if wanted.text else rows).order_by("-pk")


def _holding(station: Any, rows: QuerySet[MessageRecord], text: str) -> QuerySet[MessageRecord]:
    """By id or action where one is just so called, else by what the newest messages hold."""
    everything = MessageRecord.objects.filter(station=station)
    if everything.filter(message_id=text).exists():
        return rows.filter(message_id=text)
    newest = everything.order_by("-pk").values_list("pk", flat=True)
    if oldest := newest[SEARCHED : SEARCHED + 1].first():
        rows = rows.filter(pk__gt=oldest)
    written = rows.annotate(written=Cast("payload", TextField()))
    return (
        written.filter(action__iexact=text)
        | written.filter(written__icontains=text)
        | written.filter(text__icontains=text)
        | written.filter(error_description__icontains=text)
    )


def export_messages(
    station: Any, wanted: Wanted, *, exported_by: Any = None
) -> Iterator[dict[str, Any]]:
    """The messages, newest first, as objects for JSON; that they were taken stands in the timeline.

    Ends after EXPORTED messages.
    """
    note(station=station, kind="messages.exported", source=Source.OPERATOR, user=exported_by)
    rows = _in_pages(find_messages(station, wanted))
    return (row.as_json() for row in islice(rows, EXPORTED))


def _in_pages(rows: QuerySet[MessageRecord]) -> Iterator[MessageRecord]:
    """Newest first. No cursor stays open: another thread may ask for the next page."""
    page = list(rows[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(pk__lt=page[-1].pk)[:PAGE])
