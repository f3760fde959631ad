"""Rows into the table: by COPY on PostgreSQL, else by bulk_create."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import DataError, connections, router, transaction

from diagnostics.message_log.rows import Row, gently
from diagnostics.models.message import MessageRecord

logger = logging.getLogger(__name__)


def write(rows: list[Row]) -> None:
    """Write rows in one transaction; a payload that is no JSON after all is kept as text."""
    if not rows:
        return
    connection: Any = connections[router.db_for_write(MessageRecord)]
    if connection.vendor == "postgresql" and hasattr(connection.Database, "Copy"):
        try:
            _copy(connection, rows)
            return
        except (DataError, ValueError):  # a number that only Python can read, say
            logger.info("A batch of messages is written the slow way")
    _insert(rows)


def _copy(connection: Any, rows: list[Row]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in Row._fields)
    table = quote(MessageRecord._meta.db_table)
    with (
        connection.wrap_database_errors,  # psycopg's own methods raise psycopg's own errors
        transaction.atomic(using=connection.alias),
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in gently(rows):
            copy.write_row(row)


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
