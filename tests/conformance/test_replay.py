"""Whole dialogues replayed, line by line, to the running project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from diagnostics.gateway import get_gateway
from diagnostics.models import (
    Alert,
    CustomerInformation,
    EventStream,
    EventStreamSample,
    LogRequest,
    Monitor,
    SecurityEvent,
)
from diagnostics.ocpp.schemas import validate_call
from diagnostics.ocpp.versions import OcppVersion
from stations.models import ChargingStation, Connector, Registration
from stations.services import register_station
from tests.conformance.asking import SERVICES
from tests.conformance.replay import DIALOGUES, Dialogue, Replay
from tests.servers.processes import wait_until
from tests.servers.valkey import Valkey
from tests.stations.socket import connected

#: What the project asks by itself of a station that has booted or changed its base.
BY_ITSELF = {"GetBaseReport", "GetMonitoringReport", "GetPeriodicEventStream", "GetVariables"}


@pytest.fixture
def station(asgi_server: str, valkey: Valkey) -> ChargingStation:
    """A station without a password, accepted before."""
    station = register_station("NL0004711", security_profile=0)[0]
    station.registration = Registration.ACCEPTED
    station.save()
    return station


@pytest.fixture
def replay(
    request: pytest.FixtureRequest, asgi_server: str, station: ChargingStation
) -> Iterator[Replay]:
    dialogue: Dialogue = request.getfixturevalue("dialogue")
    with connected(asgi_server, station.identity, subprotocols=[dialogue.subprotocol]) as socket:

        def is_known() -> bool:
            station.refresh_from_db()
            return get_gateway().version(station) is not None

        wait_until(is_known, "the connection is known")
        yield Replay(socket.connection, station)


def verdict(*wanted: str) -> Callable[[], bool]:
    return lambda: (
        tuple(LogRequest.objects.order_by("pk").values_list("verdict", flat=True)) == (wanted)
    )


def monitors(**wanted: int) -> Callable[[], bool]:
    """How many monitors there are in each state."""
    return lambda: dict(Counter(Monitor.objects.values_list("status", flat=True))) == wanted


def alerts(*, opened: int, cleared: int) -> Callable[[], bool]:
    return lambda: (
        Alert.objects.filter(cleared_at=None).count() == opened
        and Alert.objects.exclude(cleared_at=None).count() == cleared
    )


#: What is known when the last line has been said.
OUTCOMES: dict[str, Callable[[], Any]] = {
    "01_boot_and_limits": lambda: Connector.objects.filter(status="Available").exists(),
    "02_log_with_retry": verdict("Received"),
    "03_log_canceled_by_newer": verdict("Canceled", "Failed"),
    "04_base_level_monitors": monitors(Active=2, Duplicate=1, Rejected=1, UnknownVariable=1),
    "05_monitoring_report": monitors(Active=2, Cleared=1),
    "06_alerts": alerts(opened=1, cleared=1),
    "07_event_stream": lambda: (
        EventStream.objects.filter(status="Closed", interval=30).exists()
        and EventStreamSample.objects.count() == 3
    ),
    "08_news_of_21": lambda: (
        verdict("Failed")()
        and Monitor.objects.filter(type="TargetDeltaRelative", status="Active").exists()
        and Alert.objects.filter(severity=2, cleared_at=None).exists()
    ),
    "09_customer_information": lambda: (
        CustomerInformation.objects.get().status == "Complete"
        and CustomerInformation.objects.get().parts.count() == 2
    ),
    "10_get_diagnostics": verdict("Failed", "Rejected"),
    "11_security_extension_16": lambda: (
        verdict("Received")()
        and SecurityEvent.objects.filter(type="TamperDetectionActivated").exists()
        and Connector.objects.filter(vendor_error_code="P2").exists()
    ),
}


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)
def test_the_project_says_its_lines(replay: Replay, dialogue: Dialogue) -> None:
    replay.play(dialogue)
    assert replay.hears_nothing_more()
    assert set(replay.unasked()) <= BY_ITSELF
    wait_until(OUTCOMES.get(dialogue.name, lambda: True), f"what follows from {dialogue.name}")


def test_dialogues_are_twelve_and_their_calls_are_valid() -> None:
    assert len(DIALOGUES) == 12
    for dialogue in DIALOGUES:
        version = OcppVersion(dialogue.subprotocol.removeprefix("ocpp"))
        for line in dialogue.lines:
            if line.mark in (">", ">>", ">=") and line.text.startswith("[2"):
                _, _, action, payload = json.loads(line.text)
                validate_call(version, action, payload)
                assert line.mark != ">" or action in SERVICES
