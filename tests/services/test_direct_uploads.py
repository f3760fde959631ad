"""Files that stations put straight into a real S3 server, found there and recorded."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.conf import app_settings
from diagnostics.models import LogFile, LogRequest, StationInfo
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import files, logs
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads import direct as direct_uploads
from diagnostics.storage import INCOMING, StorageUnavailable, get_log_store, incoming_key
from diagnostics.wording import route_sentence, verdict_sentence
from tests.services.conftest import Dialogue

Ask = Callable[..., LogRequest]
LATER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def on_s3(s3_store_url: str, tmp_path: Any) -> Iterator[None]:
    """The site offers uploads straight to S3, and prefers them."""
    changed = {"LOG_STORE_URL": f"{s3_store_url}/{tmp_path.name}", "UPLOAD_ROUTES": ("direct",)}
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **changed}):
        yield


def puts(row: LogRequest, content: bytes, *, url: str = "") -> int:
    """The station PUTs these bytes where it was told to; the status it gets."""
    command = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-T", "-"]
    done = subprocess.run(
        [*command, url or row.location], input=content, capture_output=True, check=True, timeout=60
    )
    return int(done.stdout)


def says(row: LogRequest, word: str, **more: Any) -> None:
    payload = {"status": word, "requestId": row.request_id, **more}
    assert inbound.receive_call(row.station, "2.0.1", "LogStatusNotification", payload) == {}


def sweep(now: Any = None) -> None:
    log_watch.watch_log_requests(now or timezone.now())


def told(row: LogRequest) -> tuple[str, str]:
    row.refresh_from_db()
    return row.verdict, verdict_sentence(row)


def lying() -> list[str]:
    return [found.key for found in get_log_store().list(INCOMING)]


def test_a_file_is_found_hashed_recorded_and_moved_out_of_reach(
    dialogue: Dialogue, asked: Ask
) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted", "filename": "logs/cs-1.log"})
    assert row.route == "direct" and "X-Amz-Signature=" in row.location
    assert row.signed_until is not None and row.signed_until <= row.address_expires_at
    assert puts(row, b"line of a log\n" * 1000) == 200
    assert direct_uploads.look_for_uploads(timezone.now()).found == {row.pk}
    file = direct_uploads.take_upload(row.pk)
    assert file is not None
    assert (file.size, file.complete, file.name, file.method) == (
        14_000, True, "cs-1.log", "S3 PUT",
    )  # fmt: skip
    assert b"".join(get_log_store().read(file.key)) == b"line of a log\n" * 1000
    assert not file.key.startswith(INCOMING) and lying() == []
    says(row, "Uploaded")
    assert told(row)[0] == "Received"
    assert route_sentence(row.route, row.route_reason) == "Straight to S3: the usual way."


def test_a_claim_is_not_judged_while_the_file_lies_there(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    puts(row, b"log")
    says(row, "Uploaded")
    sweep(timezone.now() + LATER)
    assert told(row)[0] == "Uploading"
    direct_uploads.take_upload(row.pk)
    assert told(row)[0] == "Received"


def test_a_claim_without_a_file_sends_the_next_one_through_this_server(
    dialogue: Dialogue, asked: Ask
) -> None:
    """curl without --fail says nothing of a 403, and the station says Uploaded."""
    row = asked()
    dialogue.answers({"status": "Accepted"})
    assert puts(row, b"log", url=row.location.replace("Signature=", "Signature=0")) == 403
    says(row, "Uploaded")
    sweep(timezone.now() + LATER)
    verdict, sentence = told(row)
    assert verdict == "Claimed"
    assert "no file lay in the store" in sentence and "X-Amz" not in sentence
    again = logs.request_again(row)
    assert again.route == "relay"
    reason = route_sentence(again.route, again.route_reason)
    assert reason.startswith("Through this server instead of straight to S3: that failed with its")
    assert "(Claimed)" in reason


@pytest.mark.parametrize("word", ["PermissionDenied", "BadMessage", "UploadFailure"])
def test_a_failure_sends_the_next_one_through_this_server(
    dialogue: Dialogue, asked: Ask, word: str
) -> None:
    StationInfo.objects.update_or_create(
        station=dialogue.station, defaults={"upload_route": "direct"}
    )
    row = asked()
    dialogue.answers({"status": "Accepted"})
    says(row, word)
    assert logs.request_again(row).route == "relay"
    assert puts(row, b"it worked after all") == 200
    direct_uploads.take_upload(row.pk)
    assert told(row)[0] == "ReceivedUnconfirmed"
    assert logs.request_again(row).route == "direct"


def test_a_second_file_is_a_file_and_the_same_again_is_counted(
    dialogue: Dialogue, asked: Ask
) -> None:
    row = asked()
    for content in (b"first", b"first", b"second"):
        puts(row, content)
        direct_uploads.take_upload(row.pk)
    kept = LogFile.objects.order_by("pk")
    assert [(file.size, file.times_received) for file in kept] == [(5, 2), (6, 1)]
    assert b"".join(get_log_store().read(kept[0].key)) == b"first"


def test_what_replaces_a_file_while_it_is_taken_in_is_taken_in_next(asked: Ask) -> None:
    row = asked()
    puts(row, b"first")
    seen = get_log_store().head(incoming_key(row.pk, row.token))
    puts(row, b"second")
    direct_uploads._remove(seen)
    file = direct_uploads.take_upload(row.pk)
    assert file is not None and file.size == 6


def test_a_file_that_is_too_large_is_not_kept(asked: Ask) -> None:
    row = asked()
    puts(row, bytes(2000))
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "MAX_UPLOAD_SIZE": 1000}):
        assert direct_uploads.take_upload(row.pk) is None
    assert lying() == [] and not row.files.exists()
    note = row.timeline.get(kind="upload.failed")
    assert note.data["info"] == "The file of 2000 bytes is larger than the 1000 allowed."


def test_enough_is_enough(asked: Ask) -> None:
    row = asked()
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "MAX_FILES_PER_REQUEST": 1}):
        for content in (b"first", b"second"):
            puts(row, content)
            direct_uploads.take_upload(row.pk)
    assert row.files.count() == 1 and lying() == []


def test_a_line_that_is_cut_midway_leaves_nothing(asked: Ask) -> None:
    row = asked()
    parts = urlsplit(row.location)
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Length: 9000000\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as line:
        line.sendall(head.encode() + bytes(5_000_000))
    assert puts(row, b"another try") == 200  # so the store has seen the first one out
    file = direct_uploads.take_upload(row.pk)
    assert file is not None and file.size == len(b"another try")
    assert lying() == []


def test_only_one_worker_takes_a_file_in(asked: Ask) -> None:
    row = asked()
    puts(row, b"log")
    LogRequest.objects.filter(pk=row.pk).update(receiving_at=timezone.now())
    assert direct_uploads.take_upload(row.pk) is None
    assert lying() != []
    long_ago = timezone.now() - LATER
    LogRequest.objects.filter(pk=row.pk).update(receiving_at=long_ago)  # a worker that died
    assert direct_uploads.take_upload(row.pk) is not None


def test_idle_is_believed_when_nothing_lies_there(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    says(row, "Idle")
    assert told(row)[0] == "Accepted"
    direct_uploads.take_upload(row.pk, after_idle=True)
    row.refresh_from_db()
    assert (row.verdict, row.reason) == ("Lost", "Idle")
    assert logs.request_again(row).route == "relay"


def test_idle_after_the_upload_loses_nothing(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    puts(row, b"log")
    says(row, "Idle")
    direct_uploads.take_upload(row.pk, after_idle=True)
    assert told(row)[0] == "ReceivedUnconfirmed"


def test_a_store_that_is_away_lets_nobody_judge(
    dialogue: Dialogue, asked: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    puts(row, b"log")
    says(row, "Uploaded")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS}):
        with pytest.raises(StorageUnavailable):
            get_log_store().head("x")
        assert direct_uploads.take_upload(row.pk) is None
        sweep(timezone.now() + LATER)
        assert told(row)[0] == "Uploading"
    monkeypatch.undo()


def test_an_address_that_is_too_long_for_the_station_is_not_given(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x" * 400)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS}):
        row = logs.request_log(station=dialogue.station)
        reason = route_sentence(row.route, row.route_reason)
        length = row.route_reason["length"]
        assert reason == (
            f"Through this server instead of straight to S3: the address has {length} characters "
            "and the station takes 512."
        )
        dialogue.gateway.spoken = OcppVersion.V21
        dialogue.takes()
        row.refresh_from_db()
        assert row.route == "direct" and len(row.location) == pytest.approx(length, abs=8)


def test_get_diagnostics_wants_a_directory(dialogue: Dialogue, asked: Ask) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    row = asked()
    assert row.route == "direct"
    dialogue.refuses("NotImplemented")
    call = dialogue.takes()
    row.refresh_from_db()
    assert (call.wire_action, row.route, row.route_reason["code"]) == (
        "GetDiagnostics", "relay", "unfit",
    )  # fmt: skip
    assert call.wire_payload["location"] == row.location
    puts(
        row,
        b"late, at the first address",
        url=dialogue.taken[0].wire_payload["log"]["remoteLocation"],
    )
    assert direct_uploads.take_upload(row.pk) is not None


def test_stations_that_append_names_are_spared_unless_somebody_chose_for_them(
    dialogue: Dialogue, asked: Ask
) -> None:
    StationInfo.objects.get_or_create(station=dialogue.station)
    row = asked()
    uploads.upload_started(
        uploads.find_upload(row.token),
        name="a.log",
        method="PUT",
        declared_size=3,
        content_type="",
        remote_address="::1",
        name_was_appended=True,
    )
    assert logs.request_again(row).route_reason["code"] == "appends_names"
    StationInfo.objects.update(upload_route="direct")
    assert logs.request_again(row).route_reason["code"] == "chosen"
    StationInfo.objects.update(upload_route="")
    puts(row, b"log")
    LogRequest.objects.update(receiving_at=None)
    direct_uploads.take_upload(row.pk)
    assert logs.request_again(row).route == "direct"  # it left that address alone


def test_a_station_with_an_address_of_its_own_keeps_it(dialogue: Dialogue) -> None:
    StationInfo.objects.update_or_create(
        station=dialogue.station, defaults={"upload_base_url": "http://10.0.0.1"}
    )
    row = logs.request_log(station=dialogue.station)
    assert (row.route, row.route_reason["code"]) == ("relay", "own_address")


def test_a_directory_cannot_be_uploaded_to(dialogue: Dialogue, tmp_path: Any) -> None:
    changed = {**settings.DIAGNOSTICS, "LOG_STORE_URL": f"file://{tmp_path}"}
    with override_settings(DIAGNOSTICS=changed):
        row = logs.request_log(station=dialogue.station)
    assert (row.route, row.route_reason["code"]) == ("relay", "no_s3")


def test_deleting_a_request_deletes_what_lies_there_for_it(
    asked: Ask, django_capture_on_commit_callbacks: Any
) -> None:
    row = asked()
    puts(row, b"log")
    with django_capture_on_commit_callbacks(execute=True):
        files.delete_log_request(row)
    assert lying() == []


def test_what_others_put_there_is_left_alone(asked: Ask) -> None:
    row = asked()
    others = get_log_store().open_upload(incoming_key(row.pk, "another installation"))
    others.write(b"log")
    others.complete()
    assert direct_uploads.look_for_uploads(timezone.now()).found == frozenset()
    assert len(lying()) == 1


def test_the_store_is_not_asked_where_nothing_was_signed(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS}):
        assert app_settings.upload_routes == ("direct",)
        assert not direct_uploads.look_for_uploads(timezone.now()).is_blind
