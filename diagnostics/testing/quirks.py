"""How stations in the field really behave, by name, one sentence each, to be combined at will.

A `Quirk` is a name for a few fields of `Behaviour` whose defaults are what the standard describes;
`behaviour_of` puts any number of quirks together. Each was read in the source of a station or
reported from the field.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from diagnostics.testing.behaviour import (
    AnswerMoment,
    Behaviour,
    BodyForm,
    Dates,
    NameUse,
    PartOrder,
)

__all__ = ["Behaviour", "Quirk", "behaviour_of"]


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
    DROPS_LATE_ANSWERS = "drops-late-answers"
    ODD_DATES = "odd-dates"
    WRONG_CLOCK = "wrong-clock"
    PENDING_STATUS_NOTIFICATIONS = "pending-status-notifications"
    MISSPELLED_ERROR_CODES = "misspelled-error-codes"
    EMPTY_REPORT_PARTS = "empty-report-parts"
    UNREADABLE_ENTRIES = "unreadable-entries"
    REPORT_LAST_PART_MISSING = "report-last-part-missing"
    REPORT_OUT_OF_ORDER = "report-out-of-order"
    REPORT_DUPLICATE_PARTS = "report-duplicate-parts"
    REBOOTS_BETWEEN_PARTS = "reboots-between-parts"
    SEQ_NO_ALWAYS_ZERO = "seq-no-always-zero"
    EVENT_IDS_RESTART = "event-ids-restart"
    EVENT_IDS_COLLIDE = "event-ids-collide"
    MONITORING_OFF_BY_DEFAULT = "monitoring-off-by-default"
    BASE_FILTERS_CUSTOM = "base-filters-custom"
    MONITOR_IDS_CHANGE = "monitor-ids-change"
    STREAM_AS_CALL = "stream-as-call"
    STREAM_LAGS = "stream-lags"
    REJECTS_CUSTOMER_INFORMATION = "rejects-customer-information"
    EMPTY_CUSTOMER_DATA = "empty-customer-data"

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
        "Sends each upload status and each event a second time under the same message id.",
        {"repeats_message_ids": True},
    ),
    Q.DROPS_LATE_ANSWERS: (
        "Drops an answer to a call that is not in flight any more, and makes the call once again.",
        {"asks_again": True},
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
    Q.MISSPELLED_ERROR_CODES: (
        "Refuses calls of 2.x with the error codes as 1.6 misspells them.",
        {"misspells_errors": True},
    ),
    Q.EMPTY_REPORT_PARTS: (
        "Sends every part of a report after the first with an empty list in it.",
        {"empties_later_parts": True, "is_valid": False},
    ),
    Q.UNREADABLE_ENTRIES: (
        "Names no variable in the last entry of every part of a report and burst of events.",
        {"spoils_entries": True, "is_valid": False},
    ),
    Q.REPORT_LAST_PART_MISSING: (
        "Never sends the last part of a report.",
        {"part_order": PartOrder.LAST_MISSING},
    ),
    Q.REPORT_OUT_OF_ORDER: (
        "Sends the parts of a report backwards.",
        {"part_order": PartOrder.REVERSED},
    ),
    Q.REPORT_DUPLICATE_PARTS: (
        "Sends every part of a report twice, each time under another message id.",
        {"part_order": PartOrder.TWICE},
    ),
    Q.REBOOTS_BETWEEN_PARTS: (
        "Reboots after the first part of its first report in parts and forgets the rest.",
        {"boots_between_parts": True},
    ),
    Q.SEQ_NO_ALWAYS_ZERO: (
        "Sends each event alone, with seqNo 0 and without saying that more will follow.",
        {"never_numbers_events": True},
    ),
    Q.EVENT_IDS_RESTART: (
        "Counts its events from 0 again after a reboot.",
        {"restarts_event_ids": True},
    ),
    Q.EVENT_IDS_COLLIDE: (
        "Counts faults and what monitors notice apart, so that ids of events are not unique.",
        {"collides_event_ids": True},
    ),
    Q.MONITORING_OFF_BY_DEFAULT: (
        "Takes monitors but tells no event until MonitoringCtrlr.Enabled is set to true.",
        {"monitoring_starts_off": True},
    ),
    Q.BASE_FILTERS_CUSTOM: (
        "Takes the monitoring base for a filter: custom monitors are mute unless it is All.",
        {"base_filters_monitors": True},
    ),
    Q.MONITOR_IDS_CHANGE: (
        "Gives its custom monitors other ids with every reboot (N04.FR.19).",
        {"renumbers_monitors": True},
    ),
    Q.STREAM_AS_CALL: (
        "Sends the values of an event stream as calls that it wants answered.",
        {"streams_in_calls": True},
    ),
    Q.STREAM_LAGS: (
        "Sends one message of a stream each interval and keeps the rest, so more and more waits.",
        {"streams_lag": True},
    ),
    Q.REJECTS_CUSTOMER_INFORMATION: (
        "Answers every request for customer information with Rejected.",
        {"shows_customers": False},
    ),
    Q.EMPTY_CUSTOMER_DATA: (
        "Sends empty text where there is no customer data, or none any more.",
        {"customers_in_words": False},
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
