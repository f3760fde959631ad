"""What breaks in the field, done on purpose: every log request ends in a verdict."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from config import programs
from diagnostics import ringing
from diagnostics.lifecycles.examination import Examination
from diagnostics.models import LogFile, LogRequest, OutboundCall
from diagnostics.services import logs
from diagnostics.services.calls import delivery
from diagnostics.services.files import examination
from diagnostics.services.logs import watch as log_watch
from diagnostics.wording import verdict_sentence
from stations import presence
from stations.models import ChargingStation
from stations.services import register_station
from tests.failures.station import HandStation
from tests.servers.processes import wait_until
from tests.servers.product import Product
from tests.servers.valkey import Valkey

pytestmark = pytest.mark.servers


@pytest.fixture
def station(product: Product) -> Iterator[HandStation]:
    password = register_station("NL-22", security_profile=1)[1]
    assert password
    with HandStation(product.url, "NL-22", password) as station:
        yield station.connect().boot()


def click(**wanted: Any) -> LogRequest:
    return logs.request_log(station=ChargingStation.objects.get(identity="NL-22"), **wanted)


def ends(row: LogRequest, verdict: str, reason: str = "") -> None:
    """The row gets there, and has a sentence for the operator."""

    def is_there() -> bool:
        row.refresh_from_db()
        return (row.verdict, row.reason) == (verdict, reason)

    try:
        wait_until(is_there, verdict)
    except TimeoutError:
        pytest.fail(f"{row.verdict} {row.reason} is not {verdict} {reason}")
    assert verdict_sentence(row)


def test_a_worker_killed_between_the_click_and_the_dispatch(
    product: Product, station: HandStation, log: Path
) -> None:
    product.kill("worker")
    row = click()
    product.start("worker")
    call = station.expect("GetLog")
    station.answer(call, {"status": "Accepted", "filename": "NL.log"})
    station.uploads(call, log)
    station.says("Uploaded", call)
    ends(row, "Received")


def test_a_dispatch_that_the_broker_forgot(
    product: Product, station: HandStation, valkey: Valkey
) -> None:
    product.kill("worker")
    click()
    with valkey.client() as client:
        client.flushall()
    delivery.ring_waiting()
    station.expect("GetLog")
    station.expect_nothing(1)


@pytest.fixture
def endless_files(settings: Any) -> Iterator[list[LogFile]]:
    """More files than a worker has threads, whose examination waits for their first byte."""
    argv = programs.worker().argv
    request = logs.request_log(station=register_station("NL-23", security_profile=1)[0])
    files = [
        LogFile(log_request=request, key=f"endless-{n}", size=0, received_at=timezone.now())
        for n in range(int(argv[argv.index("--concurrency") + 1]) + 2)
    ]
    paths = [Path(urlsplit(settings.LOG_STORE_URL).path, file.key) for file in files]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    for path in paths:
        os.mkfifo(path)
    yield LogFile.objects.bulk_create(files)
    for path in paths:
        path.unlink()


def has_to_do(client: Any, task: bytes) -> bool:
    """Whether a task waits in its queue, or a worker has taken and not finished it."""
    jobs = [*client.lrange("celery", 0, -1), *client.hvals("unacked")]
    return any(task in job for job in jobs)


def test_a_dispatch_overtakes_files_that_keep_a_worker_busy(
    product: Product,
    station: HandStation,
    endless_files: list[LogFile],
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As `serve` has it: a worker for each queue, and what takes long has its own."""
    product.kill("worker")
    product.start("worker-celery", "worker-slow")
    for file in endless_files:
        examination.request_examination(file)
    examined = LogFile.objects.filter(examination=Examination.RUNNING)
    wait_until(lambda: examined.count() == len(endless_files) - 2, "no thread of it is free")
    monkeypatch.setattr(ringing, "ring", lambda _calls: False)  # a worker has to
    click()
    station.expect("GetLog")
    with valkey.client() as client:  # the station's own process may have been faster
        wait_until(lambda: not has_to_do(client, b"dispatch_calls"), "a worker has dispatched it")
    assert LogFile.objects.filter(examination=Examination.WAITING).count() == 2
    product.kill("worker-slow")
    product.kill("worker-celery")
    with valkey.client() as client:  # what it was at would be taken for begun for an hour
        client.delete("slow", "unacked", "unacked_index")


