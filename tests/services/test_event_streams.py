"""Periodic event streams of 2.1, from the opening to the last value (N11 to N15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.models import (
    EventStream,
    EventStreamSample,
    Monitor,
    OutboundCall,
    Report,
    TimelineEntry,
)
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import event_streams, housekeeping, monitors
from diagnostics.services.event_streams import pace as stream_pace
from diagnostics.services.housekeeping.rules import all_rules
from diagnostics.wording import entry_sentence
from tests.services.conftest import Dialogue

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def station(dialogue: Dialogue) -> Any:
    dialogue.gateway.spoken = OcppVersion.V21
    return dialogue.station


def says(station: Any, action: str, payload: dict[str, Any]) -> Any:
    return inbound.receive_call(station, "2.1", action, payload)


def opens(station: Any, stream_id: int = 7, monitor_id: int = 44, **params: int) -> str:
    constant = {
        "id": stream_id,
        "variableMonitoringId": monitor_id,
        "params": params or {"interval": 10, "values": 20},
    }
    answer = says(station, "OpenPeriodicEventStream", {"constantStreamData": constant})
    return str(answer["status"])


def sends(station: Any, *data: tuple[Any, str], stream_id: int = 7, pending: int = 0) -> None:
    payload = {
        "id": stream_id,
        "pending": pending,
        "basetime": "2026-03-02T10:00:00Z",
        "data": [{"t": t, "v": v} for t, v in data],
    }
    inbound.receive_send(station, "2.1", "NotifyPeriodicEventStream", payload)


def values(stream_id: int = 7) -> list[tuple[float, str]]:
    found = EventStreamSample.objects.filter(stream__stream_id=stream_id).order_by("at")
    return [((row.at - TEN).total_seconds(), row.value) for row in found]


def monitor(station: Any, monitor_id: int = 44) -> Monitor:
    now = timezone.now()
    return Monitor.objects.create(
        station=station,
        monitor_id=monitor_id,
        component="EVSE",
        evse_id=1,
        variable="ACVoltage",
        variable_instance="L1",
        type="Periodic",
        value=1,
        severity=8,
        event_notification_type="CustomMonitor",
        status="Active",
        created_at=now,
        changed_at=now,
    )


def actions() -> list[str]:
    return list(OutboundCall.objects.order_by("pk").values_list("action", flat=True))


def test_a_stream_carries_what_its_monitor_watches(station: Any) -> None:
    monitor(station)
    assert opens(station) == "Accepted"
    row = EventStream.objects.get()
    assert (str(row), row.severity, row.event_notification_type) == (
        "EVSE 1 · ACVoltage[L1]", 8, "CustomMonitor",
    )  # fmt: skip
    assert (row.interval, row.values_per_message, row.status) == (10, 20, "Open")
    assert actions() == []


def test_a_stream_of_a_monitor_nobody_knows_is_taken_and_asked_about(station: Any) -> None:
    assert opens(station) == "Accepted"
    assert Report.objects.get().kind == "Monitoring"
    sends(station, (0, "230.4"))
    row = EventStream.objects.get()
    assert row.component == "" and str(row) == "stream 7"
    monitor(station)
    sends(station, (1, "230.1"))
    row.refresh_from_db()
    assert row.variable == "ACVoltage"


def test_values_have_absolute_times_and_count_once(station: Any) -> None:
    monitor(station)
    opens(station)
    sends(station, (0, "230.4"), (1, "230.1"), (2.01, "229.8"))
    sends(station, (1, "230.1"), (2.01, "229.8"), (3, "229.9"))
    assert values() == [(0, "230.4"), (1, "230.1"), (2.01, "229.8"), (3, "229.9")]


def test_date_times_without_a_basetime_are_read_too(station: Any) -> None:
    opens(station)
    payload = {"id": 7, "pending": 0, "data": [{"t": "2026-03-02T10:00:05Z", "v": "1"}]}
    inbound.receive_send(station, "2.1", "NotifyPeriodicEventStream", payload)
    sends(station, ("2026-03-02T10:00:06+00:00", "2"))
    assert values() == [(5, "1"), (6, "2")]


def test_times_nobody_can_read_are_left_out_and_told(station: Any) -> None:
    opens(station)
    for _ in range(2):
        sends(station, (1e300, "far"), ("soon", "no time"), (1, "fine"))
    assert values() == [(1, "fine")]
    told = TimelineEntry.objects.get(kind="stream.unread")
    assert told.count == 2 and "7" in entry_sentence(told)


def test_a_send_that_comes_as_a_call_is_answered(station: Any) -> None:
    opens(station)
    data = {"id": 7, "pending": 0, "basetime": "2026-03-02T10:00:00Z", "data": [{"t": 0, "v": ""}]}
    assert says(station, "NotifyPeriodicEventStream", data) == {}
    assert values() == [(0, "")]


def test_an_unknown_stream_is_kept_and_asked_about_once(station: Any, dialogue: Dialogue) -> None:
    monitor(station)
    sends(station, (0, "230.4"), stream_id=9)
    sends(station, (1, "230.1"), stream_id=9)
    assert EventStream.objects.get().status == "Unknown"
    assert actions() == ["GetPeriodicEventStream"]
    dialogue.takes()
    listed = {"id": 9, "variableMonitoringId": 44, "params": {"interval": 30}}
    dialogue.answers({"constantStreamData": [listed]})
    row = EventStream.objects.get()
    assert (row.status, row.interval, row.variable) == ("Open", 30, "ACVoltage")
    assert values(9) == [(0, "230.4"), (1, "230.1")]


def test_what_the_station_does_not_list_has_ended(station: Any, dialogue: Dialogue) -> None:
    monitor(station)
    opens(station)
    opens(station, stream_id=8)
    stream_pace.get_streams(station=station)
    dialogue.takes()
    opens(station, stream_id=9)  # after the question
    dialogue.answers(
        {"constantStreamData": [{"id": 8, "variableMonitoringId": 44, "params": {"values": 5}}]}
    )
    states = dict(EventStream.objects.values_list("stream_id", "status"))
    assert states == {7: "Closed", 8: "Open", 9: "Open"}
    assert EventStream.objects.get(stream_id=8).values_per_message == 5


def test_no_list_is_no_stream(station: Any, dialogue: Dialogue) -> None:
    opens(station)
    OutboundCall.objects.all().delete()
    stream_pace.get_streams(station=station)
    dialogue.takes()
    dialogue.answers({})
    assert EventStream.objects.get().status == "Closed"


def test_a_pace_is_changed_and_a_rejected_one_is_not(station: Any, dialogue: Dialogue) -> None:
    monitor(station)
    opens(station)
    row = EventStream.objects.get()
    stream_pace.adjust_stream(row, interval=30, values=None)
    assert dialogue.takes().wire_payload == {"id": 7, "params": {"interval": 30}}
    dialogue.answers({"status": "Accepted"})
    row.refresh_from_db()
    assert (row.interval, row.values_per_message) == (30, None)
    stream_pace.adjust_stream(row, interval=None, values=3)
    dialogue.takes()
    dialogue.answers({"status": "Rejected"})
    row.refresh_from_db()
    assert row.interval == 30
    entries = TimelineEntry.objects.filter(kind="stream.adjusted").order_by("pk")
    assert [entry.data["status"] for entry in entries] == ["Accepted", "Rejected"]


def test_what_cannot_be_asked_is_refused(station: Any, dialogue: Dialogue) -> None:
    monitor(station)
    opens(station)
    row = EventStream.objects.get()
    with pytest.raises(RequestRefused):
        stream_pace.adjust_stream(row, interval=None, values=0)
    dialogue.gateway.spoken = OcppVersion.V201
    for ask in (
        lambda: stream_pace.get_streams(station=station),
        lambda: stream_pace.adjust_stream(row, interval=1, values=None),
    ):
        with pytest.raises(RequestRefused, match=r"2\.0\.1"):
            ask()
    says(station, "ClosePeriodicEventStream", {"id": 7})
    row.refresh_from_db()
    with pytest.raises(RequestClosed):
        stream_pace.adjust_stream(row, interval=1, values=None)
    assert actions() == []


def test_growing_arrears_show_and_a_flush_ends_it(station: Any) -> None:
    monitor(station)
    opens(station)
    for n, pending in enumerate((0, 5, 9, 9)):
        sends(station, (n, "1"), pending=pending)
    row = EventStream.objects.get()
    assert row.is_too_slow and row.pending == 9
    sends(station, (5, "1"), pending=2)
    row.refresh_from_db()
    assert not row.is_too_slow


def test_growing_arrears_have_the_station_asked_for_a_faster_pace(
    station: Any, dialogue: Dialogue
) -> None:
    """N15.FR.05: twice as many values at once, until nothing waits or nothing more helps."""
    monitor(station)
    opens(station, interval=10, values=20)
    for n, pending in enumerate((0, 5, 9, 12)):
        sends(station, (n, "1"), pending=pending)
    wanted = {"id": 7, "params": {"interval": 10, "values": 40}}
    assert dialogue.takes().wire_payload == wanted
    assert actions() == ["AdjustPeriodicEventStream"]
    dialogue.answers({"status": "Accepted"})
    row = EventStream.objects.get()
    assert (row.interval, row.values_per_message, row.own_adjustments) == (10, 40, 1)
    assert not row.is_too_slow
    told = TimelineEntry.objects.get(kind="stream.catching_up")
    assert "40 values at once" in entry_sentence(told)
    sends(station, (5, "1"), pending=0)
    assert EventStream.objects.get().own_adjustments == 0


def test_speeding_up_ends(station: Any, dialogue: Dialogue) -> None:
    monitor(station)
    opens(station, interval=4)
    for n in range(20):
        sends(station, (n, "1"), pending=10 * n)
        if dialogue.takes():
            dialogue.answers({"status": "Accepted"})
    assert [call.wire_payload["params"] for call in OutboundCall.objects.order_by("pk")] == [
        {"interval": 2},
        {"interval": 1},
    ]
    assert TimelineEntry.objects.filter(kind="stream.behind").count() == 1


def test_a_station_that_rejects_a_faster_pace_is_left_alone(
    station: Any, dialogue: Dialogue
) -> None:
    monitor(station)
    opens(station)
    for n in range(9):
        sends(station, (n, "1"), pending=10 * n)
        if dialogue.takes():
            dialogue.answers({"status": "Rejected"})
    assert len(actions()) == 1
    assert EventStream.objects.get().is_too_slow


def test_speeding_up_is_a_setting(station: Any) -> None:
    monitor(station)
    opens(station)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "ADJUST_STREAMS": False}):
        for n in range(4):
            sends(station, (n, "1"), pending=10 * n)
    assert actions() == []


def test_closing_ends_a_stream_and_its_last_values_still_belong_to_it(station: Any) -> None:
    opens(station)
    assert says(station, "ClosePeriodicEventStream", {"id": 7}) == {}
    sends(station, (0, "late"))
    assert EventStream.objects.get().status == "Closed" and values() == [(0, "late")]
    assert says(station, "ClosePeriodicEventStream", {"id": 4711}) == {}


def test_a_stream_id_may_be_given_to_another_monitor(station: Any) -> None:
    monitor(station)
    monitor(station, 45)
    opens(station)
    opens(station)
    assert EventStream.objects.count() == 1
    opens(station, monitor_id=45)
    states = list(EventStream.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["Closed", "Open"]


def test_clearing_a_monitor_ends_its_stream(station: Any, dialogue: Dialogue) -> None:
    row = monitor(station)
    opens(station)
    monitors.clear_monitors(station=station, monitors=[row])
    dialogue.takes()
    dialogue.answers({"clearMonitoringResult": [{"id": 44, "status": "Accepted"}]})
    stream = EventStream.objects.get()
    assert stream.status == "Closing"
    sends(station, (0, "flushed"))
    says(station, "ClosePeriodicEventStream", {"id": 7})
    stream.refresh_from_db()
    assert stream.status == "Closed" and values() == [(0, "flushed")]


def test_a_stream_that_the_station_forgets_to_close_is_closed_by_time(station: Any) -> None:
    monitor(station)
    opens(station)
    event_streams.close_streams_of_monitor(station, 44)
    sends(station, (0, "flushed"))
    event_streams.sweep_streams(timezone.now())
    assert EventStream.objects.get().status == "Closing"
    event_streams.sweep_streams(timezone.now() + event_streams.AFTERMATH * 2)
    assert EventStream.objects.get().status == "Closed"


def test_values_are_kept_as_long_as_the_setting_says(station: Any) -> None:
    opens(station)
    sends(station, (0, "1"))
    lifetime, rule = {"STREAM_LIFETIME": timedelta(days=1)}, all_rules()["stream_values"]
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **lifetime}):
        housekeeping.apply(rule, now=timezone.now() + timedelta(hours=23))
        assert values()
        housekeeping.apply(rule, now=timezone.now() + timedelta(hours=25))
    assert not values() and EventStream.objects.exists()


def test_a_station_with_too_many_streams_is_refused(
    station: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor(station)
    monkeypatch.setattr(event_streams, "MOST_OPEN", 1)
    assert [opens(station), opens(station, stream_id=8)] == ["Accepted", "Rejected"]
    assert opens(station) == "Accepted"


def test_a_station_that_cannot_read_our_answer_is_noted(station: Any) -> None:
    inbound.receive_result_error(station, "m-1", "FormatViolation", "status?", {})
    entry = TimelineEntry.objects.get()
    assert "FormatViolation" in entry_sentence(entry) and "m-1" in entry_sentence(entry)


def test_every_entry_has_a_sentence(station: Any) -> None:
    opens(station)
    sends(station, (0, "1"), stream_id=9)
    says(station, "ClosePeriodicEventStream", {"id": 7})
    sends(station, ("noon", "1"))
    for entry in TimelineEntry.objects.filter(kind__startswith="stream."):
        assert entry_sentence(entry) != entry.kind
