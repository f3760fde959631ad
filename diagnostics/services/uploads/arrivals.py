"""Files that stations bring: which request an address belongs to, and what arrived there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.exceptions import UploadExpired, UploadUnknown
from diagnostics.gateway import get_gateway
from diagnostics.models import LogFile, LogRequest, StationInfo
from diagnostics.progress import publish_on_commit
from diagnostics.services.files import delete_objects, drop_file
from diagnostics.services.files.examination import request_examination
from diagnostics.services.logs.facts import locked, withdraw_repeat
from diagnostics.services.retention.doomed_objects import doom
from diagnostics.services.timeline import Source, note
from diagnostics.signals import log_file_received

if TYPE_CHECKING:
    from diagnostics.storage import StoredObject


# What a station may do over and over, to be counted.
REFUSED = frozenset({"upload.expired", "upload.too_many", "upload.failed", "upload.wrong_password"})


_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTicket:
    """What an upload address allows: a file of at most `max_bytes` for one log request."""

    log_request_id: int
    station_identity: str
    max_bytes: int


def find_upload(token: str) -> UploadTicket:
    """The ticket of an upload address. Raises UploadUnknown (404) or UploadExpired (410).

    An ended request still takes its file: stations are late, and the file is what was wanted.
    """
    row = LogRequest.objects.select_related("station").filter(token=token).first()
    if row is None:
        raise UploadUnknown("no request has this address")
    return _ticket(row)


def sign_in(user: str, password: str, *, remote_address: str = "") -> UploadTicket:
    """The ticket of a user and password (FTP, SFTP): the two halves of a request's token.

    Raises UploadUnknown when no request has them, and UploadExpired as `find_upload`.
    """
    if _TOKEN.fullmatch(user + password):
        row = LogRequest.objects.select_related("station").filter(token=user + password).first()
        if row is not None and row.upload_user == user:
            return _ticket(row)
    if _TOKEN.fullmatch(user):
        _note_wrong_password(user, remote_address)
    raise UploadUnknown("no request has this user and password")


def _note_wrong_password(user: str, remote_address: str) -> None:
    """Some stations cut or decode a password: whoever waits for the log should know."""
    users = LogRequest.objects.filter(token__startswith=user).select_related("station")
    row = users.filter(address_expires_at__gt=timezone.now()).first()
    if row is not None and row.upload_user == user:
        _note(row, "upload.wrong_password", address=remote_address)


def _ticket(row: LogRequest) -> UploadTicket:
    if row.address_expires_at <= timezone.now():
        _note(row, "upload.expired")
        raise UploadExpired("this address is no longer valid")
    _check_room(row)
    return UploadTicket(
        log_request_id=row.pk,
        station_identity=get_gateway().identity(row.station),
        max_bytes=app_settings.max_upload_size,
    )


def _check_room(row: LogRequest, others: int = 0) -> None:
    if row.files.count() + others >= app_settings.max_files_per_request:
        _note(row, "upload.too_many")
        raise UploadExpired("this address has had enough files")


def find_part(ticket: UploadTicket, name: str) -> LogFile | None:
    """The newest file of this name that the request has, whole or not: what a station resumes.

    A file that was cut off may look whole: FTP cannot tell.
    """
    files = LogFile.objects.filter(log_request=ticket.log_request_id, name=name)
    return files.order_by("received_at", "pk").last()


def upload_started(
    ticket: UploadTicket,
    *,
    name: str,
    method: str,
    declared_size: int | None,
    content_type: str,
    remote_address: str,
    name_was_appended: bool = False,
    continued_at: int = 0,
    others: int = 0,
) -> None:
    """Bytes begin to arrive: the request shows it before the station says "Uploading".

    `continued_at`: how many of its bytes are here from an attempt before, where it resumes;
    `others` are files of the request that arrive beside it. Raises UploadExpired where all of them
    would be too many: a ticket says what was so when it was given.
    """
    row = LogRequest.objects.select_related("station").get(pk=ticket.log_request_id)
    _check_room(row, others)
    with locked(row) as held:
        held.receiving_bytes, held.receiving_size = 0, declared_size
        held.receiving_at = timezone.now()
        withdraw_repeat(held)
        _note(
            held,
            "upload.started",
            name=name,
            size=declared_size,
            method=method,
            address=remote_address,
            continued=continued_at or None,
        )
    if name_was_appended:
        StationInfo.objects.filter(station=row.station, appends_names=None).update(
            appends_names=True
        )


def upload_progress(ticket: UploadTicket, received: int) -> None:
    """`received` bytes so far. For the page only: not a fact that the verdict rests on."""
    LogRequest.objects.filter(pk=ticket.log_request_id).update(
        receiving_bytes=received, receiving_at=timezone.now()
    )
    publish_on_commit("logrequest", ticket.log_request_id, received=received)


def upload_failed(ticket: UploadTicket, *, reason: str) -> None:
    """Nothing of an upload could be kept; `reason` is a sentence for the operator."""
    row = LogRequest.objects.get(pk=ticket.log_request_id)
    with locked(row) as held:
        _forget_progress(held)
        _note(held, "upload.failed", info=reason)


def record_upload(
    ticket: UploadTicket,
    *,
    stored: StoredObject,
    name: str,
    method: str,
    form: str,
    content_type: str,
    declared_size: int | None,
    complete: bool,
    remote_address: str,
    received_at: datetime | None = None,
    continues: LogFile | None = None,
) -> LogFile:
    """A file is in the store: tie it to its request. The same contents again count, once kept.

    Several files for one request are kept: stations retry, and the newest whole one wins. A part
    that this one `continues` is in it, and goes.
    """
    row = LogRequest.objects.get(pk=ticket.log_request_id)
    with locked(row) as held:
        file, created = held.files.get_or_create(
            sha256=stored.sha256,
            size=stored.size,
            complete=complete,
            defaults={
                "key": stored.key,
                "received_at": received_at or timezone.now(),
                "name": name[:255],
                "method": method[:8],
                "form": form,
                "content_type": content_type[:255],
                "declared_size": declared_size,
                "remote_address": remote_address[:64],
            },
        )
        if created:
            request_examination(file)
        else:
            _count_repetition(file, stored.key)
        held.take_figures(file)
        if continues and continues.pk != file.pk and not continues.complete:
            drop_file(continues)
        _forget_progress(held)
        withdraw_repeat(held)
        _note(
            held,
            "upload.received" if complete else "upload.partial",
            name=file.name,
            size=stored.size,
            declared=None if complete else declared_size,
            again=None if created else True,
        )
        transaction.on_commit(lambda: log_file_received.send_robust(sender=LogFile, log_file=file))
    return file


def _count_repetition(file: LogFile, key: str) -> None:
    LogFile.objects.filter(pk=file.pk).update(
        times_received=F("times_received") + 1, received_at=timezone.now()
    )
    if key != file.key:
        doom([key])


def _forget_progress(row: LogRequest) -> None:
    row.receiving_bytes = row.receiving_size = None
    row.receiving_at = None
    if key := row.tail_key:
        row.tail_key = ""
        transaction.on_commit(lambda: delete_objects([key]))


def _note(row: LogRequest, kind: str, **data: Any) -> None:
    note(
        station=row.station,
        log_request=row,
        kind=kind,
        source=Source.FILE,
        may_repeat=kind in REFUSED,
        **data,
    )
