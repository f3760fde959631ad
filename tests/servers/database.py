"""The database after a test that committed: empty again, by way of the few tables that it filled.

Django truncates every table and makes all content types and permissions again, which takes longer
than most tests do.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction

# What `migrate` fills: as it was, unless a test changed it.
KEPT = {"auth_permission", "django_content_type", "django_migrations"}


def empty(alias: str) -> None:
    """Delete every row but those that migrations made."""
    connection = connections[alias]
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        filled = _filled(cursor, sorted(set(names) - KEPT), connection.ops.quote_name)
        with transaction.atomic(using=alias):  # foreign keys are looked at when it ends
            for name in filled:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def _filled(cursor: Any, names: list[str], quote: Any) -> list[str]:
    quoted = [quote(name) for name in names]
    looks = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in quoted]  # noqa: S608
    cursor.execute(" UNION ALL ".join(looks))
    return [name for (name,) in cursor.fetchall()]
