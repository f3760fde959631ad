"""What a Connection reports about the texts and times it was given."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from diagnostics.ocpp.errors import Violation
from diagnostics.ocpp.frames import CallError, CallResult, CallResultError


@dataclass(slots=True)  # not frozen, which would take most of the time to make one
class CallReceived:
    """The other side asks; answer it with ``Connection.answer`` or ``Connection.refuse``.

    ``violations`` is empty unless the message was let in although it breaks its schema; then every
    required field is present and of its type, but words, lengths and counts may be off, and an
    `ocpp.unread.Unread` may stand in a list where an entry could not be read.
    """

    message_id: str
    action: str
    payload: dict[str, Any]
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class SendReceived:
    """A message that is never answered (type 6, OCPP 2.1); violations as in CallReceived."""

    message_id: str
    action: str
    payload: dict[str, Any]
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A CALLRESULT for a call of ours; ``late`` when it had timed out before.

    ``violations`` as in CallReceived, but what could not be read is left out.
    """

    message_id: str
    action: str
    payload: dict[str, Any]
    late: bool = False
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class CallRefused:
    """A CALLERROR for a call of ours; ``code`` is the word as received."""

    message_id: str
    action: str
    code: str
    description: str
    details: dict[str, Any]
    late: bool = False


@dataclass(frozen=True, slots=True)
class AnswerInvalid:
    """A CALLRESULT of which too little can be read: the call has failed. The payload as it came."""

    message_id: str
    action: str
    payload: Any
    violations: tuple[Violation, ...]
    late: bool = False


@dataclass(frozen=True, slots=True)
class AnswerRejected:
    """The other side could not read a CALLRESULT of ours (CALLRESULTERROR, OCPP 2.1)."""

    message_id: str
    code: str
    description: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallTimedOut:
    """No answer came in time; a late one will still be reported, with ``late`` set."""

    message_id: str
    action: str


@dataclass(frozen=True, slots=True)
class AnswerUnmatched:
    """An answer to no call that we remember."""

    frame: CallResult | CallError | CallResultError


@dataclass(frozen=True, slots=True)
class FrameIgnored:
    """A text that was not delivered; where the version has a code for it, it was refused.

    ``text_excerpt`` is short, printable and stops where a payload starts.
    """

    text_excerpt: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection closed under a call of ours: its outcome is unknown."""

    message_id: str
    action: str


@dataclass(frozen=True, slots=True)
class CallUnsent:
    """The connection closed while a call of ours was still queued: it never left."""

    message_id: str
    action: str


Event: TypeAlias = (
    CallReceived
    | SendReceived
    | CallAnswered
    | CallRefused
    | AnswerInvalid
    | AnswerRejected
    | CallTimedOut
    | AnswerUnmatched
    | FrameIgnored
    | ConnectionLost
    | CallUnsent
)
