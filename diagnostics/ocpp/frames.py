"""The five frames of OCPP-J: text to frame and back.

What is parsed can be stored: lone surrogates and NUL become U+FFFD, whole floats become ints, NaN
and infinity are not JSON, and nothing is nested deeper than 64 levels.
"""

import json
import math
import re
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, NoReturn, TypeAlias

import msgspec

from diagnostics.ocpp.errors import MalformedFrame, RpcErrorCode
from diagnostics.ocpp.versions import OcppVersion

CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND = 2, 3, 4, 5, 6

#: Longest message id (part 4, section 4.1.4).
ID_LIMIT = 36
#: An over-long id is echoed up to this length and given up beyond.
ECHO_LIMIT = 255
NESTING_LIMIT = 64
#: The id of an answer to something whose id could not be read (part 4, section 4.2.3).
UNREADABLE_ID = "-1"


# The first two are made for every message there is, and to freeze them takes most of their making.
@dataclass(slots=True)
class Call:
    """``[2, id, action, payload]``; the payload is an object once it has been validated."""

    message_id: str
    action: str
    payload: Any


@dataclass(slots=True)
class CallResult:
    """``[3, id, payload]``; the payload is an object once it has been validated."""

    message_id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class CallError:
    """``[4, id, code, description, details]``; the id is a number only as an echo."""

    message_id: str | int
    code: str
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallResultError:
    """``[5, id, code, description, details]``: refuses a CALLRESULT (2.1)."""

    message_id: str | int
    code: str
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """``[6, id, action, payload]``: never answered (2.1)."""

    message_id: str
    action: str
    payload: Any


Frame: TypeAlias = Call | CallResult | CallError | CallResultError | Send

_KNOWN_TYPES = {
    OcppVersion.V16: frozenset({CALL, CALL_RESULT, CALL_ERROR}),
    OcppVersion.V201: frozenset({CALL, CALL_RESULT, CALL_ERROR}),
    OcppVersion.V21: frozenset({CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND}),
}


def parse_frame(text: str, version: OcppVersion) -> Frame:
    """Read one frame of ``version``; raises MalformedFrame, which says what to answer."""
    elements = _elements(text, version)
    kind: Any = elements[0]
    message_id: Any = elements[1] if len(elements) > 1 else None
    if type(kind) is not int or kind not in _KNOWN_TYPES[version]:
        _refuse_type(kind, message_id, version)
    if kind == CALL:
        _check_request(elements, version)
        return Call(message_id, elements[2], _payload(elements[3]))
    if not isinstance(message_id, str):
        raise MalformedFrame(None, None, "the message id of an answer is not a string")
    if kind == CALL_RESULT:
        return CallResult(message_id, _payload(elements[2]) if len(elements) > 2 else {})
    if kind == SEND:
        _check_send(elements)
        return Send(message_id, elements[2], _payload(elements[3]))
    return (CallError if kind == CALL_ERROR else CallResultError)(message_id, *_error(elements))


def to_text(frame: Frame, version: OcppVersion) -> str:
    """Write a frame as compact ASCII JSON; raises ValueError for what JSON or the version lacks."""
    elements: list[Any]
    if isinstance(frame, CallResult) and frame.payload == {}:  # most answers, by far
        return f"[3,{_quoted(frame.message_id)},{{}}]"
    match frame:
        case Call():
            elements = [CALL, frame.message_id, frame.action, frame.payload]
        case CallResult():
            elements = [CALL_RESULT, frame.message_id, frame.payload]
        case CallError():
            elements = [CALL_ERROR, *_error_parts(frame)]
        case CallResultError():
            elements = [CALL_RESULT_ERROR, *_error_parts(frame)]
        case Send():
            elements = [SEND, frame.message_id, frame.action, frame.payload]
    if elements[0] not in _KNOWN_TYPES[version]:
        raise ValueError(f"OCPP {version} has no message type {elements[0]}")
    try:
        return _ENCODER.encode(elements)
    except (TypeError, RecursionError) as error:
        raise ValueError("the payload cannot be written as JSON") from error


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def _error_parts(frame: CallError | CallResultError) -> list[Any]:
    return [frame.message_id, frame.code, frame.description, frame.details]


