"""Every way in which a station is known to bring its log, against a real server."""

import hashlib
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from diagnostics.models.log_file import UploadForm
from tests.uploads.bodies import LOG, form, openevse, zaptec
from tests.uploads.conftest import Address, content_of, curl, stored_keys


def test_a_put_is_stored_with_its_hash_and_answered_with_exactly_200(address, log_file):
    answer = curl("-T", str(log_file), address.url)
    assert (answer.status, answer.text) == (200, "ok")
    (file,) = address.files()
    content = log_file.read_bytes()
    assert content_of(file) == content
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert (file.size, file.declared_size) == (len(content), len(content))
    assert (file.method, file.form, file.complete) == ("PUT", UploadForm.RAW, True)
    assert file.remote_address == "127.0.0.1"


def test_a_name_that_curl_appends_with_escaped_colons_is_shown(address, log_file):
    assert curl("-T", str(log_file), f"{address.url}/").status == 200
    assert address.files()[0].name == "diagnostics-2026-03-02T08:00:00Z.log"


@pytest.mark.parametrize(
    ("appended", "name"),
    [
        ("", ""),
        ("/", ""),
        ("/diagnostics.log", "diagnostics.log"),
        ("/T03%3a04%3a05.log?x=1", "T03:04:05.log"),
        ("//etc/passwd", "passwd"),
        ("/..%2F..%2Fpasswd", "passwd"),
        ("/%00%0a%1bx", "x"),
        ("/%FF%FE", "\ufffd\ufffd"),
    ],
)
def test_whatever_is_appended_is_a_name_and_nothing_else(address, appended, name, log_directory):
    answer = curl("--path-as-is", "--data-binary", "log", "-X", "PUT", address.url + appended)
    assert answer.status == 200
    (file,) = address.files()
    assert file.name == name
    assert stored_keys(log_directory) == [file.key]


def test_a_header_may_name_the_file(address):
    header = "Content-Disposition: attachment; filename*=UTF-8''st%C3%B6rung.log"
    assert curl("--data-binary", "log", "-H", header, address.url).status == 200
    assert address.files()[0].name == "st\u00f6rung.log"


def test_a_post_of_bytes_is_kept_as_it_came(address, log_file):
    assert curl("--data-binary", f"@{log_file}", address.url).status == 200
    (file,) = address.files()
    assert content_of(file) == log_file.read_bytes()
    assert (file.method, file.form) == ("POST", UploadForm.RAW)
    assert file.content_type == "application/x-www-form-urlencoded"


def test_a_form_is_unwrapped_and_its_envelope_does_not_stay(address, log_file, log_directory):
    assert curl("-F", "station=CS-1", "-F", f"file=@{log_file}", address.url).status == 200
    (file,) = address.files()
    assert content_of(file) == log_file.read_bytes()
    assert file.sha256 == hashlib.sha256(log_file.read_bytes()).hexdigest()
    assert (file.form, file.name) == (UploadForm.MULTIPART, log_file.name)
    assert stored_keys(log_directory) == [file.key]


def test_chunks_without_a_length_are_stored(address, log_file):
    chunked = ("-H", "Transfer-Encoding: chunked")
    assert curl("-T", str(log_file), *chunked, address.url).status == 200
    (file,) = address.files()
    assert content_of(file) == log_file.read_bytes()
    assert (file.declared_size, file.complete) == (None, True)


def test_a_station_that_asks_first_is_told_to_go_on(address, log_file):
    answer = curl("-v", "-H", "Expect: 100-continue", "-T", str(log_file), address.url)
    assert answer.status == 200
    assert address.files()[0].size == log_file.stat().st_size


def test_an_empty_file_is_a_file(address):
    assert curl("-X", "PUT", "-H", "Content-Length: 0", address.url).status == 200
    (file,) = address.files()
    assert (file.size, file.complete) == (0, True)


@pytest.mark.parametrize("body", [openevse, zaptec], ids=["OpenEVSE", "Zaptec"])
def test_broken_forms_from_the_field_give_their_file(address, tmp_path, body):
    content_type, sent = body(LOG)
    (tmp_path / "body").write_bytes(sent)
    arguments = ("--data-binary", f"@{tmp_path / 'body'}", "-H", f"Content-Type: {content_type}")
    assert curl(*arguments, address.url).status == 200
    (file,) = address.files()
    assert content_of(file) == LOG
    assert file.form == UploadForm.SALVAGED
    assert file.name.startswith("diagnostics")


def test_a_form_that_announces_nothing_is_seen_by_its_look(address, tmp_path):
    (tmp_path / "body").write_bytes(form()[1])
    sent = ("--data-binary", f"@{tmp_path / 'body'}", "-H", "Content-Type:")
    assert curl(*sent, address.url).status == 200
    assert content_of(address.files()[0]) == LOG


