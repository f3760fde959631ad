"""Readers for payload fields that may be anything, and checks on what we write."""

from datetime import datetime
from typing import Any

from diagnostics.ocpp.errors import InvalidPayload, Violation


def text(payload: Any, name: str, limit: int) -> str:
    """Read a text field, cut at ``limit`` characters; empty when absent or no text."""
    return bounded(payload.get(name), limit) if isinstance(payload, dict) else ""


def bounded(value: Any, limit: int) -> str:
    """Cut a text at ``limit`` characters; empty when it is none."""
    return value[:limit] if isinstance(value, str) else ""


def whole(payload: Any, name: str) -> int | None:
    """Read a whole number of 32 bits; ``None`` when absent or something else."""
    return int32(payload.get(name)) if isinstance(payload, dict) else None


def int32(value: Any) -> int | None:
    """Give the value back if it is a whole number of 32 bits."""
    return value if type(value) is int and -(2**31) <= value < 2**31 else None


def inner(payload: Any, name: str) -> dict[str, Any]:
    """Read an object field; empty when absent or something else."""
    value = payload.get(name) if isinstance(payload, dict) else None
    return value if isinstance(value, dict) else {}


def given(**values: Any) -> dict[str, Any]:
    """Keep the fields that have a value: stations choke on null and empty optional fields."""
    return {name: value for name, value in values.items() if value is not None}


def refuse(field: str, sentence: str, keyword: str = "rule") -> InvalidPayload:
    """Build the error for a field that breaks a rule the schema cannot state."""
    return InvalidPayload([Violation(field, sentence, keyword)])


def check_range(oldest: datetime | None, latest: datetime | None) -> None:
    """Raise InvalidPayload when a log would have to end before it starts."""
    if oldest is not None and latest is not None and oldest > latest:
        raise refuse("oldest", "The log would have to end before it starts.")
