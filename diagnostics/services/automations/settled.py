"""Up to when all that was written can be seen: what a transaction that is still open wrote cannot.

Who reads new rows by time or key goes no further, else a row that becomes visible late is passed
over for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

# What lies between the moment that a row names and the beginning of its transaction: waiting for
# others to be stored with it, for a lock of SQLite, and clocks that differ.
LAG = timedelta(seconds=60)
# Who waits longer for one that does not end stands still with it; nothing of ours takes so long.
LONGEST = timedelta(minutes=10)

# Only those that have written; one's own is not waited for.
_OLDEST_WRITER = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def settled_until(now: datetime) -> datetime:
    """The moment up to which rows can be seen, as of now: ask before reading them."""
    return max(min(now, _oldest_writer() or now), now - LONGEST) - LAG


def _oldest_writer() -> datetime | None:
    """When the oldest transaction began that may hide rows; on SQLite none is older than `LAG`."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_WRITER)
        found: tuple[datetime | None] = cursor.fetchone()
    return found[0]
