"""A frame on its way into the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Entry:
    """One frame as it was queued; nothing in it is secret.

    `content` is the text of a frame, its elements, or a tuple with a bit of what was no frame.
    """

    station_id: Any
    connection: str
    direction: str
    at: float
    size: int
    content: Any
    outcome: str
    description: str
