"""Write down what happened, for people. Sentences are made when shown: `diagnostics.wording`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone

from diagnostics.models import LogRequest, TimelineEntry
from diagnostics.progress import publish_on_commit, publish_soon

Source = TimelineEntry.Source

LONGEST_TEXT = 500


def note(
    *,
    station: Any,
    kind: str,
    source: str,
    log_request: LogRequest | None = None,
    user: Any = None,
    now: datetime | None = None,
    may_repeat: bool = False,
    **data: Any,
) -> None:
    """Add an entry; one that `may_repeat` the newest of its station and request is counted."""
    now = now or timezone.now()
    data = _kept(data)
    publish_on_commit("station", station.pk)
    if not may_repeat or not _repeats_newest(station, log_request, kind, data, now):
        TimelineEntry.objects.create(
            station=station,
            log_request=log_request,
            kind=kind,
            source=source,
            user=user,
            at=now,
            last_at=now,
            data=data,
        )


def note_for_many(
    notes: Sequence[tuple[Any, datetime, dict[str, Any]]],
    *,
    kind: str,
    source: str,
    user: Any = None,
) -> None:
    """As `note`, one entry for each station's primary key, time and data."""
    if not notes:
        return
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            station_id=station_id,
            kind=kind,
            source=source,
            user=user,
            at=at,
            last_at=at,
            data=_kept(data),
        )
        for station_id, at, data in notes
    )
    publish_soon("station", {station_id: {} for station_id, _, _ in notes})


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _bounded(value) for key, value in data.items() if value not in (None, "")}


def _bounded(value: Any) -> Any:
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def _repeats_newest(
    station: Any, log_request: LogRequest | None, kind: str, data: dict[str, Any], now: datetime
) -> bool:
    newest = TimelineEntry.objects.filter(station=station, log_request=log_request).order_by("-id")
    entry = newest.first()
    if entry is None or entry.kind != kind or entry.data != data:
        return False
    TimelineEntry.objects.filter(pk=entry.pk).update(count=F("count") + 1, last_at=now)
    return True
