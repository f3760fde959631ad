"""The log dialogue from the station's side: GetLog or GetDiagnostics, statuses, uploads (N01)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from diagnostics.testing.behaviour import AnswerMoment, NameUse
from diagnostics.testing.dialects import LogOrder
from diagnostics.testing.host import Host
from diagnostics.testing.logs import (
    USUAL_SPAN,
    LogForm,
    make_diagnostics_log,
    make_security_log,
    pack,
)
from diagnostics.testing.uploads import Upload
from diagnostics.testing.work import StartUpload, StopUpload, UploadEnd

#: Seconds between two attempts where the request says nothing.
RETRY_INTERVAL = 1.0

#: The calls that order a log; their answers may come late.
ORDERS = frozenset({"GetLog", "GetDiagnostics"})

_RETRY = "log retry"


@dataclass(slots=True)
class LogJob:
    """A log being delivered. `answering` is the message id while the answer is still owed."""

    order: LogOrder
    filename: str
    answering: str | None
    status: str = "Accepted"
    attempts: int = 0
    upload: Upload | None = None


class LogDesk:
    """Takes log orders one at a time and says how far each got."""

    def __init__(self, station: Host, *, size: int, form: LogForm) -> None:
        self._station = station
        self._size = size
        self._form = form
        self._uploads = 0
        self._will_boot = station.behaviour.boots_during_upload
        self._last_request_id: int | None = None
        self.job: LogJob | None = None

    def take_order(self, message_id: str, order: LogOrder) -> None:
        """Answer GetLog or GetDiagnostics, and begin."""
        behaviour = self._station.behaviour
        older = self.job
        # 1.6 has no cancel for GetDiagnostics: a busy station has no diagnostics available.
        if not behaviour.accepts_logs or (order.legacy and older is not None):
            self._answer(message_id, order, "Rejected", "")
            return
        status = "Accepted" if older is None else "AcceptedCanceled"
        job = LogJob(order, self._filename(order), message_id, status)
        if behaviour.answer_moment is AnswerMoment.AT_ONCE:
            self._accept(job)
        self._cancel(older)
        self.job, self._last_request_id = job, order.request_id
        self._say_uploading()
        if behaviour.answer_moment is AnswerMoment.AFTER_UPLOADING:
            self._accept(job)
        self._attempt(job)

    def upload_ended(self, upload: Upload, end: UploadEnd) -> None:
        """The transfer of an upload is over; one that was stopped is of no interest."""
        job = self.job
        if job is None or job.upload is not upload:
            return
        if self._will_boot:
            self._will_boot = False
            self._station.reboot("Watchdog")
        elif self._is_success(end):
            self._finish(job, "Uploaded")
        else:
            self._fail(job, _failure_word(end))

    def status_asked(self, *, legacy: bool) -> None:
        """Say how the upload stands: Uploading, or Idle without id (F06.FR.14, F06.FR.15)."""
        if self.job is not None:
            self._say("Uploading", self.job.order)
            return
        request_id = self._last_request_id if self._station.behaviour.idle_has_request_id else None
        self._station.say_log_status("Idle", request_id, legacy=legacy)

    def forget(self) -> None:
        """A reboot: whatever was going on has never been."""
        if self.job is not None and self.job.upload is not None:
            self._station.add_work(StopUpload(self.job.upload))
        self.job = self._last_request_id = None

    # Steps

    def _accept(self, job: LogJob) -> None:
        if job.answering is None:
            return
        message_id, job.answering = job.answering, None
        self._answer(message_id, job.order, job.status, job.filename)
        if self._station.behaviour.hangs_up_after_answer:
            self._station.hang_up()

    def _cancel(self, job: LogJob | None) -> None:
        """A newer order ends the older one, which gets a status of its own (N01.FR.20)."""
        if job is None:
            return
        self._station.forget_later(_RETRY)
        if job.upload is not None:
            self._station.add_work(StopUpload(job.upload))
        self._say("AcceptedCanceled", job.order)
        self._accept(job)

    def _attempt(self, job: LogJob) -> None:
        job.attempts += 1
        behaviour = self._station.behaviour
        if job.attempts <= behaviour.failing_attempts:
            self._fail(job, "UploadFailure")
        elif not behaviour.transfers and behaviour.claims_success:
            self._finish(job, "Uploaded")
        elif not behaviour.transfers:
            self._give_up(job, "UploadFailure")
        elif urlsplit(job.order.location).scheme not in behaviour.transfers_by:
            self._give_up(job, "NotSupportedOperation")
        else:
            self._start_upload(job)

    def _start_upload(self, job: LogJob) -> None:
        self._uploads += 1
        behaviour = self._station.behaviour
        if self._will_boot:
            behaviour = replace(behaviour, sends_part=0.5)
        job.upload = Upload(
            number=self._uploads,
            location=job.order.location,
            filename=job.filename,
            content=self._content(job),
            behaviour=behaviour,
        )
        self._station.add_work(StartUpload(job.upload))

    def _fail(self, job: LogJob, word: str) -> None:
        """End one attempt; statuses of failures wait for the last one (N01.FR.10)."""
        failing = self._station.behaviour.failing_attempts
        if job.attempts > job.order.retries + failing:
            self._give_up(job, word)
            return
        if job.attempts <= failing:
            self._say(word, job.order)
        interval = job.order.retry_interval
        self._station.later(
            _RETRY, RETRY_INTERVAL if interval is None else interval, lambda: self._retry(job)
        )

    def _retry(self, job: LogJob) -> None:
        self._say_uploading()
        self._attempt(job)

    def _give_up(self, job: LogJob, word: str) -> None:
        *earlier, last = self._station.behaviour.failure_words or (word,)
        for other in earlier:
            self._say(other, job.order)
        self._finish(job, last)

    def _finish(self, job: LogJob, word: str) -> None:
        if word != "Uploaded" or self._station.behaviour.tells_success:
            self._say(word, job.order)
        self.job = None
        self._accept(job)

    # Words

    def _answer(self, message_id: str, order: LogOrder, status: str, filename: str) -> None:
        answer = self._station.dialect.log_answer(order, status, filename)
        self._station.answer(message_id, answer)
        self._station.tell(f"asked for {order.log_type}: {status}")

    def _say_uploading(self) -> None:
        if self.job is not None:
            for _ in range(self._station.behaviour.uploading_times):
                self._say("Uploading", self.job.order)

    def _say(self, status: str, order: LogOrder) -> None:
        self._station.say_log_status(status, order.request_id, legacy=order.legacy)

    def _is_success(self, end: UploadEnd) -> bool:
        behaviour = self._station.behaviour
        if not end.whole:
            return False
        if end.answer is None:
            return not behaviour.reads_response
        return 200 <= end.answer < 300 or not behaviour.heeds_http_errors

    # Files

    def _filename(self, order: LogOrder) -> str:
        security = order.log_type == "SecurityLog"
        ending = "csv" if security else self._form.value
        moment = self._station.clock()
        if self._station.behaviour.name_use is NameUse.ALWAYS:
            return f"diagnostics-{moment:%Y-%m-%dT%H:%M:%SZ}.{ending}"
        kind = "security" if security else "diagnostics"
        return f"{self._station.device.serial_number}-{kind}-{moment:%Y%m%d%H%M%S}.{ending}"

    def _content(self, job: LogJob) -> bytes:
        oldest, latest = self._span(job.order)
        span: dict[str, Any] = {"oldest": oldest, "latest": latest, "size": self._size}
        seed = f"{self._station.device.serial_number}/{job.order.request_id}"
        if job.order.log_type == "SecurityLog":
            return make_security_log(**span, seed=seed)
        name = self._station.device.serial_number
        content = make_diagnostics_log(**span, seed=seed, name=name)
        return pack(content, self._form, f"{name}.log")

    def _span(self, order: LogOrder) -> tuple[datetime, datetime]:
        now = self._station.clock()
        if not self._station.behaviour.heeds_window:
            return now - 7 * USUAL_SPAN, now
        latest = order.latest or max(now, order.oldest or now)
        return order.oldest or latest - USUAL_SPAN, latest


def _failure_word(end: UploadEnd) -> str:
    """The status for a failed transfer, as detailed as stations are at best (3.1)."""
    return "PermissionDenied" if end.answer in (401, 403, 530, 550) else "UploadFailure"
