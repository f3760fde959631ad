"""Files are examined once by whoever comes first, again by hand, and never lost on the way."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import tasks
from diagnostics.models import LogFile, LogRequest
from diagnostics.services import files
from diagnostics.services.files import contents, examination
from diagnostics.services.files.examination import examine, request_examination, sweep_examinations
from diagnostics.services.files.reading import open_text
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.storage import ObjectMissing, StorageUnavailable, get_log_store
from diagnostics.testing.factories import make_log_file, make_log_request
from tests.archives.hostile import tarred, zeros_gz, zipped
from tests.services.conftest import make_station

LOG = b"".join(b"2026-03-02T08:00:07Z INFO line %d\n" % number for number in range(30_000))


@pytest.fixture
def row(db: None) -> LogRequest:
    return make_log_request(make_station())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The files that workers were told to examine, instead of telling them."""
    told: list[int] = []
    monkeypatch.setattr(examination, "enqueue", lambda _task, pk, **_: told.append(pk))
    return told


def fresh(file: LogFile) -> LogFile:
    return LogFile.objects.get(pk=file.pk)


def made(file: LogFile, **columns: Any) -> LogFile:
    LogFile.objects.filter(pk=file.pk).update(**columns)
    return fresh(file)


def test_an_upload_is_examined_after_it_was_recorded(
    row: LogRequest, sent: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    upload = get_log_store().open_upload("tests/upload")
    upload.write(LOG)
    with django_capture_on_commit_callbacks(execute=True):
        file = uploads.record_upload(
            uploads.find_upload(row.token),
            stored=upload.complete(),
            name="cs.log",
            method="PUT",
            form="raw",
            content_type="",
            declared_size=None,
            complete=False,
            remote_address="",
        )
        assert sent == []
    assert sent == [file.pk]
    tasks.examine_file(file.pk)
    file = fresh(file)
    assert (file.examination, file.kind, file.examined_bytes) == ("Done", "text", len(LOG))
    assert open_text(file).lines == 30_000


@pytest.mark.parametrize(
    ("content", "kind", "kinds"),
    [
        (LOG, "text", ["text"]),
        (b"", "empty", ["empty"]),
        (bytes(999), "binary", ["binary"]),
        (b'{"level":"info","ts":1772438407}\n' * 9, "json", ["json"]),
        (b"timestamp,type,techInfo\n2026,a,b\n2026,c,d\n", "csv", ["csv"]),
        (gzip.compress(LOG), "gzip", ["text"]),
        (gzip.compress(tarred({"a": LOG, "b": b"[1]"})), "tar.gz", ["text", "json"]),
        (zipped({"a": LOG, "b/": b"", "c": b""}), "zip", ["text", "empty"]),
        (zipped({}), "zip", []),
        (b"\x0a\x0d\x0d\x0a" + bytes(99), "pcap", ["pcap"]),
    ],
)
def test_a_file_is_what_its_bytes_say(
    row: LogRequest, content: bytes, kind: str, kinds: list[str]
) -> None:
    file = make_log_file(row, content, name="lies.exe", content_type="image/png")
    examine(file.pk)
    assert fresh(file).kind == kind
    assert [member.kind for member in file.members.listed()] == kinds


def test_what_is_packed_gets_one_copy_that_goes_with_the_file(
    row: LogRequest, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    file = make_log_file(row, zipped({"a": LOG, "b": LOG[:99], "c": bytes(99)}))
    examine(file.pk)
    file = fresh(file)
    assert files.store_keys(file) == [file.key, file.copy_key]
    assert get_log_store().size(file.copy_key) < len(LOG) / 5
    with django_capture_on_commit_callbacks(execute=True):
        files.delete_log_request(row)
    for key in (file.key, file.copy_key):
        with pytest.raises(ObjectMissing):
            get_log_store().size(key)


def test_examined_again_it_is_the_same(row: LogRequest, sent: list[int]) -> None:
    file = make_log_file(row, zipped({"a": LOG, "b": LOG}))
    examine(file.pk)
    before = [(each.path, each.lines, bytes(each.blocks)) for each in file.members.all()]
    examine(file.pk)  # a task that came twice
    request_examination(file)
    assert fresh(file).examination == "Waiting"
    assert file.members.count() == 2  # as before, until the new ones are there
    examine(file.pk)
    assert [(each.path, each.lines, bytes(each.blocks)) for each in file.members.all()] == before
    assert open_text(fresh(file), 1).lines == 30_000


def test_a_running_examination_is_left_alone_until_it_stops_getting_on(row: LogRequest) -> None:
    file = make_log_file(row, LOG)
    made(file, examination="Running", examination_at=timezone.now())
    examine(file.pk)
    assert fresh(file).examination == "Running"
    made(file, examination_at=timezone.now() - 2 * examination.STALE)
    examine(file.pk)
    assert fresh(file).examination == "Done"


def test_a_sweep_asks_again_for_what_nobody_began_or_somebody_left(
    row: LogRequest, sent: list[int]
) -> None:
    now = timezone.now()
    late = now - timedelta(hours=1)
    lost = made(make_log_file(row, b"1"), examination_at=late)
    never = made(make_log_file(row, b"2"), examination_at=None)
    died = made(make_log_file(row, b"3"), examination="Running", examination_at=late)
    made(make_log_file(row, b"4"), examination_at=now)
    made(make_log_file(row, b"5"), examination="Running", examination_at=now)
    made(make_log_file(row, b"6"), examination="Done", examination_at=late)
    sweep_examinations(now)
    assert sorted(sent) == sorted([lost.pk, never.pk, died.pk])
    sweep_examinations(now)
    assert sorted(sent) == sorted([lost.pk, never.pk, died.pk, died.pk])


def test_a_store_that_is_away_is_tried_again_a_few_times(
    row: LogRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StorageUnavailable("away")

    file = make_log_file(row, LOG)
    with monkeypatch.context() as patch:
        patch.setattr(contents, "get_log_store", away)
        for _ in range(examination.MOST_TRIES - 1):
            examine(file.pk)
            assert fresh(file).examination == "Waiting"
        examine(file.pk)
    assert (fresh(file).examination, fresh(file).problem) == ("Failed", "gave_up")
    request_examination(file)
    examine(file.pk)
    assert (fresh(file).examination, fresh(file).problem) == ("Done", "")


def test_a_file_that_kills_its_worker_is_given_up(row: LogRequest) -> None:
    file = made(make_log_file(row, LOG), examination_tries=examination.MOST_TRIES)
    examine(file.pk)
    assert (fresh(file).examination, fresh(file).problem) == ("Failed", "gave_up")


def test_a_file_that_is_gone_is_said_to_be_gone(row: LogRequest) -> None:
    file = make_log_file(row, LOG)
    get_log_store().delete(file.key)
    examine(file.pk)
    assert (fresh(file).examination, fresh(file).problem) == ("Failed", "gone")


def test_a_file_that_is_deleted_meanwhile_leaves_no_copy(
    row: LogRequest, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    file = make_log_file(row, gzip.compress(LOG))
    look_into = contents.look_into

    def deleted_meanwhile(*args: Any) -> contents.Contents:
        found = look_into(*args)
        LogFile.objects.all().delete()
        return found

    monkeypatch.setattr(examination, "look_into", deleted_meanwhile)
    with django_capture_on_commit_callbacks(execute=True):
        examine(file.pk)
    with pytest.raises(ObjectMissing):
        get_log_store().size(f"{file.key}.text")


def test_a_bomb_keeps_its_beginning(row: LogRequest) -> None:
    small = {**settings.DIAGNOSTICS, "MAX_UNPACKED_SIZE": 3_000_000}
    file = make_log_file(row, zipped({"a": LOG, "bomb.gz": zeros_gz(20_000_000, b"0"), "b": LOG}))
    with override_settings(DIAGNOSTICS=small):
        examine(file.pk)
    log, bomb, after = file.members.all()
    assert (log.lines, log.problem) == (30_000, "")
    assert (bomb.problem, after.problem) == ("too_large", "too_large")
    assert fresh(file).examination == "Done"
