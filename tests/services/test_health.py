"""How connections are: what is counted from the stream of messages, and what is drawn from it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound, message_log
from diagnostics.message_log.queue import MessageLog
from diagnostics.message_log.tally import add_counts
from diagnostics.models import HealthProblem, StationHealth, StationInfo
from diagnostics.models.health import LATENCIES, LATENCY_COLUMNS, hour_of, percentile
from diagnostics.services.fleet import health
from diagnostics.wording.health import problem_sentence
from tests.services.conftest import Dialogue, TellingGateway, make_station

NOW = timezone.now()
HOUR = hour_of(NOW)
IN, OUT = message_log.FROM_STATION, message_log.TO_STATION


@pytest.fixture
def station(db: None, gateway: TellingGateway) -> Any:
    return make_station()


def counted(station: Any, **counts: int) -> None:
    add_counts({(station.pk, HOUR): counts})


def problems(now: Any = NOW) -> dict[str, Any]:
    health.look(now)
    return dict(HealthProblem.objects.values_list("kind", "figures"))


def test_frames_are_counted_by_station_and_hour(station: Any, log: MessageLog) -> None:
    frames = [
        (IN, [2, "1", "Heartbeat", {}], ""),
        (OUT, [3, "1", {}], ""),
        (IN, [2, "2", "Nonsense", {}], ""),
        (OUT, [4, "2", "NotImplemented", "", {}], ""),
        (OUT, [2, "3", "ClearCache", {}], ""),
        (IN, [4, "3", "InternalError", "", {}], ""),
    ]
    for direction, frame, outcome in frames:
        text = json.dumps(frame)
        message_log.record(station, text, direction, outcome=outcome, checked=True)
    message_log.record(station, "what is this", IN, outcome="Ignored")
    log.flush()
    row = StationHealth.objects.get(station=station)
    assert (row.received, row.sent, row.errors_by_us, row.errors_by_station) == (4, 3, 1, 1)
    assert (row.unreadable, row.latency_0, row.errors) == (1, 1, 2)
    assert row.hour == hour_of(row.heard_at)


def test_what_is_left_out_of_the_log_is_counted_all_the_same(station: Any, log: MessageLog) -> None:
    message_log.record(station, '[2,"1","Heartbeat",{}]', IN, checked=True)
    log.flush()
    assert StationHealth.objects.get().received == 1


def test_counts_of_many_processes_add_up(station: Any) -> None:
    counted(station, received=2, sent=1)
    counted(station, received=3)
    add_counts({(station.pk, HOUR): {"heard_at": NOW}})
    add_counts({(station.pk, HOUR): {"heard_at": NOW - timedelta(minutes=1)}})
    row = StationHealth.objects.get()
    assert (row.received, row.sent, row.heard_at) == (5, 1, NOW)


def test_counts_of_many_stations_are_one_statement(
    db: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # with the savepoint around it
        add_counts({(make_pk(number), HOUR): {"received": 1} for number in range(200)})
    assert StationHealth.objects.count() == 200


def make_pk(number: int) -> Any:
    """A key of a station that may be gone by now, in the host's own type."""
    import uuid

    key = StationHealth._meta.get_field("station").related_model._meta.pk
    return uuid.UUID(int=number) if key.get_internal_type() == "UUIDField" else 10**6 + number


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0] * 9, None),
        ([1] + [0] * 8, LATENCIES[0]),
        ([95, 0, 5, 0, 0, 0, 0, 0, 0], LATENCIES[0]),
        ([94, 0, 6, 0, 0, 0, 0, 0, 0], LATENCIES[2]),
        ([0] * 8 + [3], LATENCIES[-1]),
    ],
)
def test_the_time_of_95_of_100_answers(counts: list[int], expected: int | None) -> None:
    assert percentile(counts, 0.95) == expected


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({"connections": 10}, "Flapping"),
        ({"turned_away": 3}, "Credentials"),
        ({"errors_by_station": 3, "errors_by_us": 3, "received": 50}, "Errors"),
        ({"unreadable": 5, "received": 500}, "Unreadable"),
        ({"unanswered": 3}, "Unanswered"),
        ({LATENCY_COLUMNS[7]: 5}, "Slow"),
    ],
)
def test_many_of_one_kind_are_a_problem_and_one_less_is_none(
    station: Any, counts: dict[str, int], kind: str
) -> None:
    first = next(iter(counts))
    counted(station, **{**counts, first: counts[first] - (2 if kind == "Errors" else 1)})
    assert problems() == {}
    counted(station, **{first: 2 if kind == "Errors" else 1})
    assert list(problems()) == [kind]
    row = HealthProblem.objects.get()
    assert len(problem_sentence(row)) > len(row.get_kind_display())


