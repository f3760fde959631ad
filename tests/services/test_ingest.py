"""Group commit: many stations at once, answered when committed, and a bad one harms nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.utils import timezone

from diagnostics.ingest import Ingest
from diagnostics.models import Alert, SecurityEvent, StationEvent, TimelineEntry
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.event_data import read_notify_event
from diagnostics.services import events
from diagnostics.services.events import rows as event_rows
from diagnostics.services.events.rows import Received
from diagnostics.services.ingest import GroupCommit
from tests.servers.processes import PATIENCE
from tests.services.conftest import make_station
from tests.services.test_events import event


@pytest.fixture
def ingest(transactional_db: None) -> Iterator[Ingest]:
    ingest = Ingest()
    yield ingest
    ingest.close()


def message(*found: dict[str, Any]) -> dict[str, Any]:
    return {"generatedAt": "2026-03-02T12:00:05Z", "seqNo": 0, "eventData": list(found)}


def stations(count: int) -> list[Any]:
    return [make_station(f"CS-{number}").pk for number in range(count)]


async def test_many_stations_at_once_are_all_kept_and_answered(ingest: Ingest) -> None:
    pks = await sync_to_async(stations)(20)

    async def burst(pk: Any) -> None:
        for number in range(10):
            found = event(number, after=number, trigger="Delta")
            assert await ingest.submit(pk, "2.0.1", "NotifyEvent", message(found)) == {}
            assert await StationEvent.objects.filter(station=pk).acount() == number + 1

    await asyncio.gather(*map(burst, pks))
    assert await StationEvent.objects.acount() == 200


async def test_what_cannot_be_read_is_refused_before_it_waits(ingest: Ingest) -> None:
    with pytest.raises(OcppError):
        await ingest.submit(1, "2.0.1", "NotifyEvent", {"seqNo": 0})


async def test_a_poisoned_message_is_refused_alone(ingest: Ingest) -> None:
    pks = await sync_to_async(stations)(9)
    pks[4] = 987654321  # a station that was deleted a moment ago
    outcomes = await asyncio.gather(
        *(ingest.submit(pk, "2.0.1", "NotifyEvent", message(event())) for pk in pks),
        return_exceptions=True,
    )
    assert [isinstance(each, Exception) for each in outcomes] == [pk == pks[4] for pk in pks]
    assert await StationEvent.objects.acount() == await Alert.objects.acount() == 8


async def test_text_that_no_database_holds_is_refused_alone(ingest: Ingest) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps a NUL")
    pks = await sync_to_async(stations)(3)
    texts = ["fine", "nul\0", r"back\slash\N"]
    sent = (
        ingest.submit(pk, "2.0.1", "NotifyEvent", message(event(actualValue=value)))
        for pk, value in zip(pks, texts, strict=True)
    )
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert [isinstance(each, Exception) for each in outcomes] == [False, True, False]
    kept = StationEvent.objects.values_list("actual_value", flat=True)
    assert {value async for value in kept} == {"fine", r"back\slash\N"}


async def test_alerts_of_a_batch_are_counted_once_for_each_event(ingest: Ingest) -> None:
    (pk,) = await sync_to_async(stations)(1)
    for _ in range(2):  # the second time after a reconnect
        sent = (message(event(number, after=number)) for number in range(10))
        await asyncio.gather(*(ingest.submit(pk, "2.0.1", "NotifyEvent", one) for one in sent))
    assert (await Alert.objects.aget()).count == 10


def test_alerts_of_many_stations_open_and_close_in_one_batch(
    transactional_db: None, django_assert_max_num_queries: Any
) -> None:
    pks = stations(30)

    def tell(**given: Any) -> None:
        report = read_notify_event(message(event(**given)))
        events.record_reports([Received(pk, report, timezone.now()) for pk in pks])

    most = 12 if connection.vendor == "postgresql" else 50  # SQLite saves one by one
    with django_assert_max_num_queries(most):
        tell()
    with django_assert_max_num_queries(most):
        tell(event_id=2, after=10, cleared=True)
    assert Alert.objects.filter(closed_by="Station", count=1).count() == 30


async def test_security_events_of_many_stations_share_a_commit_and_count_once(
    ingest: Ingest,
) -> None:
    pks = await sync_to_async(stations)(20)
    tamper = {"type": "TamperDetectionActivated", "timestamp": "2026-03-02T13:00:00Z"}
    for _ in range(2):  # the second time after a reconnect
        sent = (ingest.submit(pk, "2.0.1", "SecurityEventNotification", tamper) for pk in pks)
        assert await asyncio.gather(*sent) == [{}] * 20
    for kept in (
        SecurityEvent.objects,
        Alert.objects.filter(count=1, source="Security"),
        TimelineEntry.objects.filter(kind="station.security_event"),
    ):
        assert await kept.acount() == 20


async def test_a_security_event_of_a_station_that_is_gone_is_refused_alone(ingest: Ingest) -> None:
    pks = [*(await sync_to_async(stations)(4)), 987654321]
    told = {"type": "InvalidCsmsCertificate", "timestamp": "2026-03-02T13:00:00Z"}
    sent = (ingest.submit(pk, "2.1", "SecurityEventNotification", told) for pk in pks)
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert [isinstance(each, Exception) for each in outcomes] == [False] * 4 + [True]
    assert await SecurityEvent.objects.acount() == 4


async def test_faults_of_1_6_open_and_end_among_states_that_are_no_news(ingest: Ingest) -> None:
    pks = await sync_to_async(stations)(20)

    async def say(status: str, error_code: str, at: str) -> None:
        told = {"connectorId": 1, "status": status, "errorCode": error_code, "timestamp": at}
        sent = (ingest.submit(pk, "1.6", "StatusNotification", told) for pk in pks[:10])
        quiet = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": at}
        others = (ingest.submit(pk, "1.6", "StatusNotification", quiet) for pk in pks[10:])
        assert await asyncio.gather(*sent, *others) == [None] * 20  # the answer is the host's

    await say("Faulted", "GroundFailure", "2026-03-02T13:00:00Z")
    assert await Alert.objects.open().acount() == 10
    await say("Available", "NoError", "2026-03-02T13:01:00Z")
    assert await Alert.objects.open().acount() == 0
    await say("Available", "NoError", "2026-03-02T13:02:00Z")
    assert await StationEvent.objects.acount() == 20


def test_two_processes_that_write_the_same_event_keep_it_once(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite takes the only writer's lock before it looks: nobody is too early")
    (pk,) = stations(1)
    report = read_notify_event(message(event()))
    received = Received(pk, report, timezone.now())
    events.record_reports([received])
    too_early: list[set[str]] = [set()]
    known = event_rows._known
    monkeypatch.setattr(
        event_rows, "_known", lambda rows: too_early.pop() if too_early else known(rows)
    )
    events.record_reports([received])  # looked before the other had committed
    assert StationEvent.objects.count() == Alert.objects.get().count == 1


def test_events_are_looked_up_first_for_a_while_after_some_came_twice(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only COPY trusts")
    (pk,) = stations(1)
    monkeypatch.setattr(events, "_to_be_looked_up", 0)

    def tell(number: int) -> None:
        report = read_notify_event(message(event(number, trigger="Delta")))
        events.record_reports([Received(pk, report, timezone.now())])

    tell(1)
    assert events._to_be_looked_up == 0
    tell(1)
    assert events._to_be_looked_up == events.DOUBT - 1
    tell(2)
    assert events._to_be_looked_up == events.DOUBT - 2
    assert StationEvent.objects.count() == 2


# The gathering itself, without a database


class Paper:
    """Writes batches down; refuses "bad", and waits while told to."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.free = threading.Event()
        self.free.set()
        self.failures: list[Exception] = []

    def write(self, items: Sequence[str]) -> list[str | Exception]:
        self.free.wait(PATIENCE)
        if self.failures:
            raise self.failures.pop()
        if "bad" in items:
            raise ValueError("bad")
        self.batches.append(list(items))
        return [LookupError(text) if text == "odd" else text.upper() for text in items]


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def commits(paper: Paper) -> Iterator[GroupCommit[str, str]]:
    commits = GroupCommit(paper.write, most=3, idle=0.2)
    yield commits
    commits.close()


