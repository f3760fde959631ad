"""The questions a simulated station asks itself, and how a station by the book answers them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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


class PartOrder(Enum):
    """Which parts of a report come, and when."""

    AS_NUMBERED = "each once, in order"
    LAST_MISSING = "the last one never comes"
    REVERSED = "the last one comes first"
    TWICE = "each comes twice, under two message ids"


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
    transfers_by: tuple[str, ...] = ("http", "https")
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
    asks_again: bool = False
    dates: Dates = Dates.UTC
    clock_is_unset: bool = False
    talks_while_pending: bool = False
    is_valid: bool = True
    misspells_errors: bool = False
    empties_later_parts: bool = False
    spoils_entries: bool = False
    part_order: PartOrder = PartOrder.AS_NUMBERED
    boots_between_parts: bool = False
    never_numbers_events: bool = False
    restarts_event_ids: bool = False
    collides_event_ids: bool = False
    monitoring_starts_off: bool = False
    base_filters_monitors: bool = False
    renumbers_monitors: bool = False
    streams_in_calls: bool = False
    streams_lag: bool = False
    shows_customers: bool = True
    customers_in_words: bool = True
