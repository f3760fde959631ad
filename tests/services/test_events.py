"""What stations report is kept once, and becomes alerts (N07, N08; facts of 1.6 and EVerest)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics import inbound
from diagnostics.lifecycles.alert import AlertState
from diagnostics.models import Alert, Monitor, StationEvent, TimelineEntry
from diagnostics.services.events import alerts
from diagnostics.services.events.causes import causes
from diagnostics.wording import entry_sentence
from tests.services.conftest import make_station

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def station(db: None, gateway: Any) -> Any:
    return make_station()


def event(event_id: int = 1, *, after: float = 0, **given: Any) -> dict[str, Any]:
    """An alerting event of a temperature monitor, some seconds after noon."""
    usual = {
        "eventId": event_id,
        "timestamp": (NOON + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "trigger": "Alerting",
        "actualValue": "78.0",
        "variableMonitoringId": 101,
        "eventNotificationType": "CustomMonitor",
        "component": {"name": "TemperatureSensor", "instance": "Cabinet"},
        "variable": {"name": "Temperature"},
    }
    return {key: value for key, value in {**usual, **given}.items() if value is not None}


def tells(station: Any, *events: dict[str, Any], version: str = "2.0.1", **given: Any) -> None:
    payload = {"generatedAt": "2026-03-02T12:00:05Z", "seqNo": 0, "eventData": list(events)}
    assert inbound.receive_call(station, version, "NotifyEvent", payload | given) == {}


def hard_wired(event_id: int, value: str, **given: Any) -> dict[str, Any]:
    """What EVerest says of an error: a component's Problem, true or false."""
    wired = {
        "variableMonitoringId": None,
        "eventNotificationType": "HardWiredNotification",
        "techCode": "0x4F12",
        "component": {"name": "AcDcConverter", "evse": {"id": 1}},
        "variable": {"name": "Problem"},
    }
    return event(event_id, actualValue=value, **{**wired, **given})


def test_every_field_is_kept(station: Any) -> None:
    tells(
        station,
        event(
            880,
            after=1.25,
            cause=0,
            severity=4,
            techCode="0x4F12",
            techInfo="derating\tstage 3\\",
            cleared=False,
            transactionId="9f0c",
            component={"name": "EVSE", "instance": "a", "evse": {"id": 2, "connectorId": 1}},
            variable={"name": "Temperature", "instance": "Inlet"},
        ),
        version="2.1",
        seqNo=3,
    )
    row = StationEvent.objects.get()
    assert (row.event_id, row.cause, row.severity, row.seq_no) == (880, 0, 4, 3)
    assert row.timestamp == NOON + timedelta(seconds=1.25)
    assert row.generated_at == NOON + timedelta(seconds=5)
    assert (row.trigger, row.actual_value, row.cleared) == ("Alerting", "78.0", False)
    assert (row.tech_code, row.tech_info) == ("0x4F12", "derating\tstage 3\\")
    assert (row.transaction_id, row.variable_monitoring_id) == ("9f0c", 101)
    assert row.event_notification_type == "CustomMonitor"
    assert str(row.reference) == "EVSE[a] EVSE 2 connector 1 · Temperature[Inlet]"


def test_an_event_sent_again_after_a_reconnect_is_kept_once(station: Any) -> None:
    tells(station, event(1))
    tells(
        station, event(1), event(2, after=1), event(2, after=1), generatedAt="2026-03-02T13:00:00Z"
    )
    assert StationEvent.objects.count() == 2
    assert Alert.objects.get().count == 2


def test_an_event_id_that_is_used_again_is_another_event(station: Any) -> None:
    tells(station, event(0))
    tells(station, event(0, after=60))
    assert StationEvent.objects.count() == 2


def test_an_alert_opens_counts_and_is_cleared(station: Any) -> None:
    tells(station, event(1, severity=2), version="2.1")
    tells(station, event(2, after=10, actualValue="81", severity=1), version="2.1")
    alert = Alert.objects.get()
    assert (alert.state, alert.count, alert.severity) == (AlertState.OPEN, 2, 1)
    assert (alert.first_at, alert.last_at) == (NOON, NOON + timedelta(seconds=10))
    assert alert.last_value == "81"
    tells(station, event(3, after=20, actualValue="70.5", cleared=True))
    alert.refresh_from_db()
    assert (alert.state, alert.closed_by, alert.last_value) == ("Cleared", "Station", "70.5")
    assert alert.cleared_at == NOON + timedelta(seconds=20)
    tells(station, event(4, after=30))
    assert list(Alert.objects.order_by("pk").values_list("count", flat=True)) == [2, 1]
    entries = TimelineEntry.objects.order_by("pk")
    assert [entry.kind for entry in entries] == ["alert.opened", "alert.cleared", "alert.opened"]
    assert entry_sentence(entries[0]) == "Alert: TemperatureSensor[Cabinet] · Temperature: 78.0"


