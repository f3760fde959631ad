"""What the page of one log request shows, drawn from the row: steps, both sides, files, calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from diagnostics.admin.parts import pretty
from diagnostics.conf import app_settings
from diagnostics.lifecycles.log_request import LogVerdict, UploadStatus
from diagnostics.models import LogFile, LogRequest, OutboundCall, TimelineEntry
from diagnostics.redaction import redact
from diagnostics.wording import verdict_tone

V = LogVerdict

# How far an open or received request has come; the others end where their facts end.
_POSITION = {V.QUEUED: 0, V.SENT: 1, V.ACCEPTED: 2, V.UPLOADING: 3}

# How the step that a request is on looks, by the tone of its verdict.
_PRESENT = {"good": "done", "busy": "now", "bad": "failed", "quiet": "ended"}

_BEGUN = ("upload.started", "upload.received", "upload.partial")


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five steps. `state`: done, now, todo, failed or ended."""

    name: str
    state: str
    at: datetime | None


def steps(row: LogRequest, timeline: Iterable[TimelineEntry]) -> list[Step]:
    """Waiting, Asked, Accepted, Uploading, Received: passed, present, and where it ended."""
    moments = _moments(row, list(timeline))
    present = _present(row, moments)
    ended = verdict_tone(row.verdict) in ("bad", "quiet")
    names = [_("Waiting"), _("Asked"), _("Accepted"), _("Uploading"), _("Received")]
    states = ["done"] * present + [_PRESENT[verdict_tone(row.verdict)]] + ["todo"] * len(names)
    if ended:
        names[present] = row.get_verdict_display()
        moments[present] = row.settled_at
    return [Step(*each) for each in zip(names, states, moments, strict=False)]


def _moments(row: LogRequest, timeline: list[TimelineEntry]) -> list[datetime | None]:
    agreed = row.answered_at if row.answer and row.answer != "Rejected" else None
    arrived: list[Any] = [*row.files.all(), *row.deleted_files.all()]
    whole = [file.received_at for file in arrived if file.complete]
    sent = [
        call.sent_at for call in row.calls.all() if call.sent_at and call.request_id is not None
    ]
    begun = [entry.at for entry in timeline if _begins_upload(entry)]
    return [row.created_at, min(sent, default=None), agreed, min(begun, default=None),
            min(whole, default=None)]  # fmt: skip


def _begins_upload(entry: TimelineEntry) -> bool:
    says = entry.kind == "log.status" and entry.data.get("status") in (
        UploadStatus.UPLOADING,
        UploadStatus.UPLOADED,
    )
    return says or entry.kind in _BEGUN


def _present(row: LogRequest, moments: list[datetime | None]) -> int:
    """The step the request is on, or the one that was not reached."""
    if row.verdict in _POSITION:
        return _POSITION[LogVerdict(row.verdict)]
    last = max(index for index, moment in enumerate(moments) if moment)
    if row.verdict == V.EXPIRED:
        return last
    return min(last + 1, len(moments) - 1)


def said(row: LogRequest) -> list[tuple[str, Any]]:
    """What the station said, as pairs of a label and a text or a time."""
    pairs: list[tuple[str, Any]] = [
        (_("Answer"), row.answer),
        (_("Answered"), row.answered_at),
        (_("File name it announced"), row.filename),
        (_("Last word on the upload"), _last_word(row)),
        (_("Said"), row.station_status_at),
        (_("Its reason"), " – ".join(filter(None, [row.reason_code, row.reason_info]))),
    ]
    return [(label, value) for label, value in pairs if value]


def _last_word(row: LogRequest) -> str:
    word = row.get_station_status_display()
    return word if word == row.station_status else f"{word} ({row.station_status})"


def problems_of(file: LogFile) -> list[str]:
    """What a reader should know about how a file came."""
    notes = []
    if not file.complete:
        notes.append(_("Only a part: the line broke before the end."))
    if file.form != "raw":
        notes.append(str(file.get_form_display()))
    if file.times_received > 1:
        notes.append(_("Came %(count)s times.") % {"count": file.times_received})
    return notes


@dataclass(frozen=True, slots=True)
class RawCall:
    """A call and its answer as they went over the wire."""

    call: OutboundCall
    asked: str
    answered: str


def raw_calls(row: LogRequest, *, shows_addresses: bool = False) -> list[RawCall]:
    """The calls; tokens and passwords of upload addresses only with `shows_addresses`."""
    return [
        RawCall(
            call,
            _raw(call, call.wire_payload, shows_addresses),
            _raw(call, call.answer, shows_addresses),
        )
        for call in row.calls.all()
    ]


def _raw(call: OutboundCall, payload: Any, shows_addresses: bool) -> str:
    if payload is None:
        return ""
    if shows_addresses:
        return pretty(payload)
    return pretty(redact(call.wire_action, payload, upload_path=app_settings.upload_path))
