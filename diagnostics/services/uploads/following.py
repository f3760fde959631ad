"""Files that can be watched while they arrive.

No store shows an object before all of it is there. So the process that receives a file keeps its
last 256 KB in memory, and while somebody watches it puts them into the store beside the file, every
two seconds, for whichever process serves the page. Nobody watching, it costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from diagnostics import archives
from diagnostics.models import LogRequest
from diagnostics.services.files import delete_objects
from diagnostics.services.timeline import Source, note
from diagnostics.storage import ObjectMissing, get_log_store, object_key
from diagnostics.texts.block import Block
from diagnostics.texts.encodings import encoding_of
from diagnostics.texts.tail import Tail

# A page that watches asks again within seconds; one that has gone does not.
WATCHED = timedelta(seconds=20)
# Silence after which whoever received a file has died, and left the end of it behind.
LEFT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Arriving:
    """The end of a file so far; `packing` names the kind of one that is no text, "" of a text."""

    block: Block
    packing: str = ""


def watch(row: LogRequest, *, user: Any) -> None:
    """Somebody looks at the file while it arrives. Once for each opening of the page."""
    note(
        station=row.station,
        log_request=row,
        kind="log.watched",
        source=Source.OPERATOR,
        user=user,
        may_repeat=True,
    )
    keep_watching(row)


def keep_watching(row: LogRequest) -> None:
    LogRequest.objects.filter(pk=row.pk).update(watched_at=timezone.now())


def is_watched(log_request_id: int) -> bool:
    since = timezone.now() - WATCHED
    return LogRequest.objects.filter(pk=log_request_id, watched_at__gt=since).exists()


def show_tail(log_request_id: int, station_identity: str, *, head: bytes, tail: Tail) -> None:
    """Let those who watch see the last lines of a file; `head` is how it begins.

    Raises StorageError.
    """
    key = object_key(station_identity, log_request_id, "arriving")
    LogRequest.objects.filter(pk=log_request_id).update(tail_key=key)
    encoding = encoding_of(head)
    packing = archives.kind_of(head) or ("" if encoding == "utf-8" else "binary")
    block = tail.block()
    about = {"offset": block.offset, "line": block.first_line, "packing": packing}
    upload = get_log_store().open_upload(key)
    try:
        upload.write(json.dumps(about).encode() + b"\n")
        if not packing:
            upload.write(block.data)
        upload.complete()
    except BaseException:
        upload.abort()
        raise


def read_tail(row: LogRequest) -> Arriving | None:
    """What was shown last of the file that arrives; None where nothing was. Raises StorageError."""
    if not row.tail_key:
        return None
    try:
        content = b"".join(get_log_store().read(row.tail_key))
    except ObjectMissing:
        return None
    head, _newline, data = content.partition(b"\n")
    about = json.loads(head)
    block = Block(about["offset"], about["line"], data)
    return Arriving(block, packing=about["packing"])


def forget_tails(now: datetime) -> None:
    """Remove what processes left behind that died while they received a file."""
    silent = Q(receiving_at__isnull=True) | Q(receiving_at__lt=now - LEFT)
    left = LogRequest.objects.filter(silent, watched_at__lt=now - LEFT).exclude(tail_key="")
    _forget(left.values_list("pk", "tail_key")[:100])


def _forget(found: Iterable[tuple[int, str]]) -> None:
    for pk, key in found:
        delete_objects([key])
        LogRequest.objects.filter(pk=pk, tail_key=key).update(tail_key="")
