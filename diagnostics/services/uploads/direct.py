"""Files that stations put straight into the store, at an address that was signed for them.

Nobody tells us of them: they are found. A sweep lists what lies under `incoming/`, and a station's
last word has its request looked after at once. A worker then takes the file in: it copies the
object to where no signature reaches, reads the copy once for its SHA-256, records it as any other
upload, and removes the object. So whatever lies there is news, and a file that a station puts
there again is a file of its own.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.db.models import Q, QuerySet
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.jobs import enqueue
from diagnostics.lifecycles.log_request import GivenUp, UploadStatus
from diagnostics.models import LogFile, LogRequest, StationInfo
from diagnostics.models.log_file import UploadForm
from diagnostics.models.log_request import BYTES_ARE_RECENT
from diagnostics.services.logs.facts import TAKE_UPLOAD, locked
from diagnostics.services.retention.doomed_objects import reprieve
from diagnostics.services.sweeping import turn_at_the_store
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads.arrivals import UploadTicket
from diagnostics.storage import (
    INCOMING,
    ObjectChanged,
    ObjectFacts,
    ObjectMissing,
    StorageError,
    StoredObject,
    get_log_store,
    incoming_key,
    incoming_request,
    object_key,
)

logger = logging.getLogger(__name__)

# A signature is looked at when an upload begins: one may end this much later.
LATE = timedelta(hours=6)
PROGRESS_SECONDS = 2.0
# Files that one sweep hands out; those it hands out again are no work.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Sighting:
    """Requests whose file lies in the store. `is_blind`: the store could not be asked."""

    found: frozenset[int] = frozenset()
    is_blind: bool = False


def look_for_uploads(now: datetime) -> Sighting:
    """Have workers take in what lies in the store: one question to it, for all requests."""
    if not LogRequest.objects.filter(signed_until__gt=now - LATE).exists():
        return Sighting()
    keys = _incoming()
    if keys is None:
        return Sighting(is_blind=True)
    found = [row for row in _named(keys) if incoming_key(row.pk, row.token) in keys]
    for row in [row for row in found if not row.is_receiving(now)][:BATCH]:
        enqueue(TAKE_UPLOAD, row.pk, slow=True)
    return Sighting(frozenset(row.pk for row in found))


def _incoming() -> set[str] | None:
    """What lies in the store; None where it does not say, or still owes the answer to another."""
    with turn_at_the_store() as is_ours:
        if not is_ours:
            return None
        try:
            return {found.key for found in get_log_store().list(INCOMING)}
        except StorageError as error:
            logger.warning("Uploads straight into the store cannot be seen: %s", error)
            return None


def _named(keys: Iterable[str]) -> QuerySet[LogRequest]:
    """The requests that these keys speak of; an installation that shares the bucket has others."""
    numbers = [number for key in keys if (number := incoming_request(key)) is not None]
    return LogRequest.objects.filter(signed_until__isnull=False, pk__in=numbers)


def take_upload(log_request_id: int, *, after_idle: bool = False) -> LogFile | None:
    """Take the file of a request in, if it lies there and nobody else does so.

    `after_idle`: the station says that no upload is running, so that without a file none comes.
    What the store does not give now stays where it is, for the next sweep.
    """
    row = LogRequest.objects.select_related("station").filter(pk=log_request_id).first()
    if row is None or row.signed_until is None:
        return None
    try:
        found = get_log_store().head(incoming_key(row.pk, row.token))
        return _take(row, found) if _claim(row, found) else None
    except ObjectMissing:
        if after_idle:
            _end_by_idle(row)
    except StorageError as error:
        logger.warning("The upload of log request %s stays where it is: %s", row.pk, error)
        LogRequest.objects.filter(pk=row.pk).update(receiving_at=None, receiving_bytes=None)
    return None


def _claim(row: LogRequest, found: ObjectFacts) -> bool:
    """Compare-and-set: the file is ours to take in, unless somebody gets on with it."""
    now = timezone.now()
    idle = Q(receiving_at__isnull=True) | Q(receiving_at__lte=now - BYTES_ARE_RECENT)
    claimed = LogRequest.objects.filter(idle, pk=row.pk).update(
        receiving_at=now, receiving_bytes=0, receiving_size=found.size
    )
    return bool(claimed)


def _take(row: LogRequest, found: ObjectFacts) -> LogFile | None:
    ticket = UploadTicket(
        log_request_id=row.pk,
        station_identity=get_gateway().identity(row.station),
        max_bytes=app_settings.max_upload_size,
    )
    if problem := _problem(row, found, ticket):
        uploads.upload_failed(ticket, reason=problem)
        _remove(found)
        return None
    stored = _copy(ticket, found)
    file = uploads.record_upload(
        ticket,
        stored=stored,
        name=_announced_name(row),
        method="S3 PUT",
        form=UploadForm.RAW,
        content_type=found.content_type,
        declared_size=found.size,
        complete=True,
        remote_address="",
        received_at=found.modified,
    )
    StationInfo.objects.filter(station=row.station).update(appends_names=False)
    _remove(found)
    return file


def _problem(row: LogRequest, found: ObjectFacts, ticket: UploadTicket) -> str:
    """Why the file is not taken, in a sentence; "" where it is."""
    if found.size > ticket.max_bytes:
        return f"The file of {found.size} bytes is larger than the {ticket.max_bytes} allowed."
    if row.files.count() >= app_settings.max_files_per_request:
        return "The request has had enough files."
    return ""


def _copy(ticket: UploadTicket, found: ObjectFacts) -> StoredObject:
    """The object under its own key, made of what it is: the same attempt twice is one object."""
    store = get_log_store()
    upload = f"{found.etag.strip(chr(34))}-{found.modified:%Y%m%d%H%M%S}"
    key = object_key(ticket.station_identity, ticket.log_request_id, upload)
    reprieve(key)
    store.copy(found.key, key, etag=found.etag)
    digest, size, shown_at = hashlib.sha256(), 0, time.monotonic()
    for piece in store.read(key):
        digest.update(piece)
        size += len(piece)
        if time.monotonic() - shown_at > PROGRESS_SECONDS:
            uploads.upload_progress(ticket, size)
            shown_at = time.monotonic()
    return StoredObject(key, size, digest.hexdigest())


def _announced_name(row: LogRequest) -> str:
    """The last part of what the station said its file is called; S3 keeps no name."""
    return PurePosixPath(row.filename.replace("\\", "/")).name


def _remove(found: ObjectFacts) -> None:
    """Unless a newer one has taken its place: that is taken in next."""
    with suppress(ObjectChanged):
        get_log_store().delete(found.key, etag=found.etag)


def _end_by_idle(row: LogRequest) -> None:
    with locked(row) as held:
        if held.station_status != UploadStatus.UPLOADED:
            held.given_up = GivenUp.IDLE
