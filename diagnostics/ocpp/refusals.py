"""What a station says that it does not know: by an error, or by the status of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostics.ocpp.errors import RpcErrorCode, parse_error_code

_NOT_KNOWN = frozenset({RpcErrorCode.NOT_IMPLEMENTED, RpcErrorCode.NOT_SUPPORTED})

# Too many items, too many bytes (B06.FR.16, .17; N06.FR.06, .07): less at once may do.
_TOO_MUCH = frozenset({RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, RpcErrorCode.FORMAT_VIOLATION})

# Some firmware answers NotSupported for an upload address whose scheme it does not know.
_LOGS = frozenset({"GetLog", "GetDiagnostics"})

# Action -> the field of its call that a status of these words is about.
_ABOUT = {
    "TriggerMessage": "requestedMessage",
    "ExtendedTriggerMessage": "requestedMessage",
    "GetBaseReport": "reportBase",
    "SetMonitoringBase": "monitoringBase",
}
_WORDS = frozenset({"NotImplemented", "NotSupported"})


def subjects_of(action: str, payload: Any) -> tuple[str, ...]:
    """What a call asks for: its action, and where there is one the action with its subject."""
    field = _ABOUT.get(action)
    about = payload.get(field) if field and isinstance(payload, Mapping) else None
    return (action, f"{action} {about}"[:100]) if isinstance(about, str) else (action,)


def too_much_at_once(code: str) -> bool:
    """Whether a CALLERROR of this code may say that a list is too long."""
    return parse_error_code(code) in _TOO_MUCH


def unknown_by_error(action: str, code: str) -> bool:
    """Whether a CALLERROR of this code says that the station does not know the action."""
    known = parse_error_code(code)
    if action in _LOGS and known is RpcErrorCode.NOT_SUPPORTED:
        return False
    return known in _NOT_KNOWN


def unknown_by_answer(action: str, payload: Any, answer: Any) -> tuple[str, str]:
    """The subject that an answer says the station does not know, and its word; else two "".

    A report on certain monitors may be refused for what it names, one on all of them may not.
    """
    status = answer.get("status") if isinstance(answer, Mapping) else None
    if not isinstance(status, str) or status not in _WORDS:
        return "", ""
    if action in _ABOUT:
        return subjects_of(action, payload)[-1], status
    if action == "GetMonitoringReport" and isinstance(payload, Mapping):
        named = payload.keys() & {"monitoringCriteria", "componentVariable"}
        return ("", "") if named else (action, status)
    return "", ""