def test_an_asgi_process_killed_with_a_call_in_flight(
    product: Product, station: HandStation, log: Path
) -> None:
    row = click()
    first = station.expect("GetLog")
    product.kill("web")
    station.vanish()
    product.start("web")
    station.connect()
    again = station.expect("GetLog")
    assert again[3]["requestId"] != first[3]["requestId"]
    station.answer(again, {"status": "Accepted", "filename": "NL.log"})
    station.uploads(again, log)
    station.says("Uploaded", again)
    ends(row, "Received")
    assert list(row.calls.order_by("pk").values_list("status", flat=True)) == [
        "TimedOut",
        "Answered",
    ]


def test_a_station_does_not_return_after_its_asgi_process_was_killed(
    product: Product, station: HandStation
) -> None:
    row = click(expires_in=timedelta(hours=1))
    station.expect("GetLog")
    product.kill("web")
    for minutes in (1, 2):
        presence.sweep(timezone.now() + timedelta(minutes=minutes))
    ends(row, "Queued")
    assert not ChargingStation.objects.get().connections.open().exists()
    delivery.expire_calls(timezone.now() + timedelta(hours=2))
    ends(row, "Expired")


def test_redis_away_at_the_click_and_started_again_under_connected_stations(
    product: Product, station: HandStation, valkey: Valkey, log: Path
) -> None:
    valkey.stop()
    row = click()
    assert row.verdict == "Queued"
    valkey.start()
    call = station.expect("GetLog")
    station.answer(call, {"status": "Accepted", "filename": "NL.log"})
    station.uploads(call, log)
    station.says("Uploaded", call)
    ends(row, "Received")


def test_a_station_gone_after_accepted(product: Product, station: HandStation, log: Path) -> None:
    row = click()
    call = station.expect("GetLog")
    station.answer(call, {"status": "Accepted"})
    ends(row, "Accepted")
    station.vanish()
    log_watch.watch_log_requests(timezone.now() + timedelta(minutes=31))
    ends(row, "Lost", "Silent")
    # The upload had gone on meanwhile; the word follows when the station is back.
    station.uploads(call, log)
    ends(row, "ReceivedUnconfirmed")
    station.connect()
    station.says("Uploaded", call)
    ends(row, "Received")


def test_status_before_the_answer(product: Product, station: HandStation, log: Path) -> None:
    row = click()
    call = station.expect("GetLog")
    station.says("Uploading", call)
    ends(row, "Uploading")
    station.uploads(call, log)
    station.says("Uploaded", call)
    station.answer(call, {"status": "Accepted"})
    ends(row, "Received")


def test_uploaded_with_no_file(product: Product, station: HandStation) -> None:
    row = click()
    call = station.expect("GetLog")
    station.answer(call, {"status": "Accepted"})
    station.says("Uploaded", call)
    log_watch.watch_log_requests(timezone.now() + timedelta(seconds=61))
    ends(row, "Claimed")


def test_a_file_with_no_uploaded(product: Product, station: HandStation, log: Path) -> None:
    row = click()
    call = station.expect("GetLog")
    station.answer(call, {"status": "Accepted"})
    station.uploads(call, log)
    ends(row, "ReceivedUnconfirmed")


def test_a_second_log_during_the_first(product: Product, station: HandStation, log: Path) -> None:
    first = click()
    call = station.expect("GetLog")
    station.answer(call, {"status": "Accepted"})
    station.says("Uploading", call)
    second = click(log_type="SecurityLog")
    newer = station.expect("GetLog")
    station.says("AcceptedCanceled", call)
    station.answer(newer, {"status": "AcceptedCanceled", "filename": "s.csv"})
    station.says("Uploading", newer)
    station.uploads(newer, log)
    station.says("Uploaded", newer)
    ends(first, "Canceled", "Superseded")
    ends(second, "Received")
    assert first.superseded_by == second


def test_an_answer_after_the_time_out(
    product: Product, station: HandStation, log: Path, settings: Any
) -> None:
    settings.DIAGNOSTICS = {
        **settings.DIAGNOSTICS,
        "LOG_RESPONSE_TIMEOUT": timedelta(seconds=1),
    }
    row = click()
    call = station.expect("GetLog")
    ends(row, "Lost", "NoAnswer")
    station.answer(call, {"status": "Accepted", "filename": "NL.log"})
    ends(row, "Accepted")
    station.uploads(call, log)
    station.says("Uploaded", call)
    ends(row, "Received")
    assert OutboundCall.objects.get().late
