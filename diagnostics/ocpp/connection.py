"""One OCPP-J connection without I/O: text and times in, events and text out.

The rules (part 4, section 4; 1.6 alike):

- One CALL of ours is in flight; the others queue. CALLs of the other side, and our answers to
  them, never wait for it.
- An answer that comes after its deadline is reported as late; one that matches nothing is
  reported and never answered. Neither raises.
- What the other side gets wrong is refused here, with the code of its version, and the
  connection goes on. A CSMS lets what ``lenient.LENIENT`` names in as far as it is readable.
- A CALL that repeats one already answered gets the same answer and makes no event.
- Answers are never answered, except a CALLRESULT that breaks its schema on 2.1 (CALLRESULTERROR). A
  CSMS reads of it what can be read.
"""

from typing import Any

from diagnostics.ocpp.calls import OwnCall, OwnCalls, TheirCalls
from diagnostics.ocpp.errors import (
    InvalidPayload,
    MalformedFrame,
    OcppError,
    UnsupportedAction,
    Violation,
)
from diagnostics.ocpp.events import (
    AnswerInvalid,
    AnswerRejected,
    AnswerUnmatched,
    CallAnswered,
    CallReceived,
    CallRefused,
    CallTimedOut,
    CallUnsent,
    ConnectionLost,
    Event,
    FrameIgnored,
    SendReceived,
)
from diagnostics.ocpp.frames import (
    ID_LIMIT,
    UNREADABLE_ID,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Send,
    parse_frame,
    to_text,
)
from diagnostics.ocpp.requests import Requests, Side
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.ocpp.versions import OcppVersion

__all__ = ["Connection", "Side"]

_EXCERPT_LIMIT = 120


