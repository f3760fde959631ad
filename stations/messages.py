"""The frames of a connection for the log of messages, with what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics import message_log
from diagnostics.models.message import IGNORED, INVALID, REPEATED
from diagnostics.ocpp import events


def record_received(
    station: Any, connection_id: int, text: str, what: Sequence[events.Event]
) -> None:
    """A text from the station, and what the protocol made of it."""
    outcome, description = _outcome(what[0]) if what else (REPEATED, "")
    message_log.record(
        station,
        text,
        message_log.FROM_STATION,
        connection=str(connection_id),
        outcome=outcome,
        description=description,
        checked=outcome != IGNORED,
    )


def record_sent(station: Any, connection_id: int, text: str) -> None:
    """A text to the station."""
    message_log.record(
        station, text, message_log.TO_STATION, connection=str(connection_id), checked=True
    )


def _outcome(event: events.Event) -> tuple[str, str]:
    if isinstance(event, events.FrameIgnored):
        return IGNORED, event.reason
    if isinstance(event, events.AnswerUnmatched):
        return IGNORED, "It answers no call that is known."
    violations = getattr(event, "violations", ())
    return (INVALID, violations[0].message) if violations else ("", "")
