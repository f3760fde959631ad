"""The frames of a connection for the log of messages, with what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics.conf import app_settings
from diagnostics.message_log import FROM_STATION as FROM
from diagnostics.message_log import TO_STATION as TO
from diagnostics.message_log import put
from diagnostics.models.message import IGNORED, INVALID, REPEATED
from diagnostics.ocpp import events


class Frames:
    """Puts the frames of one connection into the log, unless there is none."""

    def __init__(self, station_id: Any, connection_id: int) -> None:
        self._station_id, self._connection = station_id, str(connection_id)
        self._is_logged = app_settings.message_log

    def received(self, text: str, what: Sequence[events.Event]) -> None:
        """A text from the station, and what the protocol made of it."""
        if self._is_logged:
            outcome, description = _outcome(what[0]) if what else (REPEATED, "")
            checked = outcome != IGNORED
            put(self._station_id, text, FROM, self._connection, outcome, description, checked)

    def sent(self, text: str) -> None:
        """A text to the station."""
        if self._is_logged:
            put(self._station_id, text, TO, self._connection, checked=True)


def _outcome(event: events.Event) -> tuple[str, str]:
    if type(event) is events.CallReceived and not event.violations:  # nearly always
        return "", ""
    if isinstance(event, events.FrameIgnored):
        return IGNORED, event.reason
    if isinstance(event, events.AnswerUnmatched):
        return IGNORED, "It answers no call that is known."
    violations = getattr(event, "violations", ())
    return (INVALID, violations[0].message) if violations else ("", "")