class Connection:
    """The state of one connection; see the module for its rules.

    ``response_timeout`` is in seconds; ``now`` is any clock that counts seconds and never goes
    back, the same for every call. ``remembered`` bounds how many answered and timed-out ids are
    kept. ``validate_sent=False`` lets a simulator send what breaks the schema.
    """

    def __init__(
        self,
        version: OcppVersion,
        *,
        side: Side = Side.CSMS,
        response_timeout: float = 30.0,
        remembered: int = 100,
        validate_sent: bool = True,
    ) -> None:
        self.version = OcppVersion(version)
        self.side = side
        self._timeout = response_timeout
        self._validate_sent = validate_sent
        self._schemas = schemas_of(self.version)
        self._requests = Requests(self.version, side)
        self._outgoing: list[str] = []
        self._own = OwnCalls(self._outgoing, remembered)
        self._their = TheirCalls(remembered)
        self._closed = False

    @property
    def in_flight(self) -> str | None:
        """The message id of our unanswered CALL, if there is one."""
        return self._own.current.message_id if self._own.current else None

    def receive_text(self, text: str, now: float) -> list[Event]:
        """Take one text frame; nothing in it makes this raise."""
        if self._closed:
            return []
        try:
            frame = parse_frame(text, self.version)
        except MalformedFrame as error:
            return [self._refuse_text(text, error)]
        if isinstance(frame, Call):
            return self._receive_call(frame, text)
        if isinstance(frame, CallResult):
            return [self._receive_result(frame, now)]
        if isinstance(frame, Send):
            return [self._receive_send(frame)]
        if isinstance(frame, CallError):
            return [self._receive_error(frame, now)]
        return [self._receive_result_error(frame)]

    def send_call(
        self,
        message_id: str,
        action: str,
        payload: dict[str, Any],
        now: float,
        timeout: float | None = None,
    ) -> None:
        """Send a CALL, or queue it behind the one in flight.

        Its time (seconds, default ``response_timeout``) starts when it leaves the queue. Raises
        UnsupportedAction, InvalidPayload, or ValueError for an id that is in use or too long.
        """
        self._check_outbound(message_id, action, payload)
        if message_id in self._own:
            raise ValueError("a call with this message id is already waiting")
        text = to_text(Call(message_id, action, payload), self.version)
        limit = self._timeout if timeout is None else timeout
        self._own.add(OwnCall(message_id, action, text, limit), now)

    def send(self, message_id: str, action: str, payload: dict[str, Any]) -> None:
        """Send a message that is never answered (2.1); raises as ``send_call`` does."""
        if self.version is not OcppVersion.V21:
            raise UnsupportedAction(f"OCPP {self.version} has no unanswered messages (SEND).")
        self._check_outbound(message_id, action, payload)
        self._outgoing.append(to_text(Send(message_id, action, payload), self.version))

    def answer(self, message_id: str, payload: dict[str, Any]) -> None:
        """Answer a CallReceived; raises InvalidPayload, or LookupError for an id not waiting.

        The call keeps waiting after InvalidPayload, so that it can still be refused.
        """
        if self._closed:
            return
        action = self._their.action(message_id)
        if self._validate_sent:
            self._schemas.result(action).check(payload)
        self._finish(message_id, to_text(CallResult(message_id, payload), self.version))

    def refuse(self, message_id: str, error: OcppError) -> None:
        """Refuse a CallReceived with the error's code; raises LookupError for an id not waiting."""
        if self._closed:
            return
        self._finish(message_id, self._error_text(message_id, error))

    def data_to_send(self) -> list[str]:
        """Return the texts to put on the wire now, in order, and forget them."""
        texts = self._outgoing.copy()
        self._outgoing.clear()
        return texts

    def next_deadline(self) -> float | None:
        """Return when ``expire`` has something to do, in the clock of ``now``."""
        return self._own.deadline

    def expire(self, now: float) -> list[Event]:
        """Give up the call in flight if its time has come; the next one takes its place."""
        call = self._own.expire(now)
        return [CallTimedOut(call.message_id, call.action)] if call else []

    def close(self) -> list[Event]:
        """End the connection: what was in flight is lost, what was queued never left."""
        self._closed = True
        self._outgoing.clear()
        self._their.clear()
        current, queued = self._own.clear()
        lost: list[Event] = []
        if current is not None:
            lost.append(ConnectionLost(current.message_id, current.action))
        return lost + [CallUnsent(call.message_id, call.action) for call in queued]

    # Inbound

    def _refuse_text(self, text: str, error: MalformedFrame) -> FrameIgnored:
        if error.code is not None:
            message_id = UNREADABLE_ID if error.message_id is None else error.message_id
            refusal = OcppError(error.code, error.reason)
            self._outgoing.append(self._error_text(message_id, refusal))
        return FrameIgnored(_excerpt(text), error.reason)

    def _receive_call(self, call: Call, text: str) -> list[Event]:
        message_id = call.message_id
        repeated = self._their.answer_to(message_id, text)
        if repeated is not None:
            self._outgoing.append(repeated)
            return []
        if self._their.is_served(message_id):
            return [_ignored("CALL", call, "a call with this id is being served")]
        try:
            action, payload, violations = self._requests.read(call.action, call.payload)
        except OcppError as error:
            self._outgoing.append(self._error_text(message_id, error))
            return [_ignored("CALL", call, f"{error.code}: {error.description}")]
        self._their.start(message_id, action, text)
        return [CallReceived(message_id, action, payload, violations)]

    def _receive_send(self, send: Send) -> Event:
        try:
            action, payload, violations = self._requests.read(send.action, send.payload)
        except OcppError as error:
            return _ignored("SEND", send, f"{error.code}: {error.description}")
        return SendReceived(send.message_id, action, payload, violations)

    def _receive_result(self, result: CallResult, now: float) -> Event:
        action, late = self._own.settle(result.message_id, now)
        if action is None:
            return AnswerUnmatched(result)
        message_id, payload = result.message_id, result.payload
        violations: tuple[Violation, ...] = ()
        try:
            if action in self._schemas.actions:
                payload, violations = self._requests.read_answer(action, payload)
        except InvalidPayload as error:
            self._complain(message_id, error)
            return AnswerInvalid(message_id, action, payload, tuple(error.violations), late)
        if violations:
            self._complain(message_id, InvalidPayload(violations))
        return CallAnswered(message_id, action, payload, late, violations)

    def _complain(self, message_id: str, error: InvalidPayload) -> None:
        """2.1 has the other side told that its answer breaks the schema (part 4, FR.06)."""
        if self.version is OcppVersion.V21:
            self._outgoing.append(self._error_text(message_id, error, frame=CallResultError))

    def _receive_error(self, error: CallError, now: float) -> Event:
        message_id = str(error.message_id)
        action, late = self._own.settle(message_id, now)
        if action is None:
            return AnswerUnmatched(error)
        return CallRefused(message_id, action, error.code, error.description, error.details, late)

    def _receive_result_error(self, error: CallResultError) -> Event:
        message_id = str(error.message_id)
        if not self._their.is_answered(message_id):
            return AnswerUnmatched(error)
        return AnswerRejected(message_id, error.code, error.description, error.details)

    # Outbound

    def _check_outbound(self, message_id: str, action: str, payload: dict[str, Any]) -> None:
        if self._closed:
            raise ValueError("the connection is closed")
        if not 0 < len(message_id) <= ID_LIMIT:
            raise ValueError(f"a message id has 1 to {ID_LIMIT} characters")
        if self._validate_sent:
            self._requests.check_sent(action, payload)

    def _finish(self, message_id: str, text: str) -> None:
        self._their.finish(message_id, text)
        self._outgoing.append(text)

    def _error_text(
        self,
        message_id: str | int,
        error: OcppError,
        frame: type[CallError] | type[CallResultError] = CallError,
    ) -> str:
        code = error.code.spelled(self.version)
        return to_text(frame(message_id, code, error.description, error.details), self.version)


def _excerpt(text: str) -> str:
    """Return the head of a text up to its payload, in printable characters."""
    head = text[:_EXCERPT_LIMIT]
    payload = head.find("{", 1)
    shown = head if payload < 0 else head[: payload + 1]
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown
    )


def _ignored(kind: str, frame: Call | Send, reason: str) -> FrameIgnored:
    """Report a parsed frame without its payload, which may hold personal data."""
    return FrameIgnored(f"{kind} {frame.message_id} {frame.action[:50]}", reason)
