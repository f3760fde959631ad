"""What becomes of log requests, counted by make, whatever model the stations have."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics.lifecycles.log_request import FAILED, SUCCEEDED, LogVerdict
from diagnostics.models import LogRequest, StationInfo
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import logs
from diagnostics.services.logs.outcomes import (
    Figures,
    Grouping,
    all_of,
    outcomes,
    percentile,
    requests_since,
    total,
)
from diagnostics.services.uploads import arrivals
from diagnostics.storage import StoredObject
from diagnostics.testing.factories import make_log_request, make_station_info
from diagnostics.wording.outcomes import share_words, time_words
from tests.services.conftest import TellingGateway, make_station

NOW = timezone.now()
V = LogVerdict


@pytest.fixture
def station(db: None, gateway: TellingGateway) -> Any:
    return make_station()


def ended(station: Any, verdict: str, count: int = 1, reason: str = "", **columns: Any) -> None:
    """Requests that came to this end; those with a file took a second, two, three, …"""
    for number in range(1, count + 1):
        row = make_log_request(station, **{"created_at": NOW - timedelta(hours=1), **columns})
        LogRequest.objects.filter(pk=row.pk).update(verdict=verdict, reason=reason)
        if verdict in SUCCEEDED:
            figures = {"received_after": number, "received_bytes": 10 * number}
            LogRequest.objects.filter(pk=row.pk).update(**figures)


def found(grouping: Grouping = Grouping.FIRMWARE, days: int = 7) -> list[Figures]:
    return outcomes(requests_since(NOW - timedelta(days=days)), grouping)


def test_requests_are_counted_by_make_with_their_times_and_sizes(station: Any) -> None:
    make_station_info(station, vendor="Nord", model="N1", firmware_version="1.0")
    ended(station, V.RECEIVED, 19)
    ended(station, V.RECEIVED_UNCONFIRMED)
    ended(station, V.FAILED, 3, "UploadFailure")
    ended(station, V.LOST)
    ended(station, V.CANCELED, 2)
    ended(station, V.SENT)
    ended(station, V.RECEIVED, 5, created_at=NOW - timedelta(days=8))
    (nord,) = found()
    assert nord.make == ("Nord", "N1", "1.0")
    assert (nord.asked, nord.received, nord.failed) == (27, 20, 4)
    assert (nord.running, nord.canceled) == (1, 2)
    assert nord.failures == [("Failed", "UploadFailure", 3), ("Lost", "", 1)]
    # Twenty files after 1, 1, 2, 3, … 19 s: the tenth and the nineteenth of them.
    assert (nord.median, nord.slow) == (timedelta(seconds=9), timedelta(seconds=18))
    assert nord.size == 90
    assert share_words(nord) == "83 %"
    assert time_words(nord) == ["half within 9 s", "95 of 100 within 18 s"]


def test_what_surely_fails_stands_above_what_failed_once_of_once(station: Any) -> None:
    others = [make_station(f"CS-{number}") for number in (2, 3, 4)]
    for each, model in zip([station, *others], ("Once", "Never", "Often", "Fine"), strict=True):
        make_station_info(each, vendor="Nord", model=model)
    once, never, often, fine = station, *others
    ended(once, V.FAILED)
    ended(never, V.CLAIMED, 20)
    ended(often, V.EXPIRED, 8)
    ended(often, V.RECEIVED, 8)
    ended(fine, V.RECEIVED, 3)
    order = [each.make[1] for each in found(Grouping.MODEL)]
    assert order == ["Never", "Often", "Once", "Fine"]
    assert [share_words(each) for each in found(Grouping.MODEL)] == ["0 %", "50 %", "0 %", "100 %"]
    (vendor,) = found(Grouping.VENDOR)
    assert vendor.make == ("Nord",) and vendor.asked == total(found()).asked == 40


def test_a_request_counts_for_the_firmware_that_was_asked(station: Any) -> None:
    make_station_info(station, firmware_version="1.0")
    row = logs.request_log(station=station)
    assert row.call is not None
    assert found()[0].make[2] == "1.0", "it waits for the station as it is now"
    logs.encode_call(row.call, OcppVersion.V201)
    StationInfo.objects.update(firmware_version="2.0")
    assert found()[0].make[2] == "1.0", "it was asked with this one"


def test_the_first_whole_file_counts_when_it_comes(station: Any) -> None:
    row = logs.request_log(station=station)
    ticket = arrivals.find_upload(row.token)
    for size, complete in ((5, False), (70, True), (90, True)):
        at = row.created_at + timedelta(seconds=size)
        stored = StoredObject(key=f"made/{size}", size=size, sha256=f"{size:064}")
        arrivals.record_upload(
            ticket, stored=stored, name="a.log", method="PUT", form="raw", content_type="",
            declared_size=None, complete=complete, remote_address="", received_at=at,
        )  # fmt: skip
    (figures,) = found()
    assert (figures.received, figures.median, figures.size) == (1, timedelta(seconds=70), 70)
    LogRequest.objects.get().files.all().delete()
    assert found()[0].size == 70, "the file may go, the figure stays"


def test_stations_of_which_nothing_is_known_are_counted_together(station: Any) -> None:
    ended(station, V.REJECTED)
    make_station_info(other := make_station("CS-2"), vendor="", model="", firmware_version="")
    ended(other, V.REJECTED)
    assert [(each.make, each.failed) for each in found()] == [(("", "", ""), 2)]


def test_every_verdict_is_one_of_the_four_ends() -> None:
    figures = Figures(counts=Counter({(verdict, ""): 1 for verdict in LogVerdict}))
    parts = (figures.received, figures.failed, figures.running, figures.canceled)
    assert sum(parts) == figures.asked == len(LogVerdict)
    assert figures.failed == len(FAILED) and Figures().share is None


def test_times_and_sizes_are_rounded_up_to_two_digits_and_add_up(station: Any) -> None:
    ended(station, V.RECEIVED, 2)
    sizes = {
        0: 0,
        99: 99,
        100: 100,
        101: 110,
        1_234: 1_300,
        999_999: 1_000_000,
        5 * 10**12: 5 * 10**12,
    }
    for size, rounded in sizes.items():
        LogRequest.objects.update(received_bytes=size, received_after=min(size, 10**6))
        figures = all_of(requests_since(NOW - timedelta(days=7)))
        assert (figures.size, figures.received) == (rounded, 2), size
    both = total([figures, figures])
    assert both.seconds == {10**6: 4} and both.median == figures.median
    assert percentile(Counter(), 0.5) is None