def test_a_severity_that_nobody_tells_is_5(station: Any) -> None:
    tells(station, event())
    assert Alert.objects.get().severity == 5


def test_who_made_a_monitor_is_learnt_from_what_it_reports(station: Any) -> None:
    """N02.FR.22: reports say so since 2.1 only."""
    now = timezone.now()
    named = {"component": "TemperatureSensor", "type": "UpperThreshold", "value": 70, "severity": 2}
    times = {"created_at": now, "changed_at": now, "status": "Active"}
    first = Monitor.objects.create(station=station, monitor_id=101, **named, **times)
    tells(station, event(1, eventNotificationType="Whim"))
    tells(station, event(2, eventNotificationType="PreconfiguredMonitor"))
    tells(station, event(3, eventNotificationType="CustomMonitor"))
    first.refresh_from_db()
    assert first.event_notification_type == "PreconfiguredMonitor"
    assert Alert.objects.get().severity == 2


@pytest.mark.parametrize("trigger", ["Delta", "Periodic"])
def test_delta_and_periodic_open_nothing(station: Any, trigger: str) -> None:
    tells(station, event(trigger=trigger))
    assert StationEvent.objects.get().alert_key is None
    assert not Alert.objects.exists()


def test_cleared_for_an_alert_never_seen_makes_a_closed_record(station: Any) -> None:
    tells(station, event(cleared=True, actualValue="20"))
    alert = Alert.objects.get()
    assert (alert.state, alert.closed_by) == ("Cleared", "Unseen")
    tells(station, event(2, after=5, cleared=True, actualValue="20"))
    assert Alert.objects.count() == 1


def test_an_event_that_comes_late_does_not_open_what_was_cleared_after_it(station: Any) -> None:
    tells(station, event(1), event(3, after=20, cleared=True))
    tells(station, event(2, after=10))
    alert = Alert.objects.get()
    assert (alert.state, alert.count) == ("Cleared", 2)


def test_a_clearing_from_before_an_alert_does_not_close_it(station: Any) -> None:
    tells(station, event(5, after=100))
    tells(station, event(4, after=50, cleared=True))
    assert Alert.objects.get().state == "Open"


def test_what_a_queue_kept_back_does_not_close_what_happened_since(station: Any) -> None:
    """N07.FR.04: the new alert comes first, and then what an earlier one was, from the queue."""
    tells(station, event(9, after=100))
    tells(station, event(1, after=50), event(2, after=60, cleared=True))
    alert = Alert.objects.get()
    assert (alert.state, alert.first_at) == ("Open", NOON + timedelta(seconds=50))
    tells(station, event(10, after=110, cleared=True))
    assert Alert.objects.get().cleared_at == NOON + timedelta(seconds=110)


