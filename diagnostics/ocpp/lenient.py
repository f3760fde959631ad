"""What a CSMS lets in although it breaks its schema, and in which shape.

Stations send empty ``monitor`` lists, strings that are too long, unknown words and properties.
Refusing such a notification loses what it says, and a refused transaction message makes stations
retry it for ever. So a message of LENIENT is delivered as far as it can be read:

- a number, boolean or string written as one of the others is read as what the schema wants;
- what is mistyped otherwise is left out, and a list entry that then lacks a required property too;
- words, lengths, ranges, counts and unknown properties stay as they came.

Hence in a delivered payload every required property is present and every known property has its
type. It is refused when that cannot be: a property of the message itself is missing, or nothing
of a list is left.
"""

import re
from copy import deepcopy
from typing import Any, TypeAlias

from jsonschema_rs import Draft6Validator, ValidationError, ValidationErrorKind

from diagnostics.ocpp.errors import InvalidPayload, Violation
from diagnostics.ocpp.schemas import VIOLATIONS_KEPT, errors_of
from diagnostics.ocpp.violations import violation_of

LENIENT = frozenset(
    {
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "NotifyCustomerInformation",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyPeriodicEventStream",
        "NotifyReport",
        "PublishFirmwareStatusNotification",
        "SecurityEventNotification",
        "SignedFirmwareStatusNotification",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
        "TransactionEvent",
    }
)

# Part 4 of 2.1 prints an example without basetime whose t are date-times.
_SPARED = {"NotifyPeriodicEventStream": frozenset({"t", "basetime"})}

# A status of an upload that nobody knows says nothing; "UploadFailed" on LogStatusNotification
# and "AcceptedCanceled" on 1.6 do, though their schemas lack them.
_UPLOAD_WORDS = frozenset(
    {
        "AcceptedCanceled",
        "BadMessage",
        "Idle",
        "NotSupportedOperation",
        "PermissionDenied",
        "UploadFailed",
        "UploadFailure",
        "Uploaded",
        "Uploading",
    }
)
_WORDS = {
    "LogStatusNotification": _UPLOAD_WORDS,
    "DiagnosticsStatusNotification": _UPLOAD_WORDS,
}

# Each round mends what the last one uncovered; a message that needs more is not worth it.
_ROUNDS = 8

Path: TypeAlias = tuple[str | int, ...]


def readable(
    action: str, validator: Draft6Validator, payload: Any
) -> tuple[dict[str, Any], tuple[Violation, ...]]:
    """Return what can be read of an invalid payload, and all that is wrong with it.

    The payload itself is left alone. Raises InvalidPayload when too little can be read.
    """
    errors = errors_of(validator, payload)
    violations = tuple(violation_of(error) for error in errors[:VIOLATIONS_KEPT])
    mended: dict[str, Any] = payload
    spared = _SPARED.get(action, frozenset())
    for _ in range(_ROUNDS):
        unreadable = [error for error in errors if _is_unreadable(error, spared)]
        if not unreadable:
            break
        if mended is payload:
            mended = deepcopy(payload)
        if not _mend(mended, unreadable):
            raise InvalidPayload(violations)
        errors = errors_of(validator, mended)
    else:
        raise InvalidPayload(violations)
    if _says_nothing(action, payload, mended):
        raise InvalidPayload(violations)
    return mended, violations


def _is_unreadable(error: ValidationError, spared: frozenset[str]) -> bool:
    match error.kind:
        case ValidationErrorKind.Required():
            return error.kind.property not in spared
        case ValidationErrorKind.Type():
            return error.instance_path[-1] not in spared
    return False


def _mend(payload: dict[str, Any], errors: list[ValidationError]) -> bool:
    """Convert or take out what is unreadable; false when the message itself lacks something."""
    doomed: set[Path] = set()
    for error in errors:
        path = tuple(error.instance_path)
        if isinstance(error.kind, ValidationErrorKind.Type):
            parent = _at(payload, path[:-1])
            value = _read_as(error.kind.types, parent[path[-1]])
            if value is None:
                doomed.add(path)
            else:
                parent[path[-1]] = value
        elif path:
            doomed.add(_entry_around(path))
        else:
            return False
    # Longest paths and highest indexes first, so that the others stay right.
    for path in sorted(doomed, reverse=True):
        del _at(payload, path[:-1])[path[-1]]
    return True


def _at(payload: Any, path: Path) -> Any:
    for part in path:
        payload = payload[part]
    return payload


def _entry_around(path: Path) -> Path:
    """Return the path of the innermost list entry that holds ``path``, or ``path`` itself."""
    for length in range(len(path), 0, -1):
        if isinstance(path[length - 1], int):
            return path[:length]
    return path


_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_BOOLEANS = {"true": True, "false": False}


def _read_as(types: list[str], value: Any) -> str | int | float | bool | None:
    """Read a scalar as one of the JSON types wanted; ``None`` when it cannot be."""
    if "string" in types and isinstance(value, bool):
        return "true" if value else "false"
    if "string" in types and isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return None
    if "boolean" in types:
        return _BOOLEANS.get(value.strip().lower())
    if "integer" in types and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if "number" in types and _DECIMAL.fullmatch(value.strip()):
        return float(value)
    return None


def _says_nothing(action: str, payload: dict[str, Any], mended: dict[str, Any]) -> bool:
    words = _WORDS.get(action)
    if words is not None and mended["status"] not in words:
        return True
    return any(value == [] and payload.get(name) != [] for name, value in mended.items())
