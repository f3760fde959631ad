"""An answered event is kept, whatever dies: the ASGI process is killed in the middle of a burst."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from diagnostics.models import Alert, StationEvent
from stations.services import register_station
from tests.failures.station import HandStation
from tests.servers.processes import PATIENCE, wait_until
from tests.servers.product import Product

pytestmark = pytest.mark.servers

STATIONS = 12


def message(number: int) -> dict[str, Any]:
    entry = {
        "eventId": number,
        "timestamp": "2026-03-02T08:00:00Z",
        "trigger": "Alerting",
        "actualValue": str(number),
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 7,
        "component": {"name": "Cabinet"},
        "variable": {"name": "Temperature"},
    }
    return {"generatedAt": "2026-03-02T08:00:00Z", "seqNo": 0, "eventData": [entry]}


class Burst(threading.Thread):
    """A station that reports as fast as it is answered, until its line breaks."""

    def __init__(self, station: HandStation) -> None:
        super().__init__(daemon=True)
        self.station = station
        self.answered: list[int] = []
        self.unanswered = 0

    def run(self) -> None:
        with suppress(ConnectionClosed, OSError):
            for number in range(1_000_000):
                self.unanswered = number
                assert self.station.call("NotifyEvent", message(number)) == {}
                self.answered.append(number)


def test_an_asgi_process_killed_in_a_burst_loses_no_answered_event(product: Product) -> None:
    with ExitStack() as stack:
        bursts = []
        for number in range(STATIONS):
            password = register_station(f"NL-{number}", security_profile=1)[1]
            assert password
            station = stack.enter_context(HandStation(product.url, f"NL-{number}", password))
            bursts.append(Burst(station.connect().boot()))
        for burst in bursts:
            burst.start()
        wait_until(lambda: all(len(burst.answered) > 5 for burst in bursts), "all are answered")
        product.kill("web")
        for burst in bursts:
            burst.join(PATIENCE)
        for burst in bursts:
            kept = StationEvent.objects.filter(station__identity=burst.station.identity)
            assert set(burst.answered) <= set(kept.values_list("event_id", flat=True))

        product.start("web")  # and what was not answered comes again, and is kept once
        for burst in bursts:
            burst.station.vanish()
            burst.station.connect()
            assert burst.station.call("NotifyEvent", message(burst.unanswered)) == {}
            mine = StationEvent.objects.filter(station__identity=burst.station.identity)
            assert mine.count() == burst.unanswered + 1
            alert = Alert.objects.get(station__identity=burst.station.identity)
            assert alert.count == burst.unanswered + 1
