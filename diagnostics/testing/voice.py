"""What a simulated station says: one connection after the other, and what outlives each."""

from __future__ import annotations

import random
import uuid
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from diagnostics.ocpp.connection import Connection, Side
from diagnostics.ocpp.errors import OcppError, RpcErrorCode
from diagnostics.ocpp.events import (
    CallAnswered,
    CallReceived,
    CallTimedOut,
    CallUnsent,
    ConnectionLost,
    Event,
)
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.behaviour import Behaviour

Then: TypeAlias = Callable[[dict[str, Any] | None], None]

#: What a station with the quirk says twice, and again under the same id when it is back.
_REPEATED = ("LogStatusNotification", "DiagnosticsStatusNotification", "NotifyEvent")


@dataclass(frozen=True, slots=True)
class Saying:
    """A CALL of the station. `kept` ones are said again when the connection was lost.

    `then` takes the answer, or None when the call was refused or not answered. `message_id` is
    empty for a new one.
    """

    action: str
    payload: dict[str, Any]
    then: Then | None = None
    kept: bool = True
    repeated: bool = False
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class _Misspelt:
    """An error code in the spelling of 1.6, whatever the version (13.3)."""

    code: RpcErrorCode

    def spelled(self, version: OcppVersion) -> str:
        return self.code.spelled(OcppVersion.V16)


class Voice:
    """Queues what the station says until it is connected and accepted.

    `behaviour` says whether statuses and events are sent once more under their message ids,
    whether messages may break their schema, and how error codes are spelled. `called` counts what
    was asked of it, by action.
    """

    def __init__(self, version: OcppVersion, behaviour: Behaviour, *, seed: int | str) -> None:
        self._version = version
        self._behaviour = behaviour
        self._random = random.Random(f"{seed}")  # noqa: S311  ids are unique, not secret
        self._connection = self._new_connection()
        self._queue: deque[Saying] = deque()
        self._unanswered: dict[str, Saying] = {}
        self.called: Counter[str] = Counter()
        self.now = 0.0
        self.is_open = False
        self.is_leaving = False
        self.is_accepted = False

    def open(self) -> None:
        """Begin a connection."""
        self._connection = self._new_connection()
        self.is_open, self.is_leaving = True, False

    def close(self) -> None:
        """End the connection; what was not answered is said again on the next one."""
        self.is_open = False
        lost = [
            self._again(event.message_id)
            for event in self._connection.close()
            if isinstance(event, ConnectionLost | CallUnsent)
        ]
        self._queue.extendleft(saying for saying in reversed(lost) if saying.kept)
        self._unanswered.clear()

    def forget(self) -> None:
        """Drop what has not been said yet."""
        self._queue.clear()

    def receive_text(self, text: str) -> list[Event]:
        """Take a text frame; answers go to whoever asked, the other events are returned."""
        return self._settle(self._connection.receive_text(text, self.now))

    def expire(self) -> list[Event]:
        """Give up what has waited too long for its answer."""
        return self._settle(self._connection.expire(self.now))

    def next_deadline(self) -> float | None:
        """When `expire` has something to do."""
        return self._connection.next_deadline()

    def data_to_send(self) -> list[str]:
        """The texts to put on the wire now."""
        return self._connection.data_to_send() if self.is_open else []

    def say(self, saying: Saying) -> None:
        """Send a CALL once the station is connected and accepted."""
        self._queue.append(saying)
        self.deliver()

    def deliver(self) -> None:
        """Hand what waits to the connection, if it may be said now."""
        while self._queue and self.is_accepted and self.is_open and not self.is_leaving:
            self.insist(self._queue.popleft())

    def send(self, action: str, payload: dict[str, Any]) -> None:
        """Send what is never answered (2.1); lost when there is no connection."""
        if self.is_open and self.is_accepted and not self.is_leaving:
            self._connection.send(self._new_id(), action, payload)

    def insist(self, saying: Saying) -> None:
        """Send a CALL on this connection, accepted or not."""
        if not self.is_open:
            return
        message_id = saying.message_id or self._new_id()
        self._unanswered[message_id] = saying
        self._connection.send_call(message_id, saying.action, saying.payload, self.now)

    def answer(self, message_id: str, payload: dict[str, Any]) -> bool:
        """Answer a call; False when the connection that brought it is gone."""
        try:
            self._connection.answer(message_id, payload)
        except LookupError:
            return False
        return self.is_open

    def refuse(self, message_id: str, error: OcppError) -> None:
        """Refuse a call with the error's code."""
        if self._behaviour.misspells_errors:
            error.code = _Misspelt(error.code)  # type: ignore[assignment]
        self._connection.refuse(message_id, error)

    def _is_repeated(self, saying: Saying) -> bool:
        return self._behaviour.repeats_message_ids and saying.action in _REPEATED

    def _again(self, message_id: str) -> Saying:
        """What was lost, to be said on the next connection; under its id with the quirk (13.3)."""
        saying = self._unanswered[message_id]
        return replace(saying, message_id=message_id) if self._is_repeated(saying) else saying

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _new_connection(self) -> Connection:
        valid = self._behaviour.is_valid
        return Connection(self._version, side=Side.STATION, validate_sent=valid)

    def _settle(self, events: list[Event]) -> list[Event]:
        foreign = []
        for event in events:
            message_id: str = getattr(event, "message_id", "")
            saying = self._unanswered.pop(message_id, None)
            if isinstance(event, CallReceived):
                self.called[event.action] += 1
            if saying is None:
                foreign.append(event)
                continue
            if isinstance(event, CallTimedOut) and self._behaviour.asks_again and saying.kept:
                self.insist(replace(saying, message_id=""))
                continue
            if saying.then is not None:
                saying.then(event.payload if isinstance(event, CallAnswered) else None)
            if self._is_repeated(saying) and not saying.repeated:
                again = replace(saying, repeated=True, kept=False, message_id=message_id)
                self.insist(again)
        return foreign
