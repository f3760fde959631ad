"""A frame on its way into the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Entry:
    """One frame as it was queued, with all that it holds; `text` is cut where it is too long.

    `checked` says that the text was read as a frame.
    """

    station_id: Any
    connection: str
    direction: str
    at: float
    size: int
    text: str
    outcome: str
    description: str
    checked: bool
