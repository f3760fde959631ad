"""Retention by rules, legal holds, and what becomes of the objects in the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.models import (
    DeletedFile,
    DoomedObject,
    FileAccess,
    LegalHold,
    LogFile,
    LogRequest,
    RetentionRule,
    RetentionRun,
    StationGroup,
)
from diagnostics.services import files, logs, retention
from diagnostics.services.fleet import groups
from diagnostics.services.logs.facts import locked
from diagnostics.services.retention import doomed_objects, holds
from diagnostics.services.retention.rules import candidates, rulebook_for_station
from diagnostics.storage import ObjectMissing, StorageUnavailable, get_log_store
from diagnostics.storage.files import FileLogStore
from tests.services.conftest import make_station

NOW = timezone.now()

Arrived = Callable[..., LogFile]

pytestmark = pytest.mark.usefixtures("gateway")


@pytest.fixture
def station(db: None) -> Any:
    return make_station("CS-1")


@pytest.fixture
def arrived() -> Arrived:
    """A file of a station, of its own request, that came some days ago."""

    def put(station: Any, days: float, log_type: str = "DiagnosticsLog", **columns: Any) -> LogFile:
        row = logs.request_log(station=station, log_type=log_type)
        upload = get_log_store().open_upload(f"{row.token[:8]}-0123456789ab/{row.pk}/file")
        upload.write(b"lines\n")
        stored = upload.complete()
        file = LogFile.objects.create(
            log_request=row, key=stored.key, size=stored.size, sha256=stored.sha256,
            received_at=NOW - timedelta(days=days), name=f"{days}.log", **columns,
        )  # fmt: skip
        with locked(row) as held:
            held.station_status = "Uploaded"
        return file

    return put


def is_stored(key: str) -> bool:
    try:
        get_log_store().head(key)
    except ObjectMissing:
        return False
    return True


def rule(group: StationGroup | None = None, log_type: str = "", **keeps: int) -> RetentionRule:
    return RetentionRule.objects.create(group=group, log_type=log_type, **keeps)


def run(*, is_dry: bool = False) -> RetentionRun:
    """A whole run, with what happens after each commit."""
    made = retention.start_run(is_dry=is_dry, now=NOW)
    assert retention.work(made)
    return made


def names() -> list[str]:
    return sorted(LogFile.objects.values_list("name", flat=True))


# Which rule decides


def test_without_rules_nothing_goes(station: Any, arrived: Arrived) -> None:
    arrived(station, 3000)
    with pytest.raises(RequestRefused, match="no active rule"):
        run()
    retention.run_daily()
    assert names() == ["3000.log"]


def test_files_go_after_their_days(station: Any, arrived: Arrived) -> None:
    for days in (0.5, 29, 31):
        arrived(station, days)
    rule(keep_days=30)
    assert run().files == 1
    assert names() == ["0.5.log", "29.log"]


def test_the_newest_whole_files_of_each_log_of_each_station_are_kept(
    station: Any, arrived: Arrived
) -> None:
    other = make_station("CS-2")
    for days in (2, 3, 5, 6):
        arrived(station, days)
    arrived(station, 4, complete=False)
    arrived(station, 9, log_type="SecurityLog")
    arrived(other, 8)
    rule(keep_newest=2)
    assert run().files == 3
    assert names() == ["2.log", "3.log", "8.log", "9.log"]


def test_nothing_younger_than_a_day_goes(station: Any, arrived: Arrived) -> None:
    for days in (0.1, 0.2):
        arrived(station, days)
    rule(keep_newest=1)
    assert run().files == 0


@pytest.mark.parametrize(
    ("wide", "narrow", "left"),
    [
        # A group's rule beats one for all, whichever keeps longer.
        (("", 10), ("group", 40), ["30.log"]),
        (("", 40), ("group", 10), []),
        (("SecurityLog", 10), ("group", 40), ["30.log"]),
        (("", 10), ("SecurityLog", 40), ["30.log"]),
        (("group", 10), ("group SecurityLog", 40), ["30.log"]),
        (("SecurityLog", 10), ("group SecurityLog", 40), ["30.log"]),
        # Of equals, the one that keeps longest.
        (("", 10), ("", 40), ["30.log"]),
        # One for another log, or another group, decides nothing.
        (("", 10), ("DataCollectorLog", 40), []),
        (("", 10), ("others", 40), []),
    ],
)
def test_the_most_specific_rule_decides(
    station: Any,
    arrived: Arrived,
    wide: tuple[str, int],
    narrow: tuple[str, int],
    left: list[str],
) -> None:
    known = {name: StationGroup.objects.create(name=name) for name in ("group", "others")}
    groups.add_stations(group=known["group"], stations=[station])
    file = arrived(station, 30, log_type="SecurityLog")
    for words, days in (wide, narrow):
        scope = words.split()
        group = next((known[word] for word in scope if word in known), None)
        rule(group, next((word for word in scope if word not in known), ""), keep_days=days)
    book = rulebook_for_station(station.pk, NOW)
    only = candidates(LogFile.objects.filter(pk=file.pk))[0]
    assert (book.goes_by(only) is None) == bool(left)
    run()
    assert names() == left


def test_days_and_number_together_keep_what_either_keeps(station: Any, arrived: Arrived) -> None:
    for days in (5, 50, 60, 70):
        arrived(station, days)
    rule(keep_days=30)
    rule(keep_newest=2)
    assert run().files == 2
    assert names() == ["5.log", "50.log"]


def test_what_a_page_says_of_a_file_is_what_a_run_does(station: Any, arrived: Arrived) -> None:
    kept, gone = arrived(station, 3), arrived(station, 4)
    made = rule(keep_newest=1)
    book = rulebook_for_station(station.pk, NOW)
    looked_at = {file.pk: file for file in candidates(LogFile.objects.all())}
    assert book.goes_by(looked_at[kept.pk]) is None
    assert book.goes_by(looked_at[gone.pk]) == made


# What is left, and what is not


def test_a_deleted_file_stays_on_its_request_as_a_fact(
    station: Any, arrived: Arrived, django_capture_on_commit_callbacks: Any
) -> None:
    file = arrived(station, 40)
    files.record_access(file, user=None, kind=FileAccess.Kind.READ)
    made = rule(keep_days=30)
    with django_capture_on_commit_callbacks(execute=True):
        done = run()
    assert not is_stored(file.key)
    assert not DoomedObject.objects.exists()
    fact = DeletedFile.objects.get()
    assert (fact.name, fact.size, fact.sha256) == ("40.log", 6, file.sha256)
    assert (fact.rule, fact.run, fact.times_opened) == (made.snapshot(), done, 1)
    assert done.by_rule == {str(made.pk): {**made.snapshot(), "files": 1, "octets": 6}}
    row = LogRequest.objects.get(pk=file.log_request_id)
    with locked(row) as held:
        held.grace_over = True
    row.refresh_from_db()
    assert row.verdict == "Received"


def test_a_dry_run_says_what_would_go_and_deletes_nothing(station: Any, arrived: Arrived) -> None:
    file = arrived(station, 40)
    rule(keep_days=30)
    done = run(is_dry=True)
    assert (done.files, done.octets, done.examples) == (1, 6, [file.pk])
    assert names() == ["40.log"] and not DoomedObject.objects.exists()


def test_a_run_goes_on_in_batches_where_it_was_cut_short(
    station: Any, arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for days in (40, 41, 42, 43, 1.5):
        arrived(station, days)
    rule(keep_days=30)
    made = retention.start_run(now=NOW)
    assert not retention.work(made, seconds=0)
    made.refresh_from_db()
    assert (made.files, LogFile.objects.count()) == (2, 3)
    RetentionRun.objects.update(heard_at=NOW - timedelta(hours=1))
    retention.sweep_runs(NOW)
    made.refresh_from_db()
    assert made.tries == 1
    assert retention.work(made)
    assert (made.files, made.looked_at, made.status) == (4, 5, "Done")
    assert names() == ["1.5.log"]


def test_one_run_at_a_time_and_a_dead_one_fails_in_the_end(station: Any, arrived: Arrived) -> None:
    rule(keep_days=30)
    made = retention.start_run(now=NOW - timedelta(days=1))
    with pytest.raises(RequestRefused, match="under way"):
        retention.start_run()
    for _ in range(retention.MOST_TRIES + 1):
        RetentionRun.objects.update(heard_at=NOW - timedelta(hours=1))
        retention.sweep_runs(NOW)
    made.refresh_from_db()
    assert (made.status, made.problem) == ("Failed", "Crashed")
    retention.start_run()


# Objects follow their rows, whoever deletes these


@pytest.mark.parametrize("how", ["station", "request", "file", "cascade by the host"])
def test_objects_go_with_their_rows(
    station: Any, arrived: Arrived, how: str, django_capture_on_commit_callbacks: Any
) -> None:
    file = arrived(station, 1)
    with django_capture_on_commit_callbacks(execute=True):
        if how == "station":
            station.delete()
        elif how == "cascade by the host":
            type(station)._default_manager.filter(pk=station.pk).delete()
        elif how == "request":
            files.delete_log_request(file.log_request)
        else:
            files.drop_file(file)
    assert not is_stored(file.key)
    assert not LogFile.objects.exists() and not DoomedObject.objects.exists()


def test_what_a_crash_or_a_store_that_is_away_leaves_behind_is_removed_later(
    station: Any,
    arrived: Arrived,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    crashed, refused = arrived(station, 1), arrived(station, 2)
    crashed.delete()  # whoever did it died before the commit was acted on
    with monkeypatch.context() as away, django_capture_on_commit_callbacks(execute=True):

        def refuse(*_: Any) -> None:
            raise StorageUnavailable("The store is away.")

        away.setattr(FileLogStore, "delete", refuse)
        refused.delete()
    assert is_stored(crashed.key) and is_stored(refused.key)
    doomed_objects.sweep_doomed(timezone.now())
    assert is_stored(crashed.key)  # whoever doomed it has a minute for it
    doomed_objects.sweep_doomed(timezone.now() + timedelta(minutes=2))
    assert not is_stored(crashed.key) and not is_stored(refused.key)
    assert not DoomedObject.objects.exists()


def test_an_object_that_is_written_again_is_not_removed(station: Any, arrived: Arrived) -> None:
    file = arrived(station, 1)
    doomed_objects.doom([file.key, f"{file.key}.text"])
    assert doomed_objects.remove([file.key]) == 0  # a row speaks of it again
    doomed_objects.doom([file.key])
    doomed_objects.reprieve(file.key)
    assert not DoomedObject.objects.exists() and is_stored(file.key)


# Legal holds


@pytest.fixture
def group(station: Any) -> StationGroup:
    group = StationGroup.objects.create(name="Harbour")
    groups.add_stations(group=group, stations=[station])
    return group


def hold(scope: str, file: LogFile, group: StationGroup) -> LegalHold:
    held = {
        "station": {"station": file.log_request.station},
        "group": {"group": group},
        "request": {"log_request": file.log_request},
        "file": {"log_file": file},
    }
    return holds.place_hold(reason="Case 2026-17", **held[scope])


@pytest.mark.parametrize("scope", ["station", "group", "request", "file"])
def test_nothing_that_is_held_ever_goes(
    station: Any, arrived: Arrived, group: StationGroup, scope: str
) -> None:
    file, other = arrived(station, 40), arrived(make_station("CS-2"), 41)
    held = hold(scope, file, group)
    rule(keep_days=30)
    done = run()
    assert (done.files, done.held, names()) == (1, 1, ["40.log"])
    assert LogFile.objects.filter(pk=other.pk).count() == 0
    for delete in (file.delete, file.log_request.delete, station.delete,
                   LogFile.objects.all().delete):  # fmt: skip
        with pytest.raises(ProtectedError), transaction.atomic():
            delete()
    files.drop_file(file)
    assert names() == ["40.log"] and is_stored(file.key)
    holds.release_hold(held, reason="The case is closed.")
    with pytest.raises(RequestClosed):
        holds.release_hold(held)
    assert run().files == 1
    held.refresh_from_db()
    assert (held.called.startswith("Harbour" if scope == "group" else "CS-1"), held.log_file) == (
        True,
        None,
    )


def test_a_file_of_a_held_request_is_not_held_by_the_hold_on_another_file(
    station: Any, arrived: Arrived, group: StationGroup
) -> None:
    one, other = arrived(station, 40), arrived(station, 41)
    other.log_request = one.log_request
    other.save()
    holds.place_hold(reason="Case", log_file=one)
    rule(keep_days=30)
    assert run().files == 1
    assert names() == ["40.log"]
    with pytest.raises(ProtectedError):
        files.delete_log_request(one.log_request)


def test_a_held_station_without_files_cannot_be_deleted(station: Any, group: StationGroup) -> None:
    held = holds.place_hold(reason="Case", station=station)
    with pytest.raises(ProtectedError), transaction.atomic():
        station.delete()
    holds.release_hold(held)
    station.delete()
    held.refresh_from_db()
    assert (held.station, held.called) == (None, "CS-1")


def test_stations_do_not_leave_a_held_group(station: Any, group: StationGroup) -> None:
    holds.place_hold(reason="Case", group=group)
    with pytest.raises(RequestRefused, match="Harbour is on legal hold"):
        groups.remove_stations(group=group, stations=[station])
    with pytest.raises(ProtectedError):
        group.delete()


def test_a_hold_says_why(station: Any) -> None:
    with pytest.raises(RequestRefused, match="Say why"):
        holds.place_hold(reason=" ", station=station)


def test_a_rule_of_a_group_keeps_the_group(group: StationGroup) -> None:
    """Without it, a rule for more stations would decide, and might keep less."""
    rule(group, keep_days=300)
    with pytest.raises(ProtectedError):
        group.delete()
