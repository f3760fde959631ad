"""The frames of a connection for the log of messages, with what became of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from diagnostics import ingest
from diagnostics.conf import app_settings
from diagnostics.message_log import FROM_STATION as FROM
from diagnostics.message_log import TO_STATION as TO
from diagnostics.message_log import put, put_exchange
from diagnostics.message_log.contents import LONGEST_KEPT
from diagnostics.message_log.entry import Exchange
from diagnostics.models.message import IGNORED, INVALID, REPEATED
from diagnostics.ocpp import events


class Frames:
    """Puts the frames of one connection into the log, unless there is none.

    A call that comes in masses is held until its answer goes out, and told with it.
    """

    def __init__(self, station_id: Any, connection_id: int) -> None:
        self._station_id, self._connection = station_id, str(connection_id)
        self._is_logged = app_settings.message_log
        self._held: Exchange | None = None

    def received(self, text: str, what: Sequence[events.Event]) -> None:
        """A text from the station, and what the protocol made of it."""
        if not self._is_logged:
            return
        self.close()
        event = what[0] if what else None
        if type(event) is events.CallReceived and _is_held(event, text):
            self._held = self._exchange(event, text)
            return
        outcome, description = _outcome(event) if event else (REPEATED, "")
        checked = outcome != IGNORED
        put(self._station_id, text, FROM, self._connection, outcome, description, checked)

    def sent(self, text: str) -> None:
        """A text to the station."""
        if not self._is_logged:
            return
        held = self._held
        if held is not None and held.answer == text:
            held.answered_at, self._held = time.time(), None
            put_exchange(held)
            return
        self.close()
        put(self._station_id, text, TO, self._connection, checked=True)

    def close(self) -> None:
        """What is still held had no answer, or another one."""
        held, self._held = self._held, None
        if held is not None:
            put(self._station_id, held.text, FROM, self._connection, checked=True, at=held.at)

    def _exchange(self, call: events.CallReceived, text: str) -> Exchange:
        at, answer = time.time(), f'[3,"{call.message_id}",{{}}]'
        return Exchange(
            self._station_id, self._connection, at, text, call.message_id, call.action, at, answer
        )


def _is_held(call: events.CallReceived, text: str) -> bool:
    return (
        call.action in ingest.ACTIONS
        and not call.violations
        and len(text) <= LONGEST_KEPT
        and "{" not in call.message_id  # the first brace is that of the payload
    )


def _outcome(event: events.Event) -> tuple[str, str]:
    if isinstance(event, events.FrameIgnored):
        return IGNORED, event.reason
    if isinstance(event, events.AnswerUnmatched):
        return IGNORED, "It answers no call that is known."
    violations = getattr(event, "violations", ())
    return (INVALID, violations[0].message) if violations else ("", "")