def test_a_few_errors_among_many_messages_are_none(station: Any) -> None:
    counted(station, errors_by_us=20, received=1000)
    assert problems() == {}


def test_a_problem_is_kept_while_it_lasts_and_goes_with_its_cause(station: Any) -> None:
    counted(station, connections=12)
    problems(NOW)
    counted(station, connections=1)
    assert problems(NOW + timedelta(minutes=1)) == {"Flapping": {"count": 13}}
    assert HealthProblem.objects.get().since == NOW
    assert problems(NOW + timedelta(hours=2)) == {}


def test_a_threshold_of_zero_switches_a_kind_off(station: Any) -> None:
    counted(station, connections=100)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "HEALTH_FLAPPING": 0}):
        assert problems() == {}


def test_a_wrong_clock_is_a_problem(station: Any) -> None:
    StationInfo.objects.create(station=station, clock_skew=-3600.0)
    assert problems() == {"Clock": {"seconds": -3600}}
    assert "1 h slow" in problem_sentence(HealthProblem.objects.get())


def test_a_station_that_is_connected_and_silent_is_a_problem(
    station: Any, gateway: TellingGateway
) -> None:
    StationInfo.objects.create(station=station, seen_at=NOW - timedelta(hours=1))
    somebody_is_heard()
    heard_at = NOW - timedelta(minutes=40)
    add_counts({(station.pk, hour_of(heard_at)): {"heard_at": heard_at}})
    assert problems() == {"Silent": {"heard_at": heard_at.isoformat()}}
    gateway.is_here = False
    assert problems() == {}
    gateway.is_here = True
    add_counts({(station.pk, HOUR): {"heard_at": NOW - timedelta(minutes=1)}})
    assert problems() == {}


def somebody_is_heard() -> None:
    add_counts({(make_station("CS-2").pk, HOUR): {"heard_at": NOW - timedelta(minutes=1)}})


def test_silence_is_not_known_where_messages_are_not_recorded(station: Any) -> None:
    StationInfo.objects.create(station=station, seen_at=NOW - timedelta(hours=1))
    assert problems() == {}
    somebody_is_heard()
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "MESSAGE_LOG": False}):
        assert problems() == {}
    assert list(problems()) == ["Silent"]


def test_counts_of_a_station_that_was_deleted_are_nobodys_problem(station: Any) -> None:
    add_counts({(make_pk(7), HOUR): {"connections": 100}})
    assert problems() == {}


def test_what_the_host_tells_is_counted(dialogue: Dialogue, asked: Any) -> None:
    inbound.station_connected(dialogue.station)
    inbound.station_refused(dialogue.station)
    asked()
    dialogue.is_silent()
    row = StationHealth.objects.get()
    assert (row.connections, row.turned_away, row.unanswered) == (1, 1, 1)
    assert health.hours_of(dialogue.station, timezone.now()) == [row]


def test_figures_of_many_stations_are_kept_true(station: Any) -> None:
    both = [station, make_station("CS-2")]
    for each in both:
        counted(each, connections=12)
    health.look(NOW)
    for each, more in zip(both, (1, 2), strict=True):
        counted(each, connections=more)
    health.look(NOW)
    figures = HealthProblem.objects.order_by("station__pk").values_list("station", "figures")
    assert dict(figures) == {both[0].pk: {"count": 13}, both[1].pk: {"count": 14}}
