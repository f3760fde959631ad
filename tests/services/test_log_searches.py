"""A search over many logs: what it takes, finds, keeps, and survives."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.lifecycles.log_search import FileState, SearchScope, SearchStatus, Unread
from diagnostics.models import (
    FileAccess,
    GroupLimit,
    LogFile,
    LogRequest,
    LogSearch,
    SearchedFile,
    SearchHit,
    StationGroup,
)
from diagnostics.services import housekeeping
from diagnostics.services import searches as log_searches
from diagnostics.services.files import examination
from diagnostics.services.fleet import groups
from diagnostics.services.housekeeping.rules import all_rules
from diagnostics.services.searches import Wanted, start_search
from diagnostics.services.searches import runs as search_runs
from diagnostics.storage import get_log_store
from diagnostics.testing.factories import make_log_file, make_log_request
from diagnostics.texts.query import PatternRefused, Query
from tests.services.conftest import make_station

Keep = Callable[..., LogFile]
NEEDLE = Query("relay stuck")


@pytest.fixture
def keep(db: None) -> Keep:
    """Store an examined log of a station: `keep("CS-1", b"line")`."""
    stations: dict[str, Any] = {}

    def put(identity: str, content: bytes, *, examined: bool = True, **columns: Any) -> LogFile:
        station = stations.setdefault(identity, None) or make_station(identity)
        stations[identity] = station
        row = make_log_request(station, log_type=columns.pop("log_type", "DiagnosticsLog"))
        file = make_log_file(row, content, **columns)
        if examined:
            examination.examine(file.pk)
        return file

    return put


@pytest.fixture
def operator(db: None) -> Any:
    return get_user_model().objects.create_user("operator")


def run(search: LogSearch) -> LogSearch:
    search_runs.run_search(search.pk)
    search.refresh_from_db()
    return search


def test_hits_are_found_counted_and_kept_with_their_places(keep: Keep, operator: Any) -> None:
    hit = keep("CS-1", b"08:00 boot\n08:01 relay stuck\n")
    keep("CS-2", b"08:00 boot\n")
    search = run(start_search(query=NEEDLE, wanted=Wanted(), requested_by=operator))
    assert (search.status, search.stations, search.files, search.searched) == (
        SearchStatus.COMPLETE, 2, 2, 2,
    )  # fmt: skip
    assert (search.hits, search.files_hit, search.kept, search.unread) == (1, 1, 1, 0)
    (found,) = SearchHit.objects.all()
    assert (found.searched_file.log_file, found.line, found.text) == (hit, 1, "08:01 relay stuck")
    assert found.spans == [[6, 17]]


def test_who_searched_a_file_that_had_something_is_on_record(keep: Keep, operator: Any) -> None:
    hit = keep("CS-1", b"relay stuck\n")
    keep("CS-2", b"boot\n")
    run(start_search(query=NEEDLE, wanted=Wanted(), requested_by=operator))
    (access,) = FileAccess.objects.all()
    assert (access.log_file, access.user, access.kind) == (hit, operator, "Search")


def test_only_what_is_wanted_is_searched(keep: Keep) -> None:
    wanted = keep("CS-1", b"relay stuck\n", log_type="SecurityLog")
    keep("CS-1", b"relay stuck\n", log_type="DiagnosticsLog")
    keep("CS-2", b"relay stuck\n", log_type="SecurityLog")
    before = timezone.now() - timedelta(days=9)
    keep("CS-1", b"relay stuck\n", log_type="SecurityLog", received_at=before)
    stations = type(wanted.log_request.station)._default_manager.filter(
        pk=wanted.log_request.station.pk
    )
    search = start_search(
        query=NEEDLE, wanted=Wanted(stations=stations, log_type="SecurityLog", days=7)
    )
    assert [row.log_file for row in search.searched_files.all()] == [wanted]
    requests = LogRequest.objects.filter(pk=wanted.log_request_id)
    search = start_search(query=NEEDLE, wanted=Wanted(requests=requests))
    assert search.files == 1


def test_who_is_limited_to_groups_searches_no_other_logs(keep: Keep, operator: Any) -> None:
    mine = keep("CS-1", b"relay stuck\n")
    keep("CS-2", b"relay stuck\n")
    group = StationGroup.objects.create(name="North")
    groups.add_stations(group=group, stations=[mine.log_request.station])
    GroupLimit.objects.create(user=operator).groups.add(group)
    search = run(start_search(query=NEEDLE, wanted=Wanted(), requested_by=operator))
    assert [row.log_file for row in search.searched_files.all()] == [mine]


def test_of_one_file_and_of_all_only_so_much_is_kept_but_everything_is_counted(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_runs, "KEPT_PER_FILE", 3)
    monkeypatch.setattr(search_runs, "KEPT", 5)
    for number in range(4):
        keep(f"CS-{number}", b"relay stuck\n" * 10)
    search = run(start_search(query=NEEDLE, wanted=Wanted()))
    assert (search.hits, search.kept, search.files_hit) == (40, 6, 4)


def test_what_cannot_be_read_is_named_with_the_reason_and_may_be_tried_again(keep: Keep) -> None:
    binary = keep("CS-1", bytes(range(256)) * 8)
    late = keep("CS-2", b"relay stuck\n", examined=False)
    gone = keep("CS-3", b"relay stuck\n")
    get_log_store().delete(gone.key)
    search = run(start_search(query=NEEDLE, wanted=Wanted()))
    problems = {row.log_file: row.problem for row in search.searched_files.all()}
    assert problems == {binary: Unread.NO_TEXT, late: Unread.NOT_EXAMINED, gone: Unread.GONE}
    assert (search.status, search.unread, search.searched) == (SearchStatus.COMPLETE, 3, 0)
    examination.examine(late.pk)
    assert log_searches.search_unread_again(search) == 3
    search = run(search)
    assert (search.status, search.unread, search.hits) == (SearchStatus.COMPLETE, 2, 1)


@pytest.mark.parametrize(
    ("query", "words"),
    [(Query(), "Say what to look for."), (Query("x"), "nothing to search")],
)
def test_a_search_for_nothing_or_in_nothing_is_refused(db: None, query: Query, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        start_search(query=query, wanted=Wanted())
    assert not LogSearch.objects.exists()


def test_too_much_and_what_is_no_pattern_are_refused(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("CS-1", b"line\n")
    with pytest.raises(PatternRefused):
        start_search(query=Query("(", regex=True), wanted=Wanted())
    monkeypatch.setattr(log_searches, "MOST_FILES", 0)
    with pytest.raises(RequestRefused, match="more than 0 logs"):
        start_search(query=NEEDLE, wanted=Wanted())


def test_a_canceled_search_stops_and_keeps_what_it_has(keep: Keep) -> None:
    for number in range(3):
        keep(f"CS-{number}", b"relay stuck\n")
    search = start_search(query=NEEDLE, wanted=Wanted())
    first = search_runs._claim(search.pk)
    assert first is not None
    search_runs._settle(first, search_runs._look_into(first))
    log_searches.cancel_search(search)
    search = run(search)
    assert (search.status, search.searched, search.hits) == (SearchStatus.CANCELED, 1, 1)
    with pytest.raises(RequestClosed):
        log_searches.cancel_search(search)


def test_a_search_is_canceled_in_the_middle_of_a_file(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_runs, "HEARTBEAT", 0)
    keep("CS-1", b"relay stuck\n" * 50_000)
    search = start_search(query=NEEDLE, wanted=Wanted())
    row = search_runs._claim(search.pk)
    assert row is not None
    log_searches.cancel_search(search)
    with pytest.raises(search_runs._Stopped):
        search_runs._look_into(row)


def test_a_file_whose_worker_died_is_searched_by_another_one(keep: Keep) -> None:
    keep("CS-1", b"relay stuck\n")
    search = start_search(query=NEEDLE, wanted=Wanted())
    died = search_runs._claim(search.pk)
    assert died is not None
    assert run(search).status == SearchStatus.RUNNING
    search_runs.revive(timezone.now() + search_runs.STALE + timedelta(seconds=1))
    search = run(search)
    assert (search.status, search.searched, search.hits) == (SearchStatus.COMPLETE, 1, 1)
    search_runs._settle(died, search_runs._look_into(died))  # it was only very slow
    search.refresh_from_db()
    assert (search.searched, search.hits, SearchHit.objects.count()) == (1, 1, 1)


def test_a_file_that_kills_its_worker_every_time_is_given_up(keep: Keep) -> None:
    keep("CS-1", b"relay stuck\n")
    search = start_search(query=NEEDLE, wanted=Wanted())
    SearchedFile.objects.update(tries=search_runs.MOST_TRIES)
    search = run(search)
    assert (search.status, search.unread) == (SearchStatus.COMPLETE, 1)
    assert SearchedFile.objects.get().problem == Unread.GAVE_UP


def test_two_workers_share_the_files(keep: Keep) -> None:
    for number in range(2):
        keep(f"CS-{number}", b"relay stuck\n")
    search = start_search(query=NEEDLE, wanted=Wanted())
    one, two = search_runs._claim(search.pk), search_runs._claim(search.pk)
    assert one is not None and two is not None and one != two
    assert search_runs._claim(search.pk) is None
    search_runs._settle(one, search_runs._look_into(one))
    search_runs._finish(search.pk)
    search.refresh_from_db()
    assert search.is_open  # the other worker is still at it
    search_runs._settle(two, search_runs._look_into(two))
    assert run(search).status == SearchStatus.COMPLETE


def test_a_search_goes_when_its_time_is_over(keep: Keep) -> None:
    keep("CS-1", b"relay stuck\n")
    run(start_search(query=NEEDLE, wanted=Wanted(scope=SearchScope.ALL)))
    housekeeping.apply(all_rules()["searches"], now=timezone.now() + timedelta(days=6))
    assert LogSearch.objects.exists()
    housekeeping.apply(all_rules()["searches"], now=timezone.now() + timedelta(days=8))
    assert not LogSearch.objects.exists() and not SearchHit.objects.exists()
    assert LogFile.objects.exists()


def test_what_is_looked_for_stands_in_no_log_line_and_no_title(
    keep: Keep, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gone = keep("CS-1", b"Jane Doe\n")
    get_log_store().delete(gone.key)
    search = run(start_search(query=Query("Jane Doe"), wanted=Wanted()))
    assert "Jane" not in f"{search} {search!r} {caplog.text}"


def test_files_wait_until_they_are_searched(keep: Keep) -> None:
    keep("CS-1", b"relay stuck\n")
    search = start_search(query=NEEDLE, wanted=Wanted())
    assert SearchedFile.objects.get(search=search).state == FileState.WAITING
