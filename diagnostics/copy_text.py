"""The text format of PostgreSQL's COPY: rows are lines, columns stand between tabs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

NULL = r"\N"

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def is_plain(*texts: str) -> bool:
    """Whether all of them may stand in a line as they are."""
    return not _SPECIAL.search("".join(texts))


def escaped(text: str) -> str:
    """The text as it stands in a line."""
    return text.translate(_ESCAPES)


def takes_copy(connection: Any) -> bool:
    """Whether the database is PostgreSQL, behind psycopg 3."""
    return connection.vendor == "postgresql" and hasattr(connection.Database, "Copy")


def copy_lines(connection: Any, table: str, columns: Iterable[str], lines: Iterable[str]) -> None:
    """Write lines into a table; all or none of them, also outside of a transaction.

    Raises what Django raises.
    """
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    text = "".join(lines)
    with (
        connection.wrap_database_errors,  # psycopg's own methods raise psycopg's own errors
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy,
    ):
        copy.write(text)
