"""Counting what goes by: how each station's connection is, hour by hour (`StationHealth`)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connections, router, transaction

from diagnostics.models.health import LATENCIES, LATENCY_COLUMNS, StationHealth
from diagnostics.models.message import IGNORED, INVALID, Direction, MessageType

# Rows written by one statement, and seconds.
BATCH, HOUR = 300, 3600

Key = tuple[Any, datetime]
Counts = dict[str, Any]

_TO_STATION = Direction.TO_STATION.value

_ERRORS = frozenset({MessageType.CALL_ERROR.value, MessageType.CALL_RESULT_ERROR.value})
_BAD = frozenset({IGNORED, INVALID})
_HEARD = "heard_at"
_COLUMNS = (
    "received", "sent", "connections", "turned_away", "errors_by_station", "errors_by_us",
    "unreadable", "unanswered", *LATENCY_COLUMNS,
)  # fmt: skip


class Tally:
    """What gathered since it was taken last, by station and hour. Used by one thread at a time."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Any, int], Counts] = {}

    def count(
        self,
        station_id: Any,
        at: float,
        direction: str,
        kind: int | None,
        outcome: str,
        latency: float | None,
    ) -> None:
        """Count one frame; `at` in seconds since 1970, `latency` in milliseconds."""
        key = station_id, int(at // HOUR)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = defaultdict(int)
        if direction == _TO_STATION:
            counts["sent"] += 1
            if kind in _ERRORS:
                counts["errors_by_us"] += 1
            return
        counts["received"] += 1
        counts[_HEARD] = at
        if outcome in _BAD:
            counts["unreadable"] += 1
        elif kind in _ERRORS:
            counts["errors_by_station"] += 1
        if latency is not None:
            counts[LATENCY_COLUMNS[bisect_right(LATENCIES, latency)]] += 1

    def take(self) -> dict[Key, Counts]:
        """All that was counted, and begin anew."""
        taken, self._counts = self._counts, {}
        for counts in taken.values():
            if _HEARD in counts:
                counts[_HEARD] = datetime.fromtimestamp(counts[_HEARD], UTC)
        return {
            (station, datetime.fromtimestamp(hour * HOUR, UTC)): counts
            for (station, hour), counts in taken.items()
        }


def add_counts(counted: Mapping[Key, Counts]) -> None:
    """Add to the rows of stations and hours; those that are missing are made.

    In the order of their keys, so that processes which count the same stations do not wait for each
    other in a circle.
    """
    ordered = iter(sorted(counted.items(), key=lambda item: (str(item[0][0]), item[0][1])))
    using = router.db_for_write(StationHealth)
    while batch := list(islice(ordered, BATCH)):
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute(*_upsert(connections[using], batch))


def _upsert(connection: Any, batch: list[tuple[Key, Counts]]) -> tuple[str, list[Any]]:
    """One statement that PostgreSQL and SQLite both know; the ORM has none that adds."""
    quote = connection.ops.quote_name
    table, heard = quote(StationHealth._meta.db_table), quote(_HEARD)
    names = ["station", "hour", _HEARD, *_COLUMNS]
    fields: list[Any] = [StationHealth._meta.get_field(name) for name in names]
    added = ", ".join(f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}"
                      for name in _COLUMNS)  # fmt: skip
    one = f"({', '.join(['%s'] * len(fields))})"
    statement = (
        f"INSERT INTO {table} ({', '.join(quote(each.column) for each in fields)})"  # noqa: S608
        f" VALUES {', '.join([one] * len(batch))}"
        f" ON CONFLICT ({quote('station_id')}, {quote('hour')}) DO UPDATE SET {added},"
        f" {heard} = CASE WHEN {table}.{heard} IS NULL OR excluded.{heard} > {table}.{heard}"
        f" THEN excluded.{heard} ELSE {table}.{heard} END"
    )
    values = [
        each.get_db_prep_save(value, connection)
        for (station, hour), counts in batch
        for each, value in zip(
            fields,
            [station, hour, counts.get(_HEARD), *(counts.get(name, 0) for name in _COLUMNS)],
            strict=True,
        )
    ]
    return statement, values