def test_a_clock_that_was_ahead_does_not_keep_an_alert_open(station: Any) -> None:
    now = timezone.now()
    tells(station, event(1, timestamp=f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"))
    assert Alert.objects.get().first_at <= timezone.now()
    tells(station, event(2, timestamp=f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}", cleared=True))
    assert Alert.objects.get().state == "Cleared"


@pytest.mark.parametrize("reset", ["1970-01-01T00:01:00Z", "2025-01-01T00:01:00Z"])
def test_a_station_that_lost_the_time_is_heard(station: Any, reset: str) -> None:
    """Stations start without the time, or with that of their firmware (7.6)."""
    tells(station, event(1))
    tells(station, event(2, timestamp=reset, cleared=True, actualValue="20"))
    alert = Alert.objects.get()
    assert (alert.state, alert.cleared_at, alert.last_value) == ("Cleared", NOON, "20")
    tells(station, event(3, timestamp=reset))
    assert Alert.objects.open().get().count == 1


def test_events_of_one_message_count_in_the_order_they_happened(station: Any) -> None:
    tells(station, event(2, after=20, cleared=True), event(1, after=10))
    alert = Alert.objects.get()
    assert (alert.state, alert.first_at) == ("Cleared", NOON + timedelta(seconds=10))


def test_a_problem_of_everest_is_true_and_then_false(station: Any) -> None:
    tells(station, hard_wired(0, "true", cleared=False))
    tells(station, hard_wired(1, "true", after=1, techCode="other"))
    assert Alert.objects.open().count() == 2
    tells(station, hard_wired(0, "false", after=2))
    assert Alert.objects.open().get().tech_code == "other"


def test_names_are_the_same_in_any_spelling(station: Any) -> None:
    tells(station, hard_wired(0, "true"))
    named = {"component": {"name": "acdcconverter", "evse": {"id": 1}}}
    tells(station, hard_wired(1, "true", after=1, **named))
    assert Alert.objects.get().count == 2


def test_monitors_of_one_id_on_two_stations_are_two_alerts(station: Any) -> None:
    tells(station, event())
    tells(make_station("CS-2"), event())
    assert Alert.objects.count() == StationEvent.objects.count() == 2


def test_what_is_out_of_range_is_bounded_before_it_is_stored(station: Any) -> None:
    hostile = event(
        2**40,
        timestamp="yesterday, about noon" * 10,
        actualValue="x" * 5000,
        techInfo="<b>\u202e{0}" * 200,
        severity=77,
        cause=-(2**50),
    )
    tells(station, hostile, version="2.1")
    row = StationEvent.objects.get()
    assert (row.event_id, row.cause, row.severity) == (None, None, None)
    assert (len(row.actual_value), len(row.tech_info)) == (2500, 500)
    assert row.timestamp == row.generated_at


def test_what_cannot_be_read_wholly_is_kept_as_far_as_it_can_and_as_it_came(station: Any) -> None:
    """An entry of a list is never dropped: it may be the one that says that the house burns."""
    nameless = event(7, component=None, cause=3)
    homeless = event(8, component=None, variableMonitoringId=None)
    tells(station, event(1), nameless, homeless, "smoke", event(2, actualValue=None))
    rows = list(StationEvent.objects.order_by("pk"))
    assert [(row.event_id, bool(row.unread)) for row in rows] == [
        (1, False),
        (7, True),
        (8, True),
        (None, True),
        (2, True),
    ]
    assert json.loads(rows[1].unread) == nameless
    assert rows[3].unread == '"smoke"' and rows[3].timestamp == rows[3].generated_at
    # The monitor's alert counts what names it; what names nothing opens none.
    assert Alert.objects.get().count == 3
    tells(station, event(1), nameless, homeless, "smoke", event(2, actualValue=None))
    assert StationEvent.objects.count() == 5


def test_what_has_no_time_is_told_apart_by_its_message(station: Any) -> None:
    timeless = hard_wired(1, "true", timestamp=None, eventId=None)
    over = hard_wired(1, "false", timestamp=None, eventId=None)
    for minute, entry in ((5, timeless), (5, timeless), (6, over), (7, timeless)):
        tells(station, entry, generatedAt=f"2026-03-02T12:0{minute}:00Z")
    assert StationEvent.objects.count() == 3
    assert [alert.state for alert in Alert.objects.order_by("pk")] == [
        AlertState.CLEARED,
        AlertState.OPEN,
    ]


def test_an_alert_of_a_monitor_without_a_name_says_which(station: Any) -> None:
    tells(station, event(1, component=None, variable=None))
    assert str(Alert.objects.get()) == "monitor 101"
    assert "monitor 101" in entry_sentence(TimelineEntry.objects.get(kind="alert.opened"))


def test_the_value_of_a_secret_is_in_no_event(station: Any) -> None:
    """N07.FR.10: it should be empty, and some stations tell it."""
    named = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    tells(station, event(1, actualValue="hunter2", **named))
    tells(station, event(2, actualValue="hunter2", timestamp=None, **named))
    assert StationEvent.objects.count() == 2
    assert "hunter2" not in str(list(StationEvent.objects.values()) + list(Alert.objects.values()))


# What is read as an event


def status(station: Any, **given: Any) -> None:
    usual = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    assert inbound.receive_call(station, "1.6", "StatusNotification", usual | given) is None


def test_a_fault_of_1_6_is_an_alert_until_the_connector_is_well(station: Any) -> None:
    fault = {
        "errorCode": "OtherError",
        "status": "Faulted",
        "info": "fan 1 stalled",
        "vendorErrorCode": "F017",
        "timestamp": "2026-03-02T13:01:00Z",
    }
    status(station)
    assert not StationEvent.objects.exists()
    status(station, **fault)
    alert = Alert.objects.get()
    assert (alert.source, alert.severity, alert.last_value) == ("Status", 3, "Faulted")
    assert (alert.tech_code, alert.tech_info) == ("OtherError", "F017 fan 1 stalled")
    status(station, connectorId=2)
    status(
        station, **{**fault, "errorCode": "HighTemperature", "timestamp": "2026-03-02T13:02:00Z"}
    )
    assert Alert.objects.get().tech_code == "HighTemperature"
    status(station, timestamp="2026-03-02T13:05:00Z")
    assert Alert.objects.get().state == "Cleared"


def test_a_status_tells_what_is_now_whatever_the_clock_says(station: Any) -> None:
    status(station, status="Faulted", timestamp="2026-03-02T13:01:00Z")
    status(station, timestamp="2026-03-02T12:00:00Z")
    assert Alert.objects.get().state == "Cleared"
    status(station, status="Faulted", timestamp="2026-03-02T12:01:00Z")
    assert Alert.objects.open().count() == 1


def test_an_error_of_a_connector_that_still_works_is_a_warning(station: Any) -> None:
    status(station, errorCode="WeakSignal")
    assert Alert.objects.get().severity == 6


def test_a_faulted_connector_of_2_x_is_an_alert_by_either_message(station: Any) -> None:
    payload = {
        "timestamp": "2026-03-02T12:00:00Z",
        "connectorStatus": "Faulted",
        "evseId": 1,
        "connectorId": 1,
    }
    inbound.receive_call(station, "2.0.1", "StatusNotification", payload)
    state = {
        "trigger": "Delta",
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    tells(station, event(1, after=5, actualValue="Faulted", **state))
    assert Alert.objects.get().count == 2
    tells(station, event(2, after=9, actualValue="Available", **state))
    assert Alert.objects.get().state == "Cleared"


@pytest.mark.parametrize(
    ("version", "type_", "severity"),
    [
        ("2.0.1", "TamperDetectionActivated", 3),
        ("2.0.1", "InvalidTLSVersion", 3),
        ("2.0.1", "StartupOfTheDevice", None),
        ("2.1", "DiscardedRenewedClientCertificate", 3),
        ("2.0.1", "DiscardedRenewedClientCertificate", None),
        ("1.6", "InvalidTLSVersion", None),
        ("1.6", "MemoryExhaustion", 3),
        ("2.0.1", "MadeUp", None),
    ],
)
def test_critical_security_events_are_alerts(
    station: Any, version: str, type_: str, severity: int | None
) -> None:
    payload = {"type": type_, "timestamp": "2026-03-02T13:00:00Z"}
    for _ in range(2):
        inbound.receive_call(station, version, "SecurityEventNotification", payload)
    assert list(Alert.objects.values_list("severity", "count")) == [(severity, 1)] * bool(severity)


# What operators and monitors do


def test_acknowledging_is_once_and_stays_when_it_happens_again(
    station: Any, django_user_model: Any
) -> None:
    user = django_user_model.objects.create(username="night-shift")
    tells(station, event())
    alert = Alert.objects.get()
    assert alerts.acknowledge([alert], user=user, note_text="van is on its way") == 1
    assert alerts.acknowledge([alert], user=user, note_text="late") == 0
    tells(station, event(2, after=5))
    alert.refresh_from_db()
    assert (alert.state, alert.count, alert.note) == ("Acknowledged", 2, "van is on its way")
    entry = TimelineEntry.objects.get(kind="alert.acknowledged")
    assert entry.user == user
    assert "van is on its way" in entry_sentence(entry)


def test_a_monitor_that_is_cleared_closes_its_alerts(station: Any) -> None:
    tells(station, event(), event(2, variableMonitoringId=7))
    assert alerts.close_alerts_of_monitor(station, 101) == 1
    assert alerts.close_alerts_of_monitor(station, 101) == 0
    assert Alert.objects.open().get().variable_monitoring_id == 7
    assert Alert.objects.get(variable_monitoring_id=101).closed_by == "Monitor"


def test_causes_are_followed_as_far_as_they_are_known(station: Any) -> None:
    tells(station, event(1), event(2, after=1, cause=1), event(3, after=2, cause=2, severity=1))
    chain = causes(Alert.objects.get())
    assert [each.event_id for each in chain] == [2, 1]


def test_causes_that_go_round_in_circles_end(station: Any) -> None:
    tells(station, event(1, cause=2), event(2, cause=1))
    assert len(causes(Alert.objects.get())) == 2


def test_a_cause_that_never_came_is_no_chain(station: Any) -> None:
    tells(station, event(1, cause=99))
    assert causes(Alert.objects.get()) == []
