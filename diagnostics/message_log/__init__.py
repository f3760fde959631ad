"""The log of messages: every frame of every station, recorded beside the work and never in its way.

`record` puts a frame into a queue of this process, in microseconds. A thread writes what has
gathered every half second, without what is secret or about a person (`diagnostics.redaction`). The
queue is bounded: when the database cannot follow, the oldest frames go, and are counted. A crash
loses the last half second of the log, and nothing else: facts are never kept here.

A host calls `record` once for each frame that comes and goes; `stations` and the adapters do.
"""

from __future__ import annotations

import json
import time
from typing import Any

from diagnostics.conf import app_settings
from diagnostics.message_log.contents import LONGEST_KEPT, LONGEST_TEXT
from diagnostics.message_log.entry import FROM, TO, Entry, Exchange
from diagnostics.message_log.queue import MessageLog

__all__ = ["FROM_STATION", "TO_STATION", "flush", "record"]

FROM_STATION, TO_STATION = FROM, TO

_ENCODER = json.JSONEncoder(default=str)

LOG = MessageLog()
flush = LOG.flush


def record(
    station: Any,
    frame: str | list[Any],
    direction: str,
    *,
    connection: str = "",
    outcome: str = "",
    description: str = "",
    checked: bool = False,
) -> None:
    """Put one frame, as text or parsed, into the log; never blocks, never raises for what came.

    `direction` is FROM_STATION or TO_STATION, `connection` whatever tells connections apart.
    `outcome` and `description` say what was wrong with it, where something was: "Invalid",
    "Ignored". `checked` says that the text was read as a frame, which saves doing it again.
    """
    if not app_settings.message_log:
        return
    if not isinstance(frame, str):
        frame, checked = _as_text(frame), False
    put(station.pk, frame, direction, connection, outcome, description, checked)


def put(
    station_id: Any,
    text: str,
    direction: str,
    connection: str,
    outcome: str = "",
    description: str = "",
    checked: bool = False,
    at: float | None = None,
) -> None:
    """`record` for a transport that has looked whether there is a log; `at` is now if not given."""
    size, at = len(text), time.time() if at is None else at
    if size > LONGEST_KEPT:
        text, checked = text[:LONGEST_TEXT], False
    LOG.put(Entry(station_id, connection, direction, at, size, text, outcome, description, checked))


def put_exchange(exchange: Exchange) -> None:
    """A call and its answer at once, as `put`.

    The call is no longer than LONGEST_KEPT, and its first brace is that of its payload.
    """
    LOG.put(exchange)


def _as_text(elements: list[Any]) -> str:
    try:
        return _ENCODER.encode(elements)
    except (RecursionError, ValueError):
        return "a frame that cannot be written as JSON"
