"""The database after a test that committed: empty again, by way of the few tables that it filled.

Django truncates every table and makes all content types and permissions again, which takes longer
than most tests do.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import IntegrityError, connections, transaction

# What `migrate` fills: as it was, unless a test changed it.
KEPT = {"auth_permission", "django_content_type", "django_migrations"}

# For the last writer to end.
LONGEST_SECONDS = 30

# By the name of the database.
_prepared: dict[str, Any] = {}


def empty(alias: str) -> None:
    """Delete every row but those that migrations made.

    What a test began may still write a row that refers to others: then all is done once more.
    """
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            _empty(alias)
        except IntegrityError:
            if time.monotonic() > until:
                raise
        else:
            return


def _empty(alias: str) -> None:
    if connections[alias].vendor == "postgresql":
        _empty_postgres(connections[alias])
    else:
        _empty_by(alias)


def _empty_postgres(connection: Any) -> None:
    """By a connection of its own that is kept, for a server looks at tables anew for each.

    Tests close theirs, and looking took most of the time of emptying, and a third of the server's.
    """
    with _kept(connection).cursor() as cursor:
        cursor.execute("EXECUTE filled")
        # As one command it is one transaction: foreign keys are looked at when it ends.
        cursor.execute("; ".join(f"DELETE FROM {name}" for (name,) in cursor.fetchall()) or ";")  # noqa: S608


def _kept(connection: Any) -> Any:
    """That connection, with the question as a plan; another where a test has ended it."""
    name = connection.settings_dict["NAME"]
    if name not in _prepared or not _prepared[name].is_usable():
        _prepared[name] = kept = connection.copy()
        with kept.cursor() as cursor:
            cursor.execute("SET lock_timeout = '60s'")  # rows that a test's thread still holds
            cursor.execute(f"PREPARE filled AS {_looks(kept)}")
    return _prepared[name]


def _empty_by(alias: str) -> None:
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(_looks(connection))
        filled = cursor.fetchall()
        with transaction.atomic(using=alias):
            for (name,) in filled:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def _looks(connection: Any) -> str:
    """The question which tables have a row."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(name) for name in sorted(set(names) - KEPT)]
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})"  # noqa: S608
        for name in quoted
    )
