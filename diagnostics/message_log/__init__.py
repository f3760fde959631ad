"""The log of messages: every frame of every station, recorded beside the work and never in its way.

`record` puts a frame into a queue of this process, without what is secret or about a person
(`diagnostics.redaction`), in microseconds. A thread writes what has gathered every half second. The
queue is bounded: when the database cannot follow, the oldest frames go, and are counted. A crash
loses the last half second of the log, and nothing else: facts are never kept here.

A host calls `record` once for each frame that comes and goes; `stations` and the adapters do.
"""

from __future__ import annotations

import json
import time
from typing import Any

from diagnostics.conf import app_settings
from diagnostics.message_log.entry import Entry
from diagnostics.message_log.queue import MessageLog
from diagnostics.models.message import Direction
from diagnostics.ocpp.frames import load_json
from diagnostics.redaction import may_need_redaction, redact, redact_text

__all__ = ["FROM_STATION", "TO_STATION", "flush", "record"]

FROM_STATION, TO_STATION = Direction.FROM_STATION.value, Direction.TO_STATION.value

# Longer frames leave their beginning, and texts that are no frames so much of it.
LONGEST_KEPT = 100_000
LONGEST_TEXT = 1_000

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
    at, content = time.time(), _kept(frame, app_settings.upload_path, checked)
    LOG.put(Entry(station.pk, connection, direction, at, len(frame), content, outcome, description))


def _as_text(elements: list[Any]) -> str:
    try:
        return _ENCODER.encode(elements)
    except (RecursionError, ValueError):
        return "a frame that cannot be written as JSON"


def _kept(frame: str, upload_path: str, checked: bool) -> Any:
    """What of a frame is kept: harmless text as it is, else its elements, else a bit of text."""
    if len(frame) > LONGEST_KEPT:
        beginning = frame[:LONGEST_TEXT]
        return (redact_text(beginning, limit=LONGEST_TEXT, upload_path=upload_path),)
    suspect = may_need_redaction(frame, upload_path=upload_path)
    if checked and not suspect:
        return frame
    try:
        elements = load_json(frame)
    except ValueError:
        elements = None
    if not isinstance(elements, list):
        return (redact_text(frame, limit=LONGEST_TEXT, upload_path=upload_path),)
    return _redacted(elements, upload_path) if suspect else elements


def _redacted(elements: list[Any], upload_path: str) -> list[Any]:
    head = redact("", elements[:3], upload_path=upload_path)
    action = head[2] if len(head) == 3 and isinstance(head[2], str) else ""
    return [*head, *(redact(action, each, upload_path=upload_path) for each in elements[3:])]
