"""Rows into the table: by COPY on PostgreSQL, in text made here, else by bulk_create."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import DataError, connections, router, transaction

from diagnostics.copy_text import NULL, copy_lines, escaped, is_plain, moment, takes_copy
from diagnostics.message_log.entry import FROM, TO, Exchange
from diagnostics.message_log.rows import Row, gently, rows_of_exchange
from diagnostics.models.message import OK, MessageRecord, MessageType

logger = logging.getLogger(__name__)

_TABLE = MessageRecord._meta.db_table
# Direction and type, of a call and of its answer.
_CALL, _ANSWER = f"{FROM}\t{MessageType.CALL:d}", f"{TO}\t{MessageType.CALL_RESULT:d}"


def write(rows: Sequence[Row | Exchange]) -> None:
    """Write rows, all or none; a payload that is no JSON after all is kept as text.

    An exchange is two of them.
    """
    if not rows:
        return
    connection: Any = connections[router.db_for_write(MessageRecord)]
    if takes_copy(connection):
        try:
            is_alone = not connection.in_atomic_block
            with transaction.atomic(using=connection.alias):
                if is_alone:
                    _let_others_go_first(connection)
                copy_lines(connection, _TABLE, Row._fields, map(_lines, gently(rows)))
            return
        except (DataError, ValueError):  # a number that only Python can read, say
            logger.info("A batch of messages is written the slow way")
    _insert([row for each in rows for row in _rows(each)])


def _let_others_go_first(connection: Any) -> None:
    """Commit without waiting for the disk, which those wait for who answer stations.

    The log loses its last moment in a crash anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO OFF")


def _rows(each: Row | Exchange) -> tuple[Row, ...]:
    return rows_of_exchange(each) if isinstance(each, Exchange) else (each,)


def _lines(each: Row | Exchange) -> str:
    return _lines_of_exchange(each) if isinstance(each, Exchange) else _line(each)


def _lines_of_exchange(each: Exchange) -> str:
    """The lines of its two rows, in half the time: they have most of their columns in common."""
    station, connection, payload = str(each.station_id), each.connection, each.payload
    if not is_plain(station, connection, each.message_id, each.action, payload):
        return "".join(map(_line, rows_of_exchange(each)))
    began = moment(datetime.fromtimestamp(each.at, UTC))
    end = moment(datetime.fromtimestamp(each.answered_at, UTC))
    ids, named = f"{station}\t{connection}\t", f"{each.message_id}\t{each.action}\t"
    return (
        f"{ids}{began}\t{_CALL}\t{named}{payload}\t\t{len(each.text)}\t{NULL}\t\t\n"
        f"{ids}{end}\t{_ANSWER}\t{named}{{}}\t\t{len(each.answer)}\t{each.latency}\t{OK}\t\n"
    )


def _line(row: Row) -> str:
    (
        station, connection, at, direction, kind, message_id, action, payload, text, size, latency,
        outcome, error,
    ) = row  # fmt: skip
    station = str(station)  # a host's primary key may be any text
    texts = (station, connection, message_id, action, payload or "", text, outcome, error)
    if not is_plain(*texts):
        station, connection, message_id, action, kept, text, outcome, error = map(escaped, texts)
        payload = payload and kept
    return (
        f"{station}\t{connection}\t{moment(at)}\t{direction}\t{NULL if kind is None else kind}\t"
        f"{message_id}\t{action}\t{payload or NULL}\t{text}\t{size}\t"
        f"{NULL if latency is None else latency}\t{outcome}\t{error}\n"
    )


def _insert(rows: list[Row]) -> None:
    """What one row holds must not cost the others theirs."""
    try:
        with transaction.atomic(using=router.db_for_write(MessageRecord)):
            MessageRecord.objects.bulk_create([_record(row) for row in rows], batch_size=500)
    except (DataError, ValueError):
        middle = len(rows) // 2
        if not middle:
            logger.warning("A message cannot be kept: %r %r", rows[0].action, rows[0].message_id)
            return
        _insert(rows[:middle])
        _insert(rows[middle:])


def _record(row: Row) -> MessageRecord:
    columns = row._asdict()
    if row.payload is not None:
        try:
            columns["payload"] = json.loads(row.payload)
        except ValueError:
            columns.update(payload=None, text=row.payload[:1000])
    return MessageRecord(**columns)