async def test_what_comes_during_a_commit_goes_into_the_next(
    paper: Paper, commits: GroupCommit[str, str]
) -> None:
    paper.free.clear()
    first = commits.submit("1")
    while not commits._gathering.is_working:
        await asyncio.sleep(0.001)
    others = [commits.submit(text) for text in ("2", "3", "4", "5")]
    await asyncio.sleep(0.01)
    assert not first.done()
    paper.free.set()
    await asyncio.gather(first, *others)
    assert paper.batches == [["1"], ["2", "3", "4"], ["5"]]


async def test_what_comes_in_without_a_pause_is_written_together(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diagnostics.services.ingest.LONGEST", PATIENCE)
    commits = GroupCommit(paper.write)

    async def say(rounds: int) -> str:
        for _ in range(rounds):
            await asyncio.sleep(0)
        return await commits.submit(str(rounds))

    await asyncio.gather(*map(say, range(6)))
    await commits.submit("later")
    commits.close()
    assert paper.batches == [["0", "1", "2", "3", "4", "5"], ["later"]]


async def test_nothing_waits_when_nothing_is_on_its_way(paper: Paper) -> None:
    commits = GroupCommit(paper.write, idle=2 * PATIENCE)
    async with asyncio.timeout(PATIENCE):
        for _ in range(20):
            await commits.submit("one")
    commits.close()


async def test_a_bad_item_fails_alone(paper: Paper, commits: GroupCommit[str, str]) -> None:
    paper.free.clear()
    sent = [commits.submit(text) for text in ("1", "bad", "2", "3")]
    paper.free.set()
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(each) for each in outcomes] == [str, ValueError, str, str]
    assert sorted(sum(paper.batches, [])) == ["1", "2", "3"]


