"""Every frame of a live connection is in the log, with its answer's time and outcome."""

from __future__ import annotations

from typing import Any

from diagnostics import message_log
from diagnostics.models import MessageRecord
from stations.models import ChargingStation
from tests.servers.processes import wait_until
from tests.stations.conftest import Connect, becomes, place

EVENT = {"type": "TamperDetection", "timestamp": "2026-03-02T08:00:00Z"}


def logged(station: ChargingStation, **columns: Any) -> MessageRecord:
    """The one row of this station that is like that, once it is written."""
    rows = MessageRecord.objects.filter(station=station, **columns)

    def is_there() -> bool:
        message_log.flush()
        return rows.exists()

    wait_until(is_there, f"a message with {columns} is logged")
    return rows.get()


def test_a_call_and_its_answer_are_logged_with_latency_and_outcome(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        socket.call("SecurityEventNotification", EVENT, "m-1")
    call = logged(station, message_id="m-1", direction="FromStation")
    answer = logged(station, message_id="m-1", direction="ToStation")
    assert (call.message_type, call.action, call.payload) == (2, EVENT_ACTION, EVENT)
    assert (call.outcome, call.latency) == ("", None)
    assert (answer.message_type, answer.action, answer.outcome) == (3, EVENT_ACTION, "Ok")
    assert answer.latency is not None
    assert 0 <= answer.latency < 20_000
    assert call.connection == answer.connection != ""
    assert call.at <= answer.at
    assert call.size > len(str(EVENT)) - 10


EVENT_ACTION = "SecurityEventNotification"


def test_a_call_that_is_refused_is_logged_before_its_refusal(
    connect: Connect, station: ChargingStation
) -> None:
    ChargingStation.objects.update(registration="Pending")
    with connect(station) as socket:
        assert socket.call("NotifyEvent", NOTIFY_EVENT, "m-3")[2] == "SecurityError"
    call = logged(station, message_id="m-3", direction="FromStation")
    refusal = logged(station, message_id="m-3", direction="ToStation")
    assert (call.action, call.payload, call.outcome) == ("NotifyEvent", NOTIFY_EVENT, "")
    assert (refusal.action, refusal.outcome) == ("NotifyEvent", "SecurityError")
    assert call.pk < refusal.pk
    assert refusal.latency is not None


NOTIFY_EVENT = {
    "generatedAt": "2026-03-02T08:00:00Z",
    "seqNo": 0,
    "eventData": [
        {
            "eventId": 1,
            "timestamp": "2026-03-02T08:00:00Z",
            "trigger": "Delta",
            "actualValue": "1",
            "eventNotificationType": "CustomMonitor",
            "component": {"name": "Cabinet"},
            "variable": {"name": "Temperature"},
        }
    ],
}


def test_our_calls_are_logged_too(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        call = place(station)
        message_id, _ = socket.next_call("TriggerMessage")
        socket.send([4, message_id, "NotSupported", "Not today", {}])
        becomes(call, "Refused", "NotSupported")
    sent = logged(station, message_id=message_id, direction="ToStation")
    refused = logged(station, message_id=message_id, direction="FromStation")
    assert (sent.action, sent.payload) == ("TriggerMessage", {"requestedMessage": "Heartbeat"})
    assert (refused.action, refused.outcome) == ("TriggerMessage", "NotSupported")
    assert refused.error_description == "Not today"
    assert refused.latency is not None


def test_what_is_no_message_is_logged_as_text(connect: Connect, station: ChargingStation) -> None:
    with connect(station) as socket:
        socket.connection.send('{"idTag": "SECRET"')
        socket.call("SecurityEventNotification", {"type": "x"}, "m-2")
    text = logged(station, message_type=None)
    assert (text.outcome, text.text) == ("Ignored", "{…")
    ignored = logged(station, message_id="m-2", direction="FromStation")
    assert ignored.outcome == "Ignored"
    assert "timestamp is required" in ignored.error_description
    answer = logged(station, message_id="m-2", direction="ToStation")
    assert answer.outcome == "OccurrenceConstraintViolation"


def test_heartbeats_and_what_is_about_a_person_are_not_logged(
    connect: Connect, station: ChargingStation
) -> None:
    with connect(station) as socket:
        socket.call("Heartbeat", {}, "m-3")
        socket.call("Authorize", {"idToken": {"idToken": "04A2", "type": "ISO14443"}}, "m-4")
    call = logged(station, message_id="m-4", direction="FromStation")
    assert call.payload == {"idToken": {"idToken": "•••", "type": "ISO14443"}}
    assert not MessageRecord.objects.filter(station=station, message_id="m-3").exists()
