"""What became of a log request: facts that only accumulate, and the verdict drawn from them (N01).

Stations repeat statuses, send them in the wrong order, before the answer, or claim an upload that
never arrived. So nothing here is a strict state machine. What the station said and what arrived
are kept apart, and `judge` names the combination.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.call import UNSUPPORTED, CallStatus


class LogType(TextChoices):
    """LogEnumType; DataCollectorLog since 2.1."""

    DIAGNOSTICS = "DiagnosticsLog", _("Diagnostics log")
    SECURITY = "SecurityLog", _("Security log")
    DATA_COLLECTOR = "DataCollectorLog", _("Data collector log")


class UploadRoute(TextChoices):
    """The way a file comes in. Which one, and why, is decided by `services.uploads.routes`."""

    RELAY = "relay", _("Through this server")
    DIRECT = "direct", _("Straight to S3")
    FTP = "ftp", _("Over FTP")
    FTPS = "ftps", _("Over FTPS")
    SFTP = "sftp", _("Over SFTP")


class UploadStatus(TextChoices):
    """UploadLogStatusEnumType, the station's word on its upload."""

    UPLOADING = "Uploading", _("Uploading")
    UPLOADED = "Uploaded", _("Uploaded")
    UPLOAD_FAILURE = "UploadFailure", _("Upload failed")
    BAD_MESSAGE = "BadMessage", _("Badly formed exchange")
    PERMISSION_DENIED = "PermissionDenied", _("Permission denied")
    NOT_SUPPORTED = "NotSupportedOperation", _("Operation not supported")
    ACCEPTED_CANCELED = "AcceptedCanceled", _("Canceled by a newer request")
    IDLE = "Idle", _("Idle")


# The four ways to fail; the last three say more than the first.
SPECIFIC_FAILURES = frozenset(
    {UploadStatus.BAD_MESSAGE, UploadStatus.PERMISSION_DENIED, UploadStatus.NOT_SUPPORTED}
)
FAILURES = SPECIFIC_FAILURES | {UploadStatus.UPLOAD_FAILURE}


class LogVerdict(TextChoices):
    QUEUED = "Queued", _("Waiting")
    SENT = "Sent", _("Asked")
    ACCEPTED = "Accepted", _("Accepted")
    UPLOADING = "Uploading", _("Uploading")
    RECEIVED = "Received", _("Received")
    RECEIVED_UNCONFIRMED = "ReceivedUnconfirmed", _("Received, unconfirmed")
    CLAIMED = "Claimed", _("Claimed, no file")
    FAILED = "Failed", _("Failed")
    REJECTED = "Rejected", _("Rejected")
    CANCELED = "Canceled", _("Canceled")
    EXPIRED = "Expired", _("Expired")
    LOST = "Lost", _("Lost")


V = LogVerdict

OPEN = frozenset({V.QUEUED, V.SENT, V.ACCEPTED, V.UPLOADING})
SETTLED = frozenset(V) - OPEN
SUCCEEDED = frozenset({V.RECEIVED, V.RECEIVED_UNCONFIRMED})
FAILED = SETTLED - SUCCEEDED - {V.CANCELED}


class GivenUp(TextChoices):
    """Why nothing more is expected of an upload, though no status ended it."""

    IDLE = "Idle", _("the station says that no upload is running")
    SILENT = "Silent", _("nothing was heard from the station and no file came")


# A file that broke off midway, as the reason of a failed request.
PARTIAL_FILE = "PartialFile"
OPERATOR = "Operator"
SUPERSEDED = "Superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known about one log request; only `judge` draws conclusions."""

    call_status: str = CallStatus.PENDING
    call_error: str = ""
    answer: str = ""  # LogStatusEnumType of GetLogResponse, "" while there is none
    station_status: str = ""  # merged by `merge_status`
    complete_file: bool = False
    partial_file: bool = False
    grace_over: bool = False  # "Uploaded" came, the file did not follow in time
    superseded: bool = False
    canceled: bool = False  # by an operator
    given_up: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: LogVerdict
    reason: str = ""


def merge_status(known: str, heard: str) -> str:
    """The status to keep after `heard` came: repeated, late or contradicting words do no harm.

    "Uploaded" stays (a late "Uploading" does not reopen it); a failure may be followed by a retry;
    the plain "UploadFailure" that some stations add after a specific one does not hide it.
    """
    if heard == UploadStatus.IDLE or known == UploadStatus.UPLOADED:
        return known
    if known == UploadStatus.ACCEPTED_CANCELED and heard != UploadStatus.UPLOADED:
        return known
    if known in SPECIFIC_FAILURES and heard == UploadStatus.UPLOAD_FAILURE:
        return known
    return heard


def judge(facts: Facts) -> Judgement:
    """The verdict on `facts`, strongest evidence first: file, station's word, answer, call."""
    return _by_file(facts) or _by_status(facts) or _by_answer(facts) or _by_call(facts)


def _by_file(facts: Facts) -> Judgement | None:
    if not facts.complete_file:
        return None
    if facts.station_status == UploadStatus.UPLOADED:
        return Judgement(V.RECEIVED)
    return Judgement(V.RECEIVED_UNCONFIRMED, facts.station_status)


def _by_status(facts: Facts) -> Judgement | None:
    status = facts.station_status
    if facts.superseded or status == UploadStatus.ACCEPTED_CANCELED:
        return Judgement(V.CANCELED, SUPERSEDED)
    if facts.canceled:
        return Judgement(V.CANCELED, OPERATOR)
    if status in FAILURES:
        return Judgement(V.FAILED, status)
    if status == UploadStatus.UPLOADED and facts.partial_file:
        return Judgement(V.FAILED, PARTIAL_FILE)
    if status == UploadStatus.UPLOADED and facts.grace_over:
        return Judgement(V.CLAIMED)
    if facts.given_up:
        return Judgement(V.FAILED, PARTIAL_FILE) if facts.partial_file else _lost(facts)
    return None


def _lost(facts: Facts) -> Judgement:
    return Judgement(V.LOST, facts.given_up)


def _by_answer(facts: Facts) -> Judgement | None:
    if facts.answer == "Rejected":
        return Judgement(V.REJECTED)
    if facts.station_status or facts.partial_file:
        return Judgement(V.UPLOADING)
    if facts.answer:
        return Judgement(V.ACCEPTED)
    return None


_BY_CALL = {
    CallStatus.PENDING: V.QUEUED,
    CallStatus.SENT: V.SENT,
    CallStatus.ANSWERED: V.ACCEPTED,
    CallStatus.REFUSED: V.REJECTED,
    CallStatus.TIMED_OUT: V.LOST,
    CallStatus.EXPIRED: V.EXPIRED,
    CallStatus.CANCELED: V.CANCELED,
}


def _by_call(facts: Facts) -> Judgement:
    if facts.call_status == CallStatus.CANCELED and facts.call_error == UNSUPPORTED:
        return Judgement(V.REJECTED, UNSUPPORTED)
    return Judgement(_BY_CALL[CallStatus(facts.call_status)], facts.call_error)
