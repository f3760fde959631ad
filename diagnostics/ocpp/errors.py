"""What may go wrong in OCPP-J, spelled as each version spells it.

OcppError                 has an RPC error code, a description and details
├── UnsupportedAction     this version (or this direction) has no such message
└── InvalidPayload        a payload breaks its schema; carries the violations
MalformedFrame            a text is not a frame; says what to answer, if anything
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from diagnostics.ocpp.versions import OcppVersion

#: Longest errorDescription on the wire (part 4, section 4.2.3).
DESCRIPTION_LIMIT = 255


class RpcErrorCode(StrEnum):
    """The error codes of CALLERROR in the spelling of 2.x (part 4, section 4.3)."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMAT_VIOLATION = "FormatViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"

    def spelled(self, version: OcppVersion) -> str:
        """Return the word that goes on the wire of ``version``; 1.6 has words of its own."""
        if version is OcppVersion.V16:
            return _IN_16.get(self, self.value)
        return self.value


# OCPP-J 1.6 keeps its misspelt enum (one r) by erratum, and has no word for the last two.
_IN_16 = {
    RpcErrorCode.FORMAT_VIOLATION: "FormationViolation",
    RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
    RpcErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
    RpcErrorCode.RPC_FRAMEWORK_ERROR: "GenericError",
}

_BY_WORD = {code.value: code for code in RpcErrorCode} | {
    "FormationViolation": RpcErrorCode.FORMAT_VIOLATION,
    "OccurenceConstraintViolation": RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
}


def parse_error_code(text: str) -> RpcErrorCode | None:
    """Read an error code in either spelling; stations mix them. ``None`` for a foreign word."""
    return _BY_WORD.get(text)


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a payload breaks its schema.

    ``path`` reads ``eventData[0].component.name`` (empty: the payload itself), ``message`` is a
    short sentence without the offending value, ``keyword`` is the JSON-schema keyword broken.
    """

    path: str
    message: str
    keyword: str


class OcppError(Exception):
    """An error that has a code on the wire; the description is safe to show and to send."""

    def __init__(
        self, code: RpcErrorCode, description: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description or code.value)
        self.code = code
        self.description = description[:DESCRIPTION_LIMIT]
        self.details = details or {}


class UnsupportedAction(OcppError):  # noqa: N818 - named for what happened
    """The version has no such message, log type or direction; the text is for an operator."""

    def __init__(self, sentence: str, *, code: RpcErrorCode = RpcErrorCode.NOT_SUPPORTED) -> None:
        super().__init__(code, sentence)


_CODE_OF_KEYWORD = {
    "required": RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "minItems": RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "type": RpcErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "additionalProperties": RpcErrorCode.FORMAT_VIOLATION,
    "syntax": RpcErrorCode.FORMAT_VIOLATION,
}

# The violation that names the message best comes first: what is missing, then what is mistyped.
_RANK = {"syntax": 0, "required": 1, "type": 2, "additionalProperties": 4}


def _rank(violation: Violation) -> int:
    return _RANK.get(violation.keyword, 3)


class InvalidPayload(OcppError):  # noqa: N818 - named for what happened
    """A payload breaks its schema.

    ``violations`` has at least one entry, the telling one first; code and description are its.
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = sorted(violations, key=_rank)
        worst = self.violations[0]
        code = _CODE_OF_KEYWORD.get(worst.keyword, RpcErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
        super().__init__(code, worst.message)


class MalformedFrame(Exception):  # noqa: N818 - named for what happened
    """A text is not a frame of this version.

    ``code`` is ``None`` when nothing may be answered. ``message_id`` is the id to answer with, a
    number where the sender wrote one, ``None`` when it could not be read (answered as ``"-1"``).
    """

    def __init__(
        self, code: RpcErrorCode | None, message_id: str | int | None, reason: str
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.message_id = message_id
        self.reason = reason
