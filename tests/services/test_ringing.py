"""The doorbell rings after the commit, for many calls at once, and somebody rings when it fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import transaction

from diagnostics import ringing
from diagnostics.gathering import Gathering
from diagnostics.models import OutboundCall
from diagnostics.services.calls import place_call, place_calls
from tests.services.conftest import TellingGateway, make_station

TRIGGER = {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stations(transactional_db: None, gateway: TellingGateway) -> Iterator[list[Any]]:
    yield [make_station(f"CS-{number}") for number in range(3)]
    ringing.flush()


def test_nobody_is_rung_for_before_the_commit(stations: list[Any], gateway: TellingGateway) -> None:
    with transaction.atomic():
        placed = [place_call(station=station, **TRIGGER) for station in stations]
        ringing.flush()
        assert gateway.rung == []
    ringing.flush()
    assert gateway.rung == [call.pk for call in placed]


def test_a_gateway_that_takes_many_gets_them_together(stations: list[Any], gateway: Any) -> None:
    rung: list[int] = []
    gateway.send_all = lambda calls: rung.append(len(calls))
    place_calls(stations=stations, **TRIGGER)
    ringing.flush()
    assert rung == [3]


def test_a_worker_is_asked_where_the_gateway_fails(
    stations: list[Any], gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def fails(calls: Sequence[OutboundCall]) -> None:
        raise ConnectionError("no layer here")

    gateway.send_all = fails
    monkeypatch.setattr(ringing, "enqueue", lambda task, ids: asked.append(ids))
    placed = place_calls(stations=stations, **TRIGGER)
    ringing.flush()
    assert asked == [[call.pk for call in placed]]


def test_what_is_placed_while_the_bell_rings_is_next() -> None:
    batches: list[list[int]] = []
    begun, free = threading.Event(), threading.Event()

    def work(items: list[int]) -> None:
        begun.set()
        free.wait(10)
        batches.append(items)
        if items == [2, 3]:
            raise ValueError("these two are lost, and nothing else")

    gathering: Gathering[int] = Gathering(work, name="test", most=2)
    gathering.put(1)
    assert begun.wait(10)
    gathering.put(2, 3, 4)
    free.set()
    gathering.close()
    assert batches == [[1], [2, 3], [4]]


def test_a_forked_process_rings_for_itself() -> None:
    rung: list[int] = []
    gathering: Gathering[int] = Gathering(rung.extend, name="test")
    gathering.put(1)
    gathering.close()
    gathering._process = os.getppid()  # as after a fork: the thread is the parent's
    gathering._thread = threading.Thread()
    gathering.put(2)
    gathering.close()
    assert rung == [1, 2]


def test_what_was_interrupted_as_it_began_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    gathering: Gathering[int] = Gathering(print, name="test")
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gathering.put(1)
    gathering.close()
