"""Events as rows: what makes two the same, and how many are written at once.

PostgreSQL takes a batch by COPY, in text made here: at fleet load a model instance for each event
would cost more than all the rest. Other databases take it by `bulk_create`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db import connection

from diagnostics.copy_text import NULL, copy_lines, escaped, is_plain, moment, takes_copy
from diagnostics.models import StationEvent
from diagnostics.ocpp.event_data import ALERTING, NOTIFY_EVENT, STATUS, EventFacts, EventReport


class Received(NamedTuple):
    """One message with events, as it came in from a station."""

    station_id: Any
    report: EventReport
    at: datetime


class EventRow(NamedTuple):
    """An event to be stored; `fingerprint` and `alert_key` in hexadecimal.

    `said` is what it says, as columns of COPY's text.
    """

    fingerprint: str
    alert_key: str | None
    received: Received
    facts: EventFacts
    timestamp: datetime
    said: str


def rows_of(received: Received) -> list[EventRow]:
    """The events of a message in the order they came."""
    station_id, report, at = received
    fallback, source, rows = report.generated_at or at, report.source, []
    for facts in report.events:
        said = _said(facts)
        rows.append(
            EventRow(
                _digest(station_id, source, facts.timestamp_text, said),
                alert_key(station_id, source, facts),
                received,
                facts,
                facts.timestamp or fallback,
                said,
            )
        )
    return rows


def alert_key(station_id: Any, source: str, facts: EventFacts) -> str | None:
    """What alerts this event belongs to (N07); none for Delta and Periodic, unless they clear.

    The state of a connector is one thing, told by StatusNotification or by a Delta of its
    AvailabilityState (2.1).
    """
    if source == STATUS or (source == NOTIFY_EVENT and facts.is_connector_state):
        return connector_key(station_id, facts)
    if facts.trigger != ALERTING and not facts.cleared:
        return None
    if facts.variable_monitoring_id is not None:
        return _digest(station_id, "monitor", facts.variable_monitoring_id)
    return _digest(
        station_id,
        source,
        facts.component.lower(),
        facts.component_instance.lower(),
        facts.evse_id,
        facts.connector_id,
        facts.variable.lower(),
        facts.variable_instance.lower(),
        facts.tech_code,
        facts.event_notification_type,
    )


def connector_key(station_id: Any, facts: EventFacts) -> str:
    """The key of the alerts of a connector."""
    return _digest(station_id, STATUS, facts.evse_id, facts.connector_id)


def monitor_key(station_id: Any, monitoring_id: int) -> str:
    """The key of the alerts of a monitor."""
    return _digest(station_id, "monitor", monitoring_id)


def _digest(*parts: Any) -> str:
    text = "\0".join(map(str, parts))
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def store(rows: list[EventRow]) -> list[EventRow]:
    """Write the events that are not known yet, and return them.

    Raises IntegrityError when another process wrote one of them in this very moment, or a station
    is gone.
    """
    return _store(rows, _copy if takes_copy(connection) else _create)


def store_unseen(rows: list[EventRow]) -> list[EventRow]:
    """As `store`, without looking for what is known: raises IntegrityError where something is."""
    if not takes_copy(connection):
        return store(rows)
    _copy(rows)
    return rows


def store_slowly(rows: list[EventRow]) -> list[EventRow]:
    """As `store`, without minding that other processes write the same."""
    return _store(rows, _create)


def _store(rows: list[EventRow], write: Callable[[list[EventRow]], None]) -> list[EventRow]:
    known = _known(rows)
    new = [row for row in rows if row.fingerprint not in known] if known else rows
    if new:
        write(new)
    return new


def _known(rows: list[EventRow]) -> set[str]:
    """The fingerprints that are stored already."""
    wanted = [row.fingerprint for row in rows]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, ["{" + ",".join(wanted) + "}"])
            return {found.hex for (found,) in cursor.fetchall()}
    known: set[str] = set()
    for start in range(0, len(wanted), 500):  # SQLite bounds the parameters of a statement
        some = StationEvent.objects.filter(fingerprint__in=wanted[start : start + 500])
        known.update(found.hex for found in some.values_list("fingerprint", flat=True))
    return known


_TABLE = StationEvent._meta.db_table
_COLUMNS = (
    "station_id", "fingerprint", "alert_key", "source", "timestamp", "generated_at", "seq_no",
    "received_at", "event_id", "trigger", "cause", "actual_value", "tech_code", "tech_info",
    "cleared", "transaction_id", "variable_monitoring_id", "event_notification_type", "severity",
    "component", "component_instance", "evse_id", "connector_id", "variable", "variable_instance",
    "unread",
)  # fmt: skip
_KNOWN = f"SELECT fingerprint FROM {_TABLE} WHERE fingerprint = ANY(%s::uuid[])"  # noqa: S608


def _create(rows: list[EventRow]) -> None:
    StationEvent.objects.bulk_create(map(_instance, rows), ignore_conflicts=True, batch_size=500)


def _instance(row: EventRow) -> StationEvent:
    facts, (station_id, report, at) = row.facts._asdict(), row.received
    del facts["timestamp_text"]
    return StationEvent(
        **{**facts, "timestamp": row.timestamp},
        station_id=station_id,
        fingerprint=row.fingerprint,
        alert_key=row.alert_key,
        source=report.source,
        generated_at=report.generated_at,
        seq_no=report.seq_no,
        received_at=at,
    )


def _copy(rows: list[EventRow]) -> None:
    copy_lines(connection, _TABLE, _COLUMNS, _lines(rows))


def _lines(rows: list[EventRow]) -> Iterator[str]:
    """Lines of COPY's text format; what the events of a message have in common is made once."""
    last: Received | None = None
    for fingerprint, key, received, _, timestamp, said in rows:
        if received is not last:
            last = received
            station_id, (source, generated_at, seq_no, _), at = received
            station = escaped(str(station_id))  # a host's primary key may be any text
            generated = NULL if generated_at is None else moment(generated_at)
            common = f"{generated}\t{NULL if seq_no is None else seq_no}\t{moment(at)}"
        yield (
            f"{station}\t{fingerprint}\t{key or NULL}\t{source}\t{moment(timestamp)}\t{common}\t"
            f"{said}\n"
        )


def _said(facts: EventFacts) -> str:
    """What an event says, but for its time: written once, for its fingerprint and for its line."""
    (
        event_id, _, _, trigger, cause, value, code, info, cleared, transaction, monitor, kind,
        severity, component, instance, evse_id, connector_id, variable, variable_instance, unread,
    ) = facts  # fmt: skip
    texts = (trigger, value, code, info, transaction, kind, component, instance, variable,
             variable_instance, unread)  # fmt: skip
    if not is_plain(*texts):
        (trigger, value, code, info, transaction, kind, component, instance, variable,
         variable_instance, unread) = map(escaped, texts)  # fmt: skip
    return (
        f"{NULL if event_id is None else event_id}\t{trigger}\t{NULL if cause is None else cause}\t"
        f"{value}\t{code}\t{info}\t{NULL if cleared is None else cleared}\t{transaction}\t"
        f"{NULL if monitor is None else monitor}\t{kind}\t"
        f"{NULL if severity is None else severity}\t{component}\t{instance}\t"
        f"{NULL if evse_id is None else evse_id}\t"
        f"{NULL if connector_id is None else connector_id}\t{variable}\t{variable_instance}\t"
        f"{unread}"
    )
