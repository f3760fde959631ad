"""How stations in the field really behave, by name, one sentence each, to be combined at will.

A `Behaviour` answers the questions that a simulated station asks itself; its defaults are what
the standard describes. A `Quirk` is a name for a few other answers, and `behaviour_of` puts any
number of quirks together. Each was read in the source of a station or reported from the field.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any


class AnswerMoment(Enum):
    """When a station answers GetLog or GetDiagnostics."""

    AT_ONCE = "before anything else"
    AFTER_UPLOADING = "after it has said Uploading"
    AFTER_UPLOAD = "after the transfer and its last status"


class BodyForm(Enum):
    """How the file lies in the body of the HTTP request."""

    RAW = "PUT with the bytes alone"
    MULTIPART = "POST multipart/form-data by the book"
    OPENEVSE = "POST multipart whose delimiters lack two dashes"
    ZAPTEC = "POST multipart, boundary quoted and padded, part without a name"


class NameUse(Enum):
    """What becomes of the file name in the address."""

    TO_DIRECTORY = "appended to an address that ends with a slash (N01.FR.21)"
    ALWAYS = "always appended, percent-encoded"
    NEVER = "the address is used as it is"


class Dates(Enum):
    """How times are written."""

    UTC = "2026-03-02T08:00:00Z"
    ODD = "without zone, with a short offset, with nine digits of fraction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a station does; durations in seconds, `sends_part` a fraction of the file."""

    answers_calls: bool = True
    knows_get_log: bool = True
    accepts_logs: bool = True
    answer_moment: AnswerMoment = AnswerMoment.AT_ONCE
    tells_status: bool = True
    tells_success: bool = True
    uploading_times: int = 1
    failing_attempts: int = 0
    transfers: bool = True
    claims_success: bool = False
    heeds_http_errors: bool = True
    failure_words: tuple[str, ...] = ()
    name_use: NameUse = NameUse.TO_DIRECTORY
    body_form: BodyForm = BodyForm.RAW
    chunked: bool = False
    expects_continue: bool = False
    reads_response: bool = True
    sends_part: float = 1.0
    upload_lasts: float = 0.0
    heeds_window: bool = True
    idle_has_request_id: bool = False
    boots_during_upload: bool = False
    hangs_up_after_answer: bool = False
    repeats_message_ids: bool = False
    dates: Dates = Dates.UTC
    clock_is_unset: bool = False
    talks_while_pending: bool = False


class Quirk(StrEnum):
    """A behaviour seen in the field; its value is the name that commands take."""

    UPLOADED_WITHOUT_FILE = "uploaded-without-file"
    IGNORES_HTTP_ERRORS = "ignores-http-errors"
    FILE_WITHOUT_UPLOADED = "file-without-uploaded"
    STATUS_BEFORE_ANSWER = "status-before-answer"
    ANSWER_AFTER_UPLOAD = "answer-after-upload"
    NO_STATUS = "no-status"
    REPEATS_UPLOADING = "repeats-uploading"
    UPLOAD_FAILURE_THEN_RETRY = "upload-failure-then-retry"
    FAILURE_TWICE = "failure-twice"
    REJECTS = "rejects"
    SILENT = "silent"
    NO_GET_LOG = "no-get-log"
    APPENDS_NAME = "appends-name"
    KEEPS_ADDRESS = "keeps-address"
    POST_MULTIPART = "post-multipart"
    OPENEVSE_MULTIPART = "openevse-multipart"
    ZAPTEC_MULTIPART = "zaptec-multipart"
    CHUNKED = "chunked"
    EXPECTS_CONTINUE = "expects-continue"
    CUTS_OFF_MIDWAY = "cuts-off-midway"
    SLOW_UPLOAD = "slow-upload"
    IGNORES_WINDOW = "ignores-window"
    IDLE_WITH_REQUEST_ID = "idle-with-request-id"
    BOOTS_DURING_UPLOAD = "boots-during-upload"
    DISCONNECTS_AFTER_ACCEPTED = "disconnects-after-accepted"
    RETRIES_SAME_MESSAGE_ID = "retries-same-message-id"
    ODD_DATES = "odd-dates"
    WRONG_CLOCK = "wrong-clock"
    PENDING_STATUS_NOTIFICATIONS = "pending-status-notifications"

    @property
    def description(self) -> str:
        """One sentence on what such a station does."""
        return _TABLE[self][0]

    @property
    def changes(self) -> dict[str, Any]:
        """The fields of `Behaviour` that it sets."""
        return dict(_TABLE[self][1])


Q = Quirk

