"""Rows into the table: by COPY on PostgreSQL, in text made here, else by bulk_create."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import DataError, connections, router, transaction

from diagnostics.copy_text import NULL, copy_lines, escaped, is_plain, moment, takes_copy
from diagnostics.message_log.rows import Row, gently
from diagnostics.models.message import MessageRecord

logger = logging.getLogger(__name__)

_TABLE = MessageRecord._meta.db_table


def write(rows: list[Row]) -> None:
    """Write rows, all or none; a payload that is no JSON after all is kept as text."""
    if not rows:
        return
    connection: Any = connections[router.db_for_write(MessageRecord)]
    if takes_copy(connection):
        try:
            with transaction.atomic(using=connection.alias):
                copy_lines(connection, _TABLE, Row._fields, map(_line, gently(rows)))
            return
        except (DataError, ValueError):  # a number that only Python can read, say
            logger.info("A batch of messages is written the slow way")
    _insert(rows)


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
