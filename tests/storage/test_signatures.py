"""Addresses that the store signs, used by curl as stations use them, against a real S3 server."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import override_settings

from diagnostics.storage import ObjectMissing, SignedAddress, StorageUnavailable
from diagnostics.storage.files import FileLogStore
from diagnostics.storage.s3 import S3LogStore
from tests.servers.processes import wait_until

KEY = "incoming/hN2mJ8vK0qLr3sTzXwYb4A"
HOUR = timedelta(hours=1)


@pytest.fixture
def store(s3_store_url: str, tmp_path: Path) -> S3LogStore:
    return S3LogStore.from_url(f"{s3_store_url}/{tmp_path.name}")


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "diagnostics-2026-03-02T08:00:00Z.log"
    path.write_bytes(b"2026-03-02T08:00:00Z a line of a log\r\n" * 40_000)
    return path


def curl(*arguments: str) -> int:
    """The status that curl ends with."""
    command = ["curl", "--silent", "--output", os.devnull, "--write-out", "%{http_code}"]
    done = subprocess.run(
        [*command, "--max-time", "60", *arguments], capture_output=True, check=True
    )
    return int(done.stdout)


def signed(store: S3LogStore, lifetime: timedelta = HOUR) -> SignedAddress:
    address = store.sign_put(KEY, lifetime)
    assert address is not None
    return address


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--header", "Expect: 100-continue"),
        ("--header", "Transfer-Encoding: chunked"),
        ("--header", "Content-Type: text/plain"),
        ("--ssl",),
    ],
    ids=["bare", "asking first", "in chunks", "with a type", "as EVerest does"],
)
def test_curl_puts_a_file_as_it_is(
    store: S3LogStore, log_file: Path, more: tuple[str, ...]
) -> None:
    assert curl(*more, "-T", str(log_file), signed(store).url) == 200
    assert b"".join(store.read(KEY)) == log_file.read_bytes()
    assert store.head(KEY).size == log_file.stat().st_size


def test_a_name_behind_the_address_breaks_the_signature(store: S3LogStore, log_file: Path) -> None:
    """Which is why stations that append one do not get such an address."""
    url = signed(store).url
    before_the_query = url.replace("?", f"/{log_file.name}?")
    assert curl("-T", str(log_file), before_the_query) == 403
    assert curl("-T", str(log_file), f"{url}/{log_file.name}") == 403
    with pytest.raises(ObjectMissing):
        store.head(KEY)


def test_forms_and_posts_are_refused(store: S3LogStore, log_file: Path) -> None:
    """A form for S3 has the policy and the signature as fields, which OCPP has no place for."""
    url = signed(store).url
    assert curl("--form", f"file=@{log_file}", url) in (403, 405)
    assert curl("--data-binary", f"@{log_file}", url) in (403, 405)


def test_an_address_is_for_one_object_one_way_and_a_while(
    store: S3LogStore, log_file: Path
) -> None:
    url = signed(store).url
    assert curl(url) == 403
    assert curl("-T", str(log_file), url.replace(KEY, f"{KEY}2")) == 403
    brief = signed(store, timedelta(seconds=1))
    assert brief.expires_at < datetime.now(UTC) + timedelta(seconds=1)
    wait_until(lambda: curl("-T", str(log_file), brief.url) == 403, "the signature has expired")


def test_an_address_is_bare_and_signed_the_new_way(store: S3LogStore) -> None:
    query = parse_qs(urlsplit(signed(store).url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert not signed(store).url.endswith("/") and "#" not in signed(store).url
    assert signed(store).url not in repr(signed(store))


def test_the_public_address_of_the_store_is_the_one_that_is_signed(s3_store_url: str) -> None:
    public = os.environ["AWS_ENDPOINT_URL"].replace("127.0.0.1", "localhost")
    changed = {**settings.DIAGNOSTICS, "STORE_PUBLIC_URL": public}
    with override_settings(DIAGNOSTICS=changed):
        store = S3LogStore.from_url(s3_store_url)
    url = signed(store).url
    assert url.startswith(f"{public}/diagnostics/")
    assert curl("-T", os.devnull, url) == 200
    assert store.head(KEY).size == 0


def test_amazons_own_addresses_name_the_bucket_in_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    url = signed(S3LogStore.from_url("s3://logs/d")).url
    assert url.startswith(f"https://logs.s3.eu-central-1.amazonaws.com/d/{KEY}?")
    assert len(url) < 512


def test_temporary_credentials_make_long_addresses_that_end_early(
    monkeypatch: pytest.MonkeyPatch, s3_store_url: str
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x" * 400)
    address = signed(S3LogStore.from_url(s3_store_url), timedelta(days=2))
    assert len(address.url) > 512
    assert address.expires_at < datetime.now(UTC) + timedelta(hours=1, minutes=1)


def test_no_signature_lasts_longer_than_a_week(store: S3LogStore) -> None:
    ends = signed(store, timedelta(days=30)).expires_at
    assert ends < datetime.now(UTC) + timedelta(days=7, minutes=1)


def test_without_credentials_nothing_is_signed(
    monkeypatch: pytest.MonkeyPatch, s3_store_url: str, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(StorageUnavailable):
        signed(S3LogStore.from_url(s3_store_url))


def test_a_signed_download_is_an_attachment_that_can_be_resumed(
    store: S3LogStore, log_file: Path, tmp_path: Path
) -> None:
    curl("-T", str(log_file), signed(store).url)
    address = store.sign_get(KEY, HOUR, name='a"b.log')
    assert address is not None
    target, head = tmp_path / "got", tmp_path / "head"
    target.write_bytes(log_file.read_bytes()[:1000])
    command = ["curl", "--silent", "--fail", "-C", "-", "-D", str(head), "-o", str(target)]
    subprocess.run([*command, address.url], check=True, timeout=60)
    assert target.read_bytes() == log_file.read_bytes()
    told = head.read_text().lower()
    assert "206 partial content" in told
    assert 'content-disposition: attachment; filename="a\\"b.log"' in told
    assert "content-type: application/octet-stream" in told


def test_a_directory_signs_nothing(tmp_path: Path) -> None:
    store = FileLogStore(tmp_path)
    assert store.sign_put(KEY, HOUR) is None  # type: ignore[func-returns-value]
    assert store.sign_get(KEY, HOUR, name="a.log") is None  # type: ignore[func-returns-value]
