"""Both stores keep the same promises: a directory on disk and a real S3 server."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from diagnostics.storage import (
    CHUNK,
    ObjectChanged,
    ObjectMissing,
    StorageFull,
    StorageUnavailable,
    files,
    get_log_store,
)
from diagnostics.storage.files import FileLogStore
from diagnostics.storage.s3 import MOST_PARTS, PART, S3LogStore, part_size
from tests.servers.small_disk import ROOM, small_disk

KEY = "CS001-0123456789ab/7/upload"


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path):
    if request.param == "file":
        return FileLogStore.from_url(f"file://{tmp_path}/logs")
    return S3LogStore.from_url(f"{request.getfixturevalue('s3_store_url')}/{tmp_path.name}")


def put(store, content, key=KEY, step=CHUNK):
    upload = store.open_upload(key)
    for start in range(0, len(content), step):
        upload.write(content[start : start + step])
    return upload.complete()


def get(store, *bounds, key=KEY):
    return b"".join(store.read(key, *bounds))


@pytest.mark.parametrize("size", [0, PART - 1, PART, 3 * PART + 5])
def test_what_goes_in_comes_out_with_its_size_and_hash(store, size):
    content = os.urandom(size)
    stored = put(store, content, step=700_001)
    assert (stored.key, stored.size) == (KEY, size)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert store.size(KEY) == size
    assert get(store) == content


@pytest.mark.parametrize("gigabytes", [1, 5, 48, 60, 1000, 5000])
def test_the_largest_file_has_no_more_parts_than_s3_takes(gigabytes):
    largest, part = gigabytes * 10**9, part_size(gigabytes * 10**9)
    assert part >= PART
    assert largest <= part * MOST_PARTS
    assert part == PART or largest > (part - 1) * MOST_PARTS, "smaller ones would not do"


def test_parts_are_as_large_as_the_largest_file_allowed_needs(s3_store_url):
    store, content = S3LogStore.from_url(s3_store_url), os.urandom(2 * PART + 1500)
    keys = {**settings.DIAGNOSTICS, "MAX_UPLOAD_SIZE": (PART + 1000) * MOST_PARTS}
    put(store, content)
    assert parts_of(store) == 3
    with override_settings(DIAGNOSTICS=keys):
        put(store, content)
    assert parts_of(store) == 2
    assert get(store) == content


def parts_of(store):
    """Stores write it behind the hash of an object that came in several."""
    return int(store.head(KEY).etag.strip('"').rpartition("-")[2])


def test_one_write_may_be_longer_than_two_parts(store):
    content = os.urandom(2 * PART + 17)
    put(store, content, step=len(content))
    assert get(store) == content


@pytest.mark.parametrize(
    ("start", "end"), [(0, 3), (2, 5), (5, None), (9, 10), (10, None), (12, 20), (4, 4), (3, 99)]
)
def test_ranges_end_before_their_end(store, start, end):
    put(store, b"0123456789")
    assert get(store, start, end) == b"0123456789"[start:end]


@pytest.mark.parametrize(
    ("lengths", "given"),
    [([], []), ([3], [b"234"]), ([1, 0, 4], [b"2", b"", b"3456"]), ([6, 2], [b"234567", b"89"]),
     ([6, 3], [b"234567"]), ([40], [])],
)  # fmt: skip
def test_pieces_are_as_long_as_they_are_wanted_and_whole(store, lengths, given):
    put(store, b"0123456789")
    assert list(store.read_pieces(KEY, 2, lengths)) == given


def test_reading_gives_pieces_of_at_most_a_megabyte(store):
    put(store, bytes(2 * CHUNK + 3))
    sizes = [len(piece) for piece in store.read(KEY)]
    assert max(sizes) <= CHUNK
    assert sum(sizes) == 2 * CHUNK + 3


@pytest.mark.parametrize("size", [10, 3 * PART])
def test_an_aborted_upload_leaves_nothing(store, size):
    upload = store.open_upload(KEY)
    upload.write(bytes(size))
    upload.abort()
    with pytest.raises(ObjectMissing):
        store.size(KEY)


def test_an_upload_is_invisible_until_complete_and_replaces_what_was_there(store):
    put(store, b"old")
    upload = store.open_upload(KEY)
    upload.write(b"new and longer")
    assert get(store) == b"old"
    upload.complete()
    assert get(store) == b"new and longer"


def test_a_missing_object_is_named_so(store):
    with pytest.raises(ObjectMissing):
        store.size("nobody/0/nothing")
    with pytest.raises(ObjectMissing):
        list(store.read("nobody/0/nothing"))


def test_deleting_twice_is_no_error(store):
    put(store, b"x")
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(ObjectMissing):
        store.size(KEY)


def test_head_tells_what_an_object_is(store):
    before = datetime.now(UTC) - timedelta(minutes=1)
    put(store, b"0123456789")
    found = store.head(KEY)
    assert (found.key, found.size) == (KEY, 10)
    assert before < found.modified < datetime.now(UTC) + timedelta(minutes=1)
    assert store.head(KEY) == found
    put(store, b"9876543210")
    assert store.head(KEY).etag != found.etag
    with pytest.raises(ObjectMissing):
        store.head("nobody/0/nothing")


def test_list_gives_whole_objects_under_a_prefix(store):
    for key in ("CS1-a/1/x", "CS1-a/2/y", "CS1-a/10/z", "CS2-b/1/x"):
        put(store, key.encode(), key=key)
    unfinished = store.open_upload("CS1-a/3/part")
    unfinished.write(b"half")
    assert {found.key for found in store.list()} == {
        "CS1-a/1/x", "CS1-a/2/y", "CS1-a/10/z", "CS2-b/1/x"
    }  # fmt: skip
    assert {(found.key, found.size) for found in store.list("CS1-a/1")} == {
        ("CS1-a/1/x", 9), ("CS1-a/10/z", 10)
    }  # fmt: skip
    listed = next(store.list("CS2-b/"))
    assert listed.etag == store.head("CS2-b/1/x").etag
    assert listed.modified == pytest.approx(
        store.head(listed.key).modified, abs=timedelta(seconds=1)
    )
    assert list(store.list("CS9")) == []
    unfinished.abort()


def test_a_copy_is_made_of_the_object_that_was_seen_and_no_other(store):
    put(store, b"seen")
    seen = store.head(KEY).etag
    store.copy(KEY, "copies/1", etag=seen)
    assert get(store, key="copies/1") == b"seen"
    put(store, b"something else")
    with pytest.raises(ObjectChanged):
        store.copy(KEY, "copies/2", etag=seen)
    with pytest.raises(ObjectMissing):
        store.head("copies/2")
    with pytest.raises(ObjectMissing):
        store.copy("nobody/0/nothing", "copies/3", etag=seen)


def test_an_object_that_was_replaced_is_not_deleted_for_the_old_one(store):
    put(store, b"seen")
    seen = store.head(KEY).etag
    put(store, b"something else")
    with pytest.raises(ObjectChanged):
        store.delete(KEY, etag=seen)
    assert get(store) == b"something else"
    store.delete(KEY, etag=store.head(KEY).etag)
    assert list(store.list()) == []


def test_a_usable_store_passes_its_check(store):
    store.check()


@pytest.mark.parametrize("key", ["../up", "/etc/passwd", "a/../b", "a//b", ".hidden", "a/b\n", ""])
def test_a_key_never_leaves_the_directory(tmp_path, key):
    with pytest.raises(ValueError, match="A key consists"):
        FileLogStore(tmp_path).open_upload(key)


def test_a_file_that_cannot_fit_is_refused_before_its_first_byte(tmp_path):
    with pytest.raises(StorageFull):
        FileLogStore(tmp_path).open_upload(KEY, expected=1 << 60)


def test_a_full_disk_is_named_so_and_the_partial_file_goes(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        upload = FileLogStore(disk).open_upload(KEY)
        with pytest.raises(StorageFull):
            for _ in range(2 * ROOM // CHUNK):
                upload.write(bytes(CHUNK))
        upload.abort()
        assert not [path for path in disk.rglob("*") if path.is_file()]


def test_a_file_of_unknown_size_leaves_room_for_what_else_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "RESERVE", 1 << 60)
    upload = FileLogStore(tmp_path).open_upload(KEY)
    upload.write(bytes(CHUNK))
    with pytest.raises(StorageFull):
        upload.write(bytes(CHUNK))
    upload.abort()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_directory_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable):
        FileLogStore(tmp_path / "file" / "logs").check()


def test_deleting_the_last_file_takes_its_empty_directories(tmp_path):
    store = FileLogStore(tmp_path)
    put(store, b"x")
    put(store, b"x", key="CS002/1/other")
    store.delete(KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["CS002"]


def test_a_server_that_does_not_answer_is_unavailable(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    store = S3LogStore.from_url("s3://bucket/prefix")
    with pytest.raises(StorageUnavailable, match="cannot be reached"):
        put(store, b"x")
    with pytest.raises(StorageUnavailable):
        store.check()


def test_a_wrong_secret_is_unavailable_and_not_told(s3_store_url, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    with pytest.raises(StorageUnavailable) as caught:
        put(S3LogStore.from_url(s3_store_url), b"x")
    assert "wrong-secret" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_unavailable(s3_store_url):
    with pytest.raises(StorageUnavailable, match="no bucket"):
        S3LogStore.from_url("s3://not-here").check()


def test_the_setting_chooses_the_store_and_a_change_is_seen(tmp_path):
    with override_settings(DIAGNOSTICS={"LOG_STORE_URL": f"file://{tmp_path}/a%20b"}):
        store = get_log_store()
        assert store is get_log_store()
        put(store, b"x")
        assert (tmp_path / "a b" / Path(KEY)).read_bytes() == b"x"
    with override_settings(DIAGNOSTICS={"LOG_STORE_URL": f"file://{tmp_path}/other"}):
        assert get_log_store() is not store


@override_settings(DIAGNOSTICS={"LOG_STORE_URL": "ftp://somewhere"})
def test_an_unknown_kind_of_store_is_a_configuration_error():
    with pytest.raises(ImproperlyConfigured):
        get_log_store()
