"""The end of a file can be seen while it arrives, by those who watch, and leaves nothing behind."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics.models import LogRequest, TimelineEntry
from diagnostics.services import files
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads import following
from diagnostics.storage import ObjectMissing, get_log_store
from diagnostics.testing.factories import make_log_request
from diagnostics.texts.tail import Tail
from diagnostics.uploads import reception
from diagnostics.uploads.reception import Announcement, Reception
from tests.services.conftest import make_station
from tests.services.test_reading import store_url

__all__ = ["store_url"]


@pytest.fixture
def row(transactional_db: None) -> LogRequest:
    return make_log_request(make_station())


@pytest.fixture
def arriving(row: LogRequest, monkeypatch: pytest.MonkeyPatch) -> Reception:
    """A file on its way in, which tells how far it is at every piece."""
    monkeypatch.setattr(reception, "PROGRESS_SECONDS", 0.0)
    begun = Reception(uploads.find_upload(row.token), Announcement(name="cs.log", method="PUT"))
    begun.begin()
    return begun


def fresh(row: LogRequest) -> LogRequest:
    return LogRequest.objects.get(pk=row.pk)


def test_the_last_lines_are_seen_while_somebody_watches(
    store_url: None, row: LogRequest, arriving: Reception
) -> None:
    arriving.write([b"one\ntwo\n"])
    assert following.read_tail(fresh(row)) is None  # nobody watches
    following.watch(row, user=None)
    assert TimelineEntry.objects.filter(log_request=row, kind="log.watched").count() == 1
    arriving.write([b"three\nfo"])
    seen = following.read_tail(fresh(row))
    assert seen is not None
    assert (seen.block.first_line, seen.block.data, seen.packing) == (0, b"one\ntwo\nthree\nfo", "")
    arriving.write([b"%d\n" % number * 20_000 for number in range(9)])
    seen = following.read_tail(fresh(row))
    assert seen is not None
    assert seen.block.data.endswith(b"8\n") and len(seen.block.data) <= 256 * 1024
    assert seen.block.first_line + seen.block.data.count(b"\n") == 3 + 9 * 20_000
    key = fresh(row).tail_key
    arriving.finish(whole=True)
    assert fresh(row).tail_key == ""
    with pytest.raises(ObjectMissing):
        get_log_store().size(key)


def test_what_arrives_packed_is_named_and_not_shown(row: LogRequest, arriving: Reception) -> None:
    following.watch(row, user=None)
    arriving.write([gzip.compress(b"secret")])
    seen = following.read_tail(fresh(row))
    assert seen is not None and (seen.packing, seen.block.data) == ("gzip", b"")


def test_what_a_dead_process_left_behind_is_swept(row: LogRequest, arriving: Reception) -> None:
    following.watch(row, user=None)
    arriving.write([b"one\n"])
    key = fresh(row).tail_key
    following.forget_tails(timezone.now())
    assert fresh(row).tail_key == key
    following.forget_tails(timezone.now() + timedelta(hours=1))
    assert fresh(row).tail_key == ""
    with pytest.raises(ObjectMissing):
        get_log_store().size(key)


@pytest.mark.parametrize("end", ["delete", "fail"])
def test_it_goes_with_the_request_and_with_a_failed_upload(
    row: LogRequest, arriving: Reception, end: str
) -> None:
    following.watch(row, user=None)
    arriving.write([b"one\n"])
    key = fresh(row).tail_key
    if end == "delete":
        files.delete_log_request(fresh(row))
    else:
        uploads.upload_failed(uploads.find_upload(row.token), reason="The line broke.")
    with pytest.raises(ObjectMissing):
        get_log_store().size(key)


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
def test_a_tail_begins_with_a_whole_line_and_knows_its_number(step: int) -> None:
    text = b"".join(b"line %d\n" % number for number in range(100))
    tail = Tail(most=64)
    for start in range(0, len(text), step):
        tail.add(text[start : start + step])
        came = text[: start + step]
        block: Any = tail.block()
        assert came[block.offset :] == block.data
        assert came[: block.offset].count(b"\n") == block.first_line
        assert block.offset == 0 or came[block.offset - 1 : block.offset] == b"\n"
        assert len(block.data) <= 64