_TABLE: dict[Quirk, tuple[str, dict[str, Any]]] = {
    Q.UPLOADED_WITHOUT_FILE: (
        "Says Uploaded without having sent a byte, as virtual stations do.",
        {"transfers": False, "claims_success": True},
    ),
    Q.IGNORES_HTTP_ERRORS: (
        "Says Uploaded even after an HTTP 404 or 500: it runs curl -T without --fail.",
        {"heeds_http_errors": False},
    ),
    Q.FILE_WITHOUT_UPLOADED: (
        "Sends the file but never says Uploaded.",
        {"tells_success": False},
    ),
    Q.STATUS_BEFORE_ANSWER: (
        "Says Uploading before it has answered the request.",
        {"answer_moment": AnswerMoment.AFTER_UPLOADING},
    ),
    Q.ANSWER_AFTER_UPLOAD: (
        "Answers the request only after the transfer and its last status.",
        {"answer_moment": AnswerMoment.AFTER_UPLOAD},
    ),
    Q.NO_STATUS: (
        "Accepts and uploads, but never sends a status.",
        {"tells_status": False},
    ),
    Q.REPEATS_UPLOADING: (
        "Says Uploading with every line of progress, dozens of times for one file.",
        {"uploading_times": 30},
    ),
    Q.UPLOAD_FAILURE_THEN_RETRY: (
        "Says UploadFailure after a first try that failed, then Uploading and Uploaded.",
        {"failing_attempts": 1},
    ),
    Q.FAILURE_TWICE: (
        "Cannot upload and says so twice: BadMessage, then UploadFailure.",
        {"transfers": False, "failure_words": ("BadMessage", "UploadFailure")},
    ),
    Q.REJECTS: (
        "Answers every log request with Rejected (1.6 core: without a file name).",
        {"accepts_logs": False},
    ),
    Q.SILENT: (
        "Takes every call and never answers one.",
        {"answers_calls": False},
    ),
    Q.NO_GET_LOG: (
        "Knows OCPP 1.6 without the security extension: refuses GetLog, takes GetDiagnostics.",
        {"knows_get_log": False},
    ),
    Q.APPENDS_NAME: (
        "Appends its file name, colons percent-encoded, to any address.",
        {"name_use": NameUse.ALWAYS},
    ),
    Q.KEEPS_ADDRESS: (
        "Uploads to the address exactly as given, though it ends with a slash.",
        {"name_use": NameUse.NEVER},
    ),
    Q.POST_MULTIPART: (
        "Uploads as an HTML form would: POST multipart/form-data.",
        {"body_form": BodyForm.MULTIPART},
    ),
    Q.OPENEVSE_MULTIPART: (
        "Posts a form whose delimiters lack the two dashes that the boundary needs.",
        {"body_form": BodyForm.OPENEVSE},
    ),
    Q.ZAPTEC_MULTIPART: (
        "Posts a form with a quoted, padded boundary and a nameless part, and hangs up unheard.",
        {"body_form": BodyForm.ZAPTEC, "name_use": NameUse.NEVER, "reads_response": False},
    ),
    Q.CHUNKED: (
        "Uploads with chunked transfer encoding, announcing no length.",
        {"chunked": True},
    ),
    Q.EXPECTS_CONTINUE: (
        "Announces the upload with Expect: 100-continue and waits to be let in (N01.FR.22).",
        {"expects_continue": True},
    ),
    Q.CUTS_OFF_MIDWAY: (
        "Loses its uplink in the middle of every file.",
        {"sends_part": 0.5},
    ),
    Q.SLOW_UPLOAD: (
        "Takes twenty seconds for a file of any size.",
        {"upload_lasts": 20.0},
    ),
    Q.IGNORES_WINDOW: (
        "Sends its whole log whatever span was asked for.",
        {"heeds_window": False},
    ),
    Q.IDLE_WITH_REQUEST_ID: (
        "Asked for its status when nothing runs, says Idle with the id of its last upload.",
        {"idle_has_request_id": True},
    ),
    Q.BOOTS_DURING_UPLOAD: (
        "Reboots in the middle of the first upload and remembers nothing of it.",
        {"boots_during_upload": True},
    ),
    Q.DISCONNECTS_AFTER_ACCEPTED: (
        "Drops the connection once it has accepted, uploads, and reports when it is back.",
        {"hangs_up_after_answer": True},
    ),
    Q.RETRIES_SAME_MESSAGE_ID: (
        "Sends each upload status a second time under the same message id.",
        {"repeats_message_ids": True},
    ),
    Q.ODD_DATES: (
        "Writes times without a zone, with a two-digit offset, or with nine digits of fraction.",
        {"dates": Dates.ODD},
    ),
    Q.WRONG_CLOCK: (
        "Has never set its clock, which started at the beginning of 1970.",
        {"clock_is_unset": True},
    ),
    Q.PENDING_STATUS_NOTIFICATIONS: (
        "Sends StatusNotification and SecurityEventNotification while its boot is pending.",
        {"talks_while_pending": True},
    ),
}


def behaviour_of(quirks: Iterable[Quirk]) -> Behaviour:
    """Put quirks together; raises ValueError, with a sentence, for two that contradict."""
    changes: dict[str, tuple[Quirk, Any]] = {}
    for quirk in quirks:
        for field, value in quirk.changes.items():
            other, known = changes.setdefault(field, (quirk, value))
            if known != value:
                raise ValueError(f"{other} and {quirk} contradict each other.")
    return replace(Behaviour(), **{field: value for field, (_, value) in changes.items()})
