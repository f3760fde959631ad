"""The text format of PostgreSQL's COPY: rows are lines, columns stand between tabs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

NULL = r"\N"

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def is_plain(*texts: str) -> bool:
    """Whether all of them may stand in a line as they are."""
    text = "".join(texts)  # four searches for one letter take a tenth of one for any of four
    return not ("\\" in text or "\t" in text or "\n" in text or "\r" in text)


def escaped(text: str) -> str:
    """The text as it stands in a line."""
    return text.translate(_ESCAPES)


def moment(at: datetime) -> str:
    """A time as it stands in a line; that of UTC in a third of the time that `str` takes."""
    if at.tzinfo is not UTC:
        return str(at)
    second = _second(at.year, at.month, at.day, at.hour, at.minute, at.second)
    return f"{second}.{at.microsecond:06}+00"


@lru_cache(maxsize=4096)
def _second(year: int, month: int, day: int, hour: int, minute: int, second: int) -> str:
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"


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
