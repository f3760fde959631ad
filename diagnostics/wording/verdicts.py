"""The verdict on a log request as a sentence: what happened, why as far as known, what to do.

Everything a station sent is only ever put in as text; escaping is the template's business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from diagnostics.conf import app_settings
from diagnostics.lifecycles.call import CONNECTION_LOST, UNSUPPORTED
from diagnostics.lifecycles.log_request import (
    FAILURES,
    OPEN,
    PARTIAL_FILE,
    SUCCEEDED,
    SUPERSEDED,
    GivenUp,
    LogVerdict,
    UploadRoute,
    UploadStatus,
)
from diagnostics.models import LogRequest
from diagnostics.wording.values import duration, size

V = LogVerdict


def verdict_tone(verdict: str) -> str:
    """Which of four looks a verdict has: good, busy, quiet or bad."""
    if verdict in SUCCEEDED:
        return "good"
    if verdict in OPEN:
        return "busy"
    return "quiet" if verdict == V.CANCELED else "bad"


def verdict_sentence(row: LogRequest, *, now: datetime | None = None) -> str:
    """What became of a log request so far, why as far as known, and what to do."""
    return _SENTENCES[LogVerdict(row.verdict)](row, now or timezone.now())


def reason_words(row: LogRequest) -> str:
    """The reason of a failed request in a few words, for lists and for grouping."""
    return _failure_words().get(row.reason, row.reason) or row.get_verdict_display()


def _moment(when: datetime) -> str:
    local = timezone.localtime(when)
    today = local.date() == timezone.localtime().date()
    return date_format(local, "H:i" if today else "j M, H:i")


def _queued(row: LogRequest, now: datetime) -> str:
    return _(
        "Waiting: the station has not been asked yet. The request goes out as soon as it can "
        "take it, until %(expires)s."
    ) % {"expires": _moment(row.expires_at)}


def _sent(row: LogRequest, now: datetime) -> str:
    return _("Asked. The station has not answered yet.")


def _accepted(row: LogRequest, now: datetime) -> str:
    name = f" “{row.filename}”" if row.filename else ""
    return _("The station agreed to upload its log%(name)s and prepares it.") % {"name": name}


def _uploading(row: LogRequest, now: datetime) -> str:
    if row.station_status == UploadStatus.UPLOADED:
        return _("The station says it has uploaded its log; waiting for the file to be complete.")
    if row.receiving_bytes is None:
        return _("The station says it is uploading.")
    so_far = size(row.receiving_bytes)
    if row.receiving_size:
        return _("Receiving: %(so_far)s of %(whole)s.") % {
            "so_far": so_far,
            "whole": size(row.receiving_size),
        }
    return _("Receiving: %(so_far)s so far.") % {"so_far": so_far}


def _received(row: LogRequest, now: datetime) -> str:
    return _("Received: %(facts)s, confirmed by the station.") % {"facts": _file_facts(row)}


def _received_unconfirmed(row: LogRequest, now: datetime) -> str:
    facts = {"facts": _file_facts(row)}
    if row.station_status in FAILURES:
        return _("Received: %(facts)s. The file is whole, although the station says: %(word)s.") % {
            **facts,
            "word": _station_word(row),
        }
    if row.station_status == UploadStatus.ACCEPTED_CANCELED or row.superseded_by_id:
        return _("Received: %(facts)s, although a newer request had canceled it.") % facts
    return _("Received: %(facts)s. The station has not confirmed that it was all.") % facts


def _file_facts(row: LogRequest) -> str:
    file = row.best_file or max(row.deleted_files.all(), key=lambda gone: gone.pk, default=None)
    if file is None:
        return _("a file that is no longer kept")
    return _("%(size)s, %(time)s after asking") % {
        "size": size(file.size),
        "time": duration(file.received_at - row.created_at),
    }


def _claimed(row: LogRequest, now: datetime) -> str:
    if row.route == UploadRoute.DIRECT:
        return _(
            "The station says it uploaded, but no file lay in the store within %(grace)s: it may "
            "not be able to reach %(address)s, or was refused there. The next request has its "
            "file come in another way."
        ) % {"grace": duration(app_settings.upload_grace), "address": _base(row)}
    return _(
        "The station says it uploaded, but no file came within %(grace)s. It may not be able to "
        "reach %(address)s: check its network and its certificates, or give it another upload "
        "address in its settings."
    ) % {"grace": duration(app_settings.upload_grace), "address": _base(row)}


def _base(row: LogRequest) -> str:
    parts = urlsplit(row.location or app_settings.public_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _failed(row: LogRequest, now: datetime) -> str:
    if row.reason == PARTIAL_FILE:
        return _partial(row)
    words = _failure_words().get(row.reason, row.reason)
    why = f": {row.reason_info or row.reason_code}" if row.reason_info or row.reason_code else ""
    sentence = _("The upload failed: %(words)s (%(code)s%(why)s).") % {
        "words": words,
        "code": row.reason,
        "why": why,
    }
    if row.route == UploadRoute.DIRECT:
        sentence += " " + _("The next request has its file come in another way.")
    part = row.best_file
    if part is not None:
        sentence += " " + _("The %(size)s that arrived are kept.") % {"size": size(part.size)}
    return sentence


def _partial(row: LogRequest) -> str:
    file = row.best_file
    if file is None or not file.declared_size:
        return _("Only a part of the file arrived before the line broke. Ask again.")
    return _(
        "Only %(size)s of %(whole)s arrived before the line broke. The part is kept; ask again "
        "for the whole."
    ) % {"size": size(file.size), "whole": size(file.declared_size)}


def _failure_words() -> dict[str, str]:
    return {
        UploadStatus.UPLOAD_FAILURE: _("the station could not deliver the file"),
        UploadStatus.BAD_MESSAGE: _("station and upload server did not understand each other"),
        UploadStatus.PERMISSION_DENIED: _("the upload server refused the station"),
        UploadStatus.NOT_SUPPORTED: _("the station cannot upload in this way"),
        PARTIAL_FILE: _("the line broke midway"),
        GivenUp.SILENT: _("nothing was heard from the station"),
        GivenUp.IDLE: _("the station says no upload is running"),
        CONNECTION_LOST: _("the connection was lost before the answer"),
        "NoAnswer": _("the station did not answer"),
        "NotImplemented": _("the station does not know the request"),
        "NotSupported": _("the station does not support the request"),
        "SecurityError": _("the station has not been accepted yet, or refuses for security"),
        "InternalError": _("the station had an internal error"),
        UNSUPPORTED: _("this OCPP version cannot"),
        "InvalidAnswer": _("the station's answer cannot be read"),
    }


def _station_word(row: LogRequest) -> str:
    return f"{row.get_station_status_display()} ({row.station_status})"


def _rejected(row: LogRequest, now: datetime) -> str:
    if row.reason == UNSUPPORTED and row.call:
        return _("Not possible: %(why)s") % {"why": row.call.error_description}
    if row.reason:
        said = (
            f": “{row.call.error_description}”" if row.call and row.call.error_description else ""
        )
        return _("The station refused: %(words)s (%(code)s%(said)s).") % {
            "words": _failure_words().get(row.reason, _("it gave an error")),
            "code": row.reason,
            "said": said,
        }
    if row.reason_code or row.reason_info:
        return _("The station refused: %(why)s.") % {
            "why": " – ".join(filter(None, [row.reason_code, row.reason_info]))
        }
    return _(
        "The station refused, without a reason: it has no such log for this span, or is busy "
        "with another upload. Try a wider span, or later."
    )


def _canceled(row: LogRequest, now: datetime) -> str:
    if row.reason == SUPERSEDED:
        by = f" (#{row.superseded_by_id})" if row.superseded_by_id else ""
        return _("Canceled by the station in favour of a newer request%(by)s.") % {"by": by}
    asked = row.call and row.call.sent_at
    if asked:
        return _(
            "Canceled here. OCPP knows no way to stop an upload: if the station sends the file "
            "all the same, it is kept."
        )
    return _("Canceled before the station was asked.")


def _expired(row: LogRequest, now: datetime) -> str:
    return _(
        "Expired: the station could not be asked until %(expires)s. Ask again when it is back."
    ) % {"expires": _moment(row.expires_at)}


def _lost(row: LogRequest, now: datetime) -> str:
    until = {"until": _moment(row.address_expires_at)}
    if row.reason == GivenUp.IDLE:
        return _(
            "Lost: the station says that no upload is running, and no file came. It may have "
            "restarted meanwhile. Ask again."
        )
    if row.reason == GivenUp.SILENT:
        waited = duration(2 * app_settings.upload_silence)
        return _(
            "Lost: the station agreed, then nothing was heard for %(waited)s and no file came. "
            "A file that still comes is taken until %(until)s."
        ) % {**until, "waited": waited}
    if row.reason == CONNECTION_LOST:
        return (
            _(
                "The connection was lost before the station answered. If it was asked, its file is "
                "taken until %(until)s; otherwise ask again."
            )
            % until
        )
    return (
        _(
            "The station did not answer. A late answer or file is taken until %(until)s; otherwise "
            "ask again."
        )
        % until
    )


_SENTENCES: dict[LogVerdict, Callable[[LogRequest, datetime], str]] = {
    V.QUEUED: _queued,
    V.SENT: _sent,
    V.ACCEPTED: _accepted,
    V.UPLOADING: _uploading,
    V.RECEIVED: _received,
    V.RECEIVED_UNCONFIRMED: _received_unconfirmed,
    V.CLAIMED: _claimed,
    V.FAILED: _failed,
    V.REJECTED: _rejected,
    V.CANCELED: _canceled,
    V.EXPIRED: _expired,
    V.LOST: _lost,
}
