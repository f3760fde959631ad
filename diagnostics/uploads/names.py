"""Names of files as stations give them: shown to people, never used as a path."""

from __future__ import annotations

import unicodedata

from django.utils.http import parse_header_parameters

LONGEST = 255


def display_name(text: str) -> str:
    """Return the last path segment of a name, printable and at most 255 characters long."""
    return printable(text.replace("\\", "/").rstrip("/").rpartition("/")[2])


def printable(text: str) -> str:
    """Return the text without control and formatting characters, at most 255 characters long.

    It can then neither break a line, nor turn the reading direction, nor upset the database.
    """
    kept = (char for char in text if not unicodedata.category(char).startswith("C"))
    return "".join(kept).strip()[:LONGEST]


def disposition_parameters(value: str) -> dict[str, str]:
    """Read a Content-Disposition header (RFC 6266, RFC 7578); what cannot be read is absent.

    `filename*` arrives decoded under `filename`.
    """
    try:
        return parse_header_parameters(value)[1]
    except (ValueError, LookupError, UnicodeError):
        return {}