def _number(text: str) -> float | int:
    """Read a float; 5.0 is the integer 5 for stations that print every number with a point."""
    value = float(text)
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    if not math.isfinite(value):  # 1e999
        raise ValueError("number out of range")
    return value


# Reads what `json` reads, in a third of its time.
_DECODER = msgspec.json.Decoder(float_hook=_number)


def load_json(text: str) -> Any:
    """Read JSON that came from outside, made storable; raises ValueError saying what is wrong."""
    try:
        value = _DECODER.decode(_storable(text))
    except (ValueError, RecursionError):
        raise ValueError("message is not valid JSON") from None
    if text.count("[") + text.count("{") > NESTING_LIMIT and _is_too_deep(value):
        raise ValueError("message is nested too deep")
    return value


def _elements(text: str, version: OcppVersion) -> list[Any]:
    # OCPP-J 1.6 has no code for a text that is no frame: it is dropped.
    code = None if version is OcppVersion.V16 else RpcErrorCode.RPC_FRAMEWORK_ERROR
    try:
        elements = load_json(text)
    except ValueError as error:
        raise MalformedFrame(code, None, str(error)) from None
    if not isinstance(elements, list) or not elements:
        raise MalformedFrame(code, None, "message is not a JSON array with elements")
    return elements


_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: stays
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2}|u0000)|.)",
    re.DOTALL,
)


def _storable(text: str) -> str:
    """Replace what UTF-8 or PostgreSQL cannot hold (lone surrogates, NUL), raw or escaped."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], text)
    return text


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(NESTING_LIMIT):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _echoed(message_id: Any) -> str | int | None:
    """Return the id if it can stand in an answer: a string or a whole number of sane length."""
    if isinstance(message_id, str):
        return message_id if len(message_id) <= ECHO_LIMIT else None
    return message_id if type(message_id) is int and abs(message_id) < 2**63 else None


def _refuse_type(kind: Any, message_id: Any, version: OcppVersion) -> NoReturn:
    """Only 2.0.1 (part 4, section 4.4) asks for an answer; 1.6 and 2.1 ignore such a message."""
    shown = kind if type(kind) is int and abs(kind) < 2**31 else "that is no number"
    reason = f"message type {shown} is not known"
    if version is OcppVersion.V201:
        code = RpcErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
        raise MalformedFrame(code, _echoed(message_id), reason)
    raise MalformedFrame(None, None, reason)


def _check_request(elements: list[Any], version: OcppVersion) -> None:
    message_id = _echoed(elements[1]) if len(elements) > 1 else None
    reason = ""
    if message_id is None and version is OcppVersion.V16:
        raise MalformedFrame(None, None, "the message id cannot be read")
    if not isinstance(message_id, str):
        reason = "the message id is not a string"
    elif len(message_id) > ID_LIMIT:
        reason = f"the message id is longer than {ID_LIMIT} characters"
    elif len(elements) != 4:
        reason = f"a call has 4 elements, not {len(elements)}"
    elif not isinstance(elements[2], str):
        reason = "the action is not a string"
    if reason:
        raise MalformedFrame(RpcErrorCode.RPC_FRAMEWORK_ERROR, message_id, reason)


def _check_send(elements: list[Any]) -> None:
    if len(elements) != 4 or not isinstance(elements[2], str):
        raise MalformedFrame(None, None, "a SEND has 4 elements, the third being the action")


def _payload(value: Any) -> Any:
    """Read a payload; some senders write null for the empty one."""
    return {} if value is None else value


def _error(elements: list[Any]) -> tuple[str, str, dict[str, Any]]:
    """Read code, description and details; whatever is missing or mistyped is left empty."""
    code, description, details = (*elements[2:5], None, None, None)[:3]
    return (
        code[:50] if isinstance(code, str) else "",
        description[:1000] if isinstance(description, str) else "",
        details if isinstance(details, dict) else {},
    )
