"""What a CSMS lets in although it breaks its schema, and in which shape.

Stations send empty ``monitor`` lists, strings that are too long, unknown words and properties.
Refusing such a notification loses what it says, and a refused transaction message makes stations
retry it for ever. So a message of LENIENT is delivered as far as it can be read:

- a number, boolean or string written as one of the others is read as what the schema wants;
- what is mistyped otherwise is left out, and a list entry that then lacks a required property too;
  in the lists of SPARED it is not left out but stays as it came, as Unread;
- words, lengths, ranges, counts and unknown properties stay as they came.

Answers to calls of ours are read alike: what a station said of one variable is not lost for a null
in what it said of another.

Hence in a delivered payload every required property is present (but for SPARED) and every known
one has its type. A message is refused when that cannot be: a property of its own is missing, or
nothing of a list is left.
"""

from typing import Any

from diagnostics.ocpp.errors import InvalidPayload, Violation
from diagnostics.ocpp.inspection import NOTHING_SPARED, Spared
from diagnostics.ocpp.schema import Schema

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

SPARED = {
    "NotifyEvent": Spared(lists=frozenset({"eventData"})),
    # Stations that grew up on 2.0.1 do not know this property, new and required in 2.1.
    "NotifyMonitoringReport": Spared(
        frozenset({"eventNotificationType"}), lists=frozenset({"monitor", "variableMonitoring"})
    ),
    # Part 4 of 2.1 prints an example without basetime whose t are date-times.
    "NotifyPeriodicEventStream": Spared(
        frozenset({"basetime"}), frozenset({"t"}), frozenset({"data"})
    ),
    # The rest of what is said of a variable is worth having without these.
    "NotifyReport": Spared(
        frozenset({"dataType", "supportsMonitoring"}),
        lists=frozenset({"reportData", "variableAttribute"}),
    ),
}

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


def readable(
    action: str, schema: Schema, payload: Any
) -> tuple[dict[str, Any], tuple[Violation, ...]]:
    """Return what can be read of an invalid payload, and what is wrong with it.

    The payload itself is left alone. Raises InvalidPayload when too little can be read.
    """
    read, violations = schema.inspect(payload, SPARED.get(action, NOTHING_SPARED))
    words = _WORDS.get(action)
    if read is None or (words is not None and read["status"] not in words):
        raise InvalidPayload(violations)
    return read, tuple(violations)


# Stations that leave out whether a configuration key (1.6) can be set tell its value all the same.
_SPARED_IN_ANSWERS = {"GetConfiguration": Spared(frozenset({"readonly"}))}


def readable_answer(
    action: str, schema: Schema, payload: Any
) -> tuple[dict[str, Any], tuple[Violation, ...]]:
    """As `readable`, for the answer to a call of ours: null where nothing should be, long texts.

    Raises InvalidPayload also for a status that nobody knows, which says nothing.
    """
    spared = _SPARED_IN_ANSWERS.get(action, NOTHING_SPARED)
    read, violations = schema.inspect(payload, spared)
    if read is None or any((each.path, each.keyword) == ("status", "enum") for each in violations):
        raise InvalidPayload(violations)
    return read, tuple(violations)
