"""Downloads: of whole files and of parts, resumed by a real curl, from here or from the store."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from diagnostics.models import FileAccess, LogFile, LogRequest
from tests.admin.conftest import Arrive, Staff, read_of

CONTENT = b"0123456789" * 10


@pytest.fixture
def file(row: LogRequest, arrive: Arrive) -> LogFile:
    return arrive(row, CONTENT)


def get(client: Client, file: LogFile, **headers: str) -> Any:
    return client.get(read_of(file, "download/"), headers=headers)


def body(response: Any) -> bytes:
    return b"".join(response)


@pytest.mark.parametrize(
    ("wanted", "got", "told"),
    [
        ("bytes=0-9", CONTENT[:10], "bytes 0-9/100"),
        ("bytes=95-", CONTENT[95:], "bytes 95-99/100"),
        ("bytes=95-1000", CONTENT[95:], "bytes 95-99/100"),
        ("bytes=-5", CONTENT[95:], "bytes 95-99/100"),
        ("bytes=99-99", CONTENT[99:], "bytes 99-99/100"),
    ],
)
def test_a_part_is_given_and_named(
    root: Client, file: LogFile, wanted: str, got: bytes, told: str
) -> None:
    response = get(root, file, range=wanted)
    assert (response.status_code, response["Content-Range"]) == (206, told)
    assert body(response) == got
    assert response["Content-Length"] == str(len(got))


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=7-3", "bytes=x-1", "bytes=0-"]
)
def test_what_is_no_range_of_ours_gets_the_whole_file(
    root: Client, file: LogFile, wanted: str
) -> None:
    response = get(root, file, range=wanted)
    assert (response.status_code, body(response)) == (200, CONTENT)
    assert response["Accept-Ranges"] == "bytes" and "Content-Range" not in response


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_past_the_end_is_416_and_says_how_long_the_file_is(
    root: Client, file: LogFile, wanted: str
) -> None:
    response = get(root, file, range=wanted)
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */100")
    assert not FileAccess.objects.exists()


def test_the_rest_is_given_of_the_very_file_that_was_begun(root: Client, file: LogFile) -> None:
    etag = get(root, file)["ETag"]
    assert etag == f'"{file.sha256}"'
    same = get(root, file, **{"range": "bytes=50-", "if-range": etag})
    assert (same.status_code, body(same)) == (206, CONTENT[50:])
    for other in ('"another"', f"W/{etag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        whole = get(root, file, **{"range": "bytes=50-", "if-range": other})
        assert (whole.status_code, body(whole)) == (200, CONTENT)


def test_head_tells_all_and_is_no_download(root: Client, file: LogFile) -> None:
    response = root.head(read_of(file, "download/"), headers={"range": "bytes=0-4"})
    assert (response.status_code, response.content) == (200, b"")
    assert (response["Content-Length"], response["Accept-Ranges"]) == ("100", "bytes")
    assert not FileAccess.objects.exists()


def test_an_empty_file_is_downloaded_too(root: Client, row: LogRequest, arrive: Arrive) -> None:
    empty = arrive(row, b"")
    assert body(get(root, empty)) == b""
    assert get(root, empty, range="bytes=0-").status_code == 416


def test_a_download_in_parts_is_on_record_once(root: Client, staff: Staff, file: LogFile) -> None:
    for wanted in ("bytes=0-9", "bytes=10-19", "bytes=20-"):
        body(get(root, file, range=wanted))
    assert FileAccess.objects.count() == 1
    other = staff("diagnostics.view_logrequest", "diagnostics.read_log")
    body(get(other, file, range="bytes=50-"))  # whoever leaves the first byte out is on record too
    assert FileAccess.objects.count() == 2
    body(get(root, file))
    assert FileAccess.objects.count() == 3


def test_without_the_permission_nothing_is_given_or_told(staff: Staff, file: LogFile) -> None:
    nobody = staff("diagnostics.view_logrequest")
    assert get(nobody, file).status_code == 403
    assert nobody.head(read_of(file, "download/")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_curl_goes_on_where_it_stopped(
    asgi_server: str, admin_user: User, row: LogRequest, arrive: Arrive, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 12_000
    file = arrive(row, content)
    client = Client()
    client.force_login(admin_user)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    target = tmp_path / "log"
    target.write_bytes(content[:1_000_001])
    command = ["curl", "--silent", "--show-error", "--fail", "--cookie", cookie, "-o", str(target)]
    address = f"{asgi_server}{read_of(file, 'download/')}"
    subprocess.run([*command, "-C", "-", address], check=True, timeout=60)
    assert target.read_bytes() == content
    assert FileAccess.objects.count() == 1


def test_the_store_gives_files_out_itself_where_that_is_set(
    root: Client, row: LogRequest, arrive: Arrive, s3_store_url: str, tmp_path: Path
) -> None:
    changed = {"LOG_STORE_URL": s3_store_url, "DOWNLOADS_FROM_STORE": True}
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **changed}):
        file = arrive(row, CONTENT, name="cs one.log")
        response = get(root, file)
        assert response.status_code == 302
        assert get(root, file, range="bytes=50-").status_code == 302
    target = tmp_path / "log"
    subprocess.run(
        ["curl", "--silent", "--fail", "-o", str(target), response["Location"]],
        check=True,
        timeout=60,
    )
    assert target.read_bytes() == CONTENT
    assert "cs%20one.log" in response["Location"]
    assert FileAccess.objects.count() == 1


def test_a_directory_gives_nothing_out_itself(root: Client, file: LogFile) -> None:
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "DOWNLOADS_FROM_STORE": True}):
        assert body(get(root, file)) == CONTENT