def test_what_only_claims_to_be_a_form_is_kept_whole(address):
    header = "Content-Type: multipart/form-data; boundary=x"
    assert curl("--data-binary", "no form at all", "-H", header, address.url).status == 200
    (file,) = address.files()
    assert content_of(file) == b"no form at all"
    assert file.form == UploadForm.RAW_MULTIPART


def test_the_same_file_twice_counts_and_a_different_one_is_kept_too(address, log_directory):
    for content in ("one", "one", "two"):
        assert curl("--data-binary", content, address.url).status == 200
    assert [file.times_received for file in address.files()] == [2, 1]
    assert stored_keys(log_directory) == sorted(file.key for file in address.files())


def test_an_unknown_address_is_404_before_a_byte_is_sent(server, log_file):
    asking = ("-H", "Expect: 100-continue", "-T", str(log_file))
    for path in ("/u/unknown", "/u/unknown/", "/u/a%00b/x", "/u/", "/elsewhere"):
        answer = curl(*asking, "-w", "%{size_upload}", server + path)
        assert answer.status == 404
        assert "connection: close" in answer.headers
        assert answer.text.endswith("\n0") or "/u/" == path


def test_an_expired_address_is_410(address, log_file):
    address.request.address_expires_at = timezone.now() - timedelta(seconds=1)
    address.request.save()
    assert curl("-T", str(log_file), "-H", "Expect: 100-continue", address.url).status == 410
    assert curl("-T", str(log_file), "-H", "Expect:", address.url).status == 410
    assert address.notes()[0][0] == "upload.expired"
    assert address.files() == []


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
def test_an_announced_size_over_the_limit_is_413_and_noted(address, log_file, configured, expect):
    configured(MAX_UPLOAD_SIZE=1_000_000)
    answer = curl("-T", str(log_file), "-H", expect, address.url)
    assert answer.status == 413
    assert "location" not in answer.headers
    assert address.files() == []
    ((kind, reason),) = address.notes()
    assert kind == "upload.failed"
    assert "1000000" in reason


def test_too_much_without_a_length_is_413_and_what_fits_is_kept(address, log_file, configured):
    configured(MAX_UPLOAD_SIZE=1_000_000)
    chunked = ("-H", "Transfer-Encoding: chunked")
    assert curl("-T", str(log_file), *chunked, address.url).status == 413
    (file,) = address.files()
    assert content_of(file) == log_file.read_bytes()[:1_000_000]
    assert not file.complete


def test_a_file_exactly_as_large_as_allowed_is_taken(address, log_file, configured):
    configured(MAX_UPLOAD_SIZE=log_file.stat().st_size)
    chunked = ("-H", "Transfer-Encoding: chunked")
    assert curl("-T", str(log_file), *chunked, address.url).status == 200
    assert address.files()[0].complete


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_405_and_told_what_is_allowed(address, method):
    how = ("--head",) if method == "HEAD" else ("-X", method)
    answer = curl(*how, address.url)
    assert answer.status == 405
    assert "allow: put, post" in answer.headers
    assert address.notes() == []


def test_an_upload_lands_in_s3(address: Address, configured, s3_store_url, tmp_path):
    configured(LOG_STORE_URL=s3_store_url)
    (tmp_path / "big.bin").write_bytes(os.urandom(20_000_000))
    assert curl("-F", f"file=@{tmp_path / 'big.bin'}", address.url).status == 200
    assert curl("-T", str(tmp_path / "big.bin"), address.url).status == 200
    (file,) = address.files()  # the same contents, by two ways
    assert file.times_received == 2
    assert content_of(file) == (tmp_path / "big.bin").read_bytes()


def test_a_store_without_room_is_507_and_the_attempt_is_noted(address, configured):
    huge = ("-H", f"Content-Length: {1 << 50}", "-H", "Expect: 100-continue")
    configured(MAX_UPLOAD_SIZE=1 << 60)
    answer = curl(*huge, "-X", "PUT", "--data-binary", "x", address.url)
    assert answer.status == 507
    assert [kind for kind, _ in address.notes()] == ["upload.started", "upload.failed"]


def test_a_store_that_is_away_is_503_and_the_attempt_is_noted(
    address, configured, log_file, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    configured(LOG_STORE_URL="s3://bucket")
    answer = curl("-T", str(log_file), address.url)
    assert answer.status == 503
    assert "retry-after" in answer.headers
    assert address.notes()[-1] == (
        "upload.failed",
        "The log store cannot be reached (EndpointConnectionError).",
    )
