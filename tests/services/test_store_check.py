"""What the store has that no row speaks of, what rows speak of that the store has not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.models import LogFile, LogRequest, StoreCheck
from diagnostics.services import logs
from diagnostics.services.retention import store_check
from diagnostics.storage import get_log_store, incoming_key
from tests.services.conftest import make_station

ALL = timedelta(0)

pytestmark = pytest.mark.usefixtures("gateway")


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of either kind; gives its URL."""
    url = f"file://{tmp_path}/logs"
    if request.param == "s3":
        url = request.getfixturevalue("s3_store_url")
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "LOG_STORE_URL": url}):
        yield url


@pytest.fixture
def row(db: None) -> LogRequest:
    return logs.request_log(station=make_station("CS-1"))


def put(key: str, content: bytes = b"lines\n") -> str:
    upload = get_log_store().open_upload(key)
    upload.write(content)
    upload.complete()
    return key


def arrived(row: LogRequest, name: str, **columns: Any) -> LogFile:
    key = put(f"CS-1-0123456789ab/{row.pk}/{name}")
    now = timezone.now()
    return LogFile.objects.create(
        log_request=row, key=key, size=6, sha256="0" * 64, received_at=now, **columns
    )


def checked(**wanted: Any) -> StoreCheck:
    later = timezone.now() + timedelta(seconds=5)  # a store counts in whole seconds
    check = store_check.start_check(now=later, **{"older_than": ALL, **wanted})
    store_check.work(check)
    return check


def test_both_sides_are_compared_and_orphans_removed(
    store: str, row: LogRequest, django_capture_on_commit_callbacks: Any
) -> None:
    fine = arrived(row, "fine")
    fine.copy_key = put(f"{fine.key}.text")
    fine.save()
    lost, shrunk = arrived(row, "lost"), arrived(row, "shrunk", declared_size=6)
    get_log_store().delete(lost.key)
    put(shrunk.key, b"x")
    row.tail_key = put(f"CS-1-0123456789ab/{row.pk}/arriving")
    row.save()
    orphan = put("CS-9-0123456789ab/77/gone", b"12345")
    copy = put("CS-9-0123456789ab/77/gone.text")
    foreign = put("backups/monday")
    check = checked()
    assert (check.objects_count, check.files) == (7, 3)
    assert (check.orphans, check.copies, check.orphan_octets, check.foreign) == (1, 1, 11, 1)
    assert (check.missing, check.differing) == (1, 1)
    assert check.examples == {
        "orphans": [orphan],
        "copies": [copy],
        "foreign": [foreign],
        "missing": [lost.pk],
        "differing": [shrunk.pk],
    }
    assert not check.is_clean
    with django_capture_on_commit_callbacks(execute=True):
        assert checked(deletes=True).removed == 2
    assert {each.key for each in get_log_store().list()} == {
        fine.key, fine.copy_key, shrunk.key, row.tail_key, foreign,
    }  # fmt: skip


def test_what_is_young_may_be_on_its_way(row: LogRequest, tmp_path: Path) -> None:
    with override_settings(
        DIAGNOSTICS={**settings.DIAGNOSTICS, "LOG_STORE_URL": f"file://{tmp_path}"}
    ):
        put("CS-9-0123456789ab/77/young")
        old = tmp_path / put("CS-9-0123456789ab/77/old")
        yesterday = (timezone.now() - timedelta(hours=25)).timestamp()
        os.utime(old, (yesterday, yesterday))
        check = checked(older_than=store_check.OLD)
        assert (check.orphans, check.examples["orphans"]) == (1, ["CS-9-0123456789ab/77/old"])


def test_what_stations_put_there_is_theirs_until_nobody_waits_for_it(
    store: str, row: LogRequest
) -> None:
    row.signed_until = timezone.now()
    row.save()
    put(incoming_key(row.pk, row.token))
    put(incoming_key(row.pk, "of another installation"))
    check = checked()
    assert (check.orphans, check.foreign) == (0, 1)
    LogRequest.objects.update(signed_until=timezone.now() - timedelta(days=2))
    assert checked().orphans == 1


def test_a_store_that_cannot_be_reached_ends_the_check(row: LogRequest, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with override_settings(
        DIAGNOSTICS={**settings.DIAGNOSTICS, "LOG_STORE_URL": "s3://nowhere/at-all"}
    ):
        check = checked()
    assert check.status == "Failed" and check.problem


def test_one_check_at_a_time_unless_it_died(db: None) -> None:
    dead = store_check.start_check()
    with pytest.raises(RequestRefused):
        store_check.start_check()
    StoreCheck.objects.update(heard_at=timezone.now() - timedelta(hours=1))
    store_check.start_check()
    dead.refresh_from_db()
    assert (dead.status, dead.problem) == ("Failed", "Crashed")
