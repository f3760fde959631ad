"""Events, as the certification tests of block N have a CSMS take them: all answered with {}."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.models import Alert, StationEvent
from tests.conformance.block_n import BOTH, NOW, counts
from tests.conformance.conftest import Connect

PLACE = {
    "component": {"name": "TemperatureSensor", "instance": "Cabinet"},
    "variable": {"name": "Temperature"},
}

each = pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)


def event(event_id: int, **more: Any) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "timestamp": NOW,
        "trigger": "Alerting",
        "actualValue": "78.0",
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 101,
        **PLACE,
        **more,
    }


async def tells(station: Any, *events: dict[str, Any], **more: Any) -> None:
    """Send a NotifyEvent; the answer is empty (N07.FR.03, N08.FR.02)."""
    answer = await station.says(
        "NotifyEvent", generatedAt=NOW, eventData=list(events), **{"seqNo": 0, **more}
    )
    assert not [name for name, value in vars(answer).items() if value is not None]


@each
async def test_a_hard_wired_event_is_an_alert(connect: Connect, kind: Any) -> None:
    """TC_N_21."""
    async with connect(kind) as station:
        await station.boots()
        fault = event(
            1, eventNotificationType="HardWiredNotification", actualValue="true", techCode="F17"
        )
        del fault["variableMonitoringId"]
        await tells(station, fault)
        await counts(Alert.objects.open().filter(tech_code="F17"), 1)


@each
@pytest.mark.parametrize(
    ("octt", "more"),
    [
        ("TC_N_24", {"trigger": "Periodic"}),
        ("TC_N_50", {"trigger": "Periodic", "actualValue": "31.5"}),
        ("TC_N_48", {"trigger": "Delta", "actualValue": ""}),
    ],
)
async def test_periodic_events_and_empty_values_open_nothing(
    connect: Connect, kind: Any, octt: str, more: dict[str, Any]
) -> None:
    """TC_N_24, TC_N_48, TC_N_50."""
    async with connect(kind) as station:
        await station.boots()
        await tells(station, event(2, **more))
        await counts(StationEvent.objects.filter(trigger=more["trigger"]), 1)
        await counts(Alert.objects, 0)


@each
async def test_an_alert_is_cleared(connect: Connect, kind: Any) -> None:
    """TC_N_49; a burst in two messages is used part by part."""
    async with connect(kind) as station:
        await station.boots()
        await tells(station, event(3), tbc=True)
        await counts(Alert.objects.open(), 1)
        effect = event(4, trigger="Delta", cause=3, actualValue="Faulted", variableMonitoringId=5)
        await tells(station, effect, seqNo=1)
        await counts(StationEvent.objects.filter(cause=3), 1)
        await tells(station, event(5, cleared=True, actualValue="70.5"))
        await counts(Alert.objects.open(), 0)
        await counts(Alert.objects, 1)