async def test_each_item_has_a_result_of_its_own(commits: GroupCommit[str, str]) -> None:
    sent = [commits.submit(text) for text in ("a", "odd", "b")]
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert [outcomes[0], str(outcomes[1]), outcomes[2]] == ["A", "odd", "B"]


async def test_an_absent_database_refuses_the_whole_batch_and_then_goes_on(
    paper: Paper, commits: GroupCommit[str, str]
) -> None:
    paper.failures = [OperationalError("away"), OperationalError("away")]
    with pytest.raises(OperationalError):
        await commits.submit("1")
    paper.failures = [OperationalError("the connection had ended")]
    await commits.submit("2")
    assert paper.batches == [["2"]]


async def test_a_station_that_left_is_kept_all_the_same(
    paper: Paper, commits: GroupCommit[str, str]
) -> None:
    paper.free.clear()
    gone = commits.submit("1")
    gone.cancel()
    paper.free.set()
    await commits.submit("2")
    assert sum(paper.batches, []) == ["1", "2"]


async def test_the_thread_ends_when_idle_and_comes_back(
    paper: Paper, commits: GroupCommit[str, str]
) -> None:
    await commits.submit("1")
    async with asyncio.timeout(PATIENCE):
        while commits._gathering._thread is not None:
            await asyncio.sleep(0.02)
    await commits.submit("2")
    assert paper.batches == [["1"], ["2"]]


def test_closing_writes_what_waits(paper: Paper) -> None:
    commits = GroupCommit(paper.write)

    async def leave() -> None:
        paper.free.clear()
        commits.submit("1")
        commits.submit("2")

    asyncio.run(leave())
    paper.free.set()
    commits.close()
    assert sum(paper.batches, []) == ["1", "2"]
