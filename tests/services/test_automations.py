"""When this happens, do that: what matches, what is done about it, and how often."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diagnostics import inbound
from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.automation import LastFiring, Outcome, Pace, Trigger, pace
from diagnostics.models import (
    Alert,
    Automation,
    AutomationFiring,
    LogRequest,
    OutboundCall,
    Report,
    StationEvent,
    StationGroup,
    TimelineEntry,
)
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import automations, housekeeping, logs
from diagnostics.services.automations import actions as automation_actions
from diagnostics.services.automations import runs as automation_runs
from diagnostics.services.automations.rehearsals import rehearse
from diagnostics.services.automations.runs import run_automations
from diagnostics.services.fleet import groups
from diagnostics.services.housekeeping.rules import all_rules
from diagnostics.testing.factories import make_log_request
from diagnostics.wording import entry_sentence
from diagnostics.wording.automations import firing_sentence, firing_what
from tests.servers.processes import PATIENCE
from tests.services.conftest import TellingGateway, make_station

NOW = timezone.now()
Make = Callable[..., Automation]


@pytest.fixture
def station(db: None, gateway: TellingGateway) -> Any:
    return make_station()


@pytest.fixture
def make(db: None) -> Make:
    """An automation that is switched on; it pulls a log, unless told otherwise."""

    def made(trigger: str = Trigger.ALERT_OPENED, **columns: Any) -> Automation:
        usual = {"name": f"A{Automation.objects.count()}", "pull_log": True}
        row = Automation.objects.create(trigger=trigger, **usual | columns)
        automations.begin_from_now(row)
        return row

    return made


def tells(station: Any, event_id: int = 1, **given: Any) -> None:
    """A monitor of the station's temperature speaks."""
    now = timezone.now()
    entry = {
        "eventId": event_id,
        "timestamp": now.isoformat(),
        "trigger": "Alerting",
        "actualValue": "78.0",
        "variableMonitoringId": 100 + event_id,
        "eventNotificationType": "CustomMonitor",
        "component": {"name": "TemperatureSensor"},
        "variable": {"name": "Temperature"},
        "severity": 3,
    }
    message = {"generatedAt": now.isoformat(), "seqNo": 0, "eventData": [entry | given]}
    inbound.receive_call(station, "2.1", "NotifyEvent", message)


def fired(**wanted: Any) -> list[AutomationFiring]:
    return list(AutomationFiring.objects.filter(**wanted).order_by("pk"))


def test_on_this_alert_the_log_is_pulled_once(station: Any, make: Make) -> None:
    make(component="temp*", severity=Severity.ERROR, log_minutes=30)
    tells(station)
    run_automations()
    run_automations()
    (firing,) = fired()
    row = LogRequest.objects.get()
    alert = Alert.objects.get()
    assert (firing.outcome, firing.log_request, firing.alert) == (Outcome.DONE, row, alert)
    assert row.oldest is not None
    assert abs(row.oldest - (alert.first_at - timedelta(minutes=30))) < timedelta(seconds=1)
    assert firing_what(firing) == "TemperatureSensor · Temperature = 78.0"
    assert firing_sentence(firing) == "Asked for a log."
    said = [entry_sentence(entry) for entry in TimelineEntry.objects.filter(log_request=row)]
    assert "Automation A0 acted" in said


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"component": "temperaturesensor"}, True),
        ({"component": "Temperature"}, False),
        ({"variable": "*ature"}, True),
        ({"variable": "T(emp)+*"}, False),
        ({"severity": Severity.CRITICAL}, True),
        ({"severity": Severity.SYSTEM_FAILURE}, False),
        ({"code": "CustomMonitor"}, True),
        ({"code": "0x4F12"}, False),
    ],
)
@pytest.mark.parametrize("trigger", [Trigger.ALERT_OPENED, Trigger.EVENT])
def test_every_condition_narrows(
    station: Any, make: Make, trigger: Trigger, condition: dict[str, Any], matches: bool
) -> None:
    make(trigger, **condition)
    tells(station)
    run_automations()
    assert len(fired()) == matches


def test_what_happened_before_it_was_switched_on_does_not_count(station: Any, make: Make) -> None:
    row = make()
    automations.switch(row, on=False)
    tells(station, 1)
    run_automations()
    automations.switch(row, on=True)
    run_automations()
    assert not fired()
    tells(station, 2)
    run_automations()
    assert len(fired()) == 1


def test_each_trigger_meets_what_it_waits_for_and_nothing_else(
    station: Any, make: Make, gateway: TellingGateway
) -> None:
    for trigger in Trigger:
        make(trigger, name=trigger, away_minutes=5)
    tells(station, 1)
    tells(station, 1, cleared=True)
    inbound.receive_call(station, "1.6", "StatusNotification", {
        "connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted",
    })  # fmt: skip
    inbound.receive_call(station, "2.0.1", "SecurityEventNotification", {
        "type": "TamperDetectionActivated", "timestamp": timezone.now().isoformat(),
    })  # fmt: skip
    inbound.receive_call(station, "2.0.1", "BootNotification", {
        "reason": "Watchdog", "chargingStation": {"vendorName": "V", "model": "M"},
    })  # fmt: skip
    failed = logs.request_log(station=station)
    logs.log_facts.LogRequest.objects.filter(pk=failed.pk).update(
        verdict="Failed", reason="BadMessage", settled_at=timezone.now()
    )
    inbound.station_disconnected(station)
    run_automations()
    words = {
        row.automation.trigger: (row.what.get("code", ""), firing_what(row)) for row in fired()
    }
    assert words == {
        "AlertOpened": ("", "TemperatureSensor · Temperature = 78.0"),
        "AlertCleared": ("", "TemperatureSensor · Temperature = 78.0"),
        "Event": ("", "TemperatureSensor · Temperature = 78.0"),
        "Fault": ("GroundFailure", "Connector 1 of EVSE 1 is faulty = Faulted"),
        "SecurityEvent": ("TamperDetectionActivated", "Security event TamperDetectionActivated"),
        "Boot": ("Watchdog", "Booted: Watchdog"),
        "LogFailed": ("BadMessage", f"Log request #{failed.pk}: Failed"),
    }


def test_a_station_that_came_back_in_time_was_not_away(station: Any, make: Make) -> None:
    make(Trigger.AWAY, away_minutes=5)
    inbound.station_disconnected(station)
    run_automations()
    assert not fired()
    later = timezone.now() + timedelta(minutes=5)
    run_automations(later)
    (firing,) = fired()
    assert firing.log_request is not None  # it goes out when the station is back
    other = make_station("CS-2")
    inbound.station_disconnected(other)
    inbound.station_connected(other)
    run_automations(later + timedelta(minutes=5))
    assert len(fired()) == 1


def test_it_waits_until_it_happened_often_enough_at_one_station(station: Any, make: Make) -> None:
    make(times=3, within_minutes=10)
    other = make_station("CS-2")
    for number in range(2):
        tells(other, number)
    TimelineEntry.objects.filter(station=other).update(at=timezone.now() - timedelta(minutes=11))
    for number in range(2):  # keys grow with time, which looking back builds on
        tells(station, number)
    StationEvent.objects.update(received_at=timezone.now())
    run_automations()
    assert not fired()
    tells(station, 2)
    tells(other, 2)
    run_automations()
    assert [firing.station for firing in fired()] == [station]


def test_a_station_is_left_alone_for_a_while_and_that_is_counted(station: Any, make: Make) -> None:
    make(cool_down_minutes=30)
    tells(station, 1)
    run_automations()
    tells(station, 2)
    tells(station, 3)
    run_automations()
    run_automations()
    (firing,) = fired()
    assert firing.held == 2
    assert "2 more times" in firing_sentence(firing)
    AutomationFiring.objects.update(at=timezone.now() - timedelta(minutes=31))
    tells(station, 4)
    run_automations()
    assert len(fired()) == 2


def test_no_more_than_the_cap_in_an_hour_and_each_station_is_told_of(
    station: Any, make: Make
) -> None:
    make(most_per_hour=2)
    for number in range(4):
        tells(make_station(f"CS-1{number}"), number)
    tells(station, 9)
    run_automations()
    outcomes = [firing.outcome for firing in fired()]
    assert outcomes == [Outcome.DONE, Outcome.DONE, *[Outcome.CAPPED] * 3]
    assert LogRequest.objects.count() == 2
    assert "as often as it may" in firing_sentence(fired()[-1])
    AutomationFiring.objects.update(fired_at=timezone.now() - timedelta(hours=1, minutes=1))
    tells(station, 10)
    run_automations()
    assert fired()[-1].outcome == Outcome.DONE


def test_what_cannot_be_done_is_said_and_the_rest_is_done(
    station: Any, make: Make, gateway: TellingGateway
) -> None:
    make(log_type="DataCollectorLog", report="FullInventory")
    make(log_type="DataCollectorLog")
    tells(station)
    run_automations()
    partly, refused = fired()
    assert (partly.outcome, partly.report) == (Outcome.DONE, Report.objects.get())
    assert refused.outcome == Outcome.REFUSED
    assert "has no DataCollectorLog" in firing_sentence(refused)
    assert not LogRequest.objects.exists()


@pytest.mark.parametrize(
    ("what", "asked", "action"),
    [
        ("SummaryInventory", {}, "GetBaseReport"),
        ("Custom", {"componentCriteria": ["Problem"]}, "GetReport"),
        ("Monitoring", {}, "GetMonitoringReport"),
        ("Monitoring", {"monitoringCriteria": ["DeltaMonitoring"]}, "GetMonitoringReport"),
    ],
)
def test_each_report_is_asked_for_once(
    station: Any, make: Make, what: str, asked: dict[str, Any], action: str
) -> None:
    make(pull_log=False, report=what, report_asked=asked, cool_down_minutes=0)
    for event_id in (1, 2):
        tells(station, event_id)
        run_automations()
    assert len(fired(outcome=Outcome.DONE, report=Report.objects.get())) == 2
    assert OutboundCall.objects.get(report=Report.objects.get()).action == action


def test_a_log_that_is_under_way_is_not_asked_for_again(station: Any, make: Make) -> None:
    make()
    running = make_log_request(station)
    tells(station)
    run_automations()
    assert fired()[0].log_request == running
    assert "under way already" in firing_sentence(fired()[0])
    assert LogRequest.objects.count() == 1


def test_a_request_of_an_automation_that_fails_starts_none(station: Any, make: Make) -> None:
    make(Trigger.LOG_FAILED, cool_down_minutes=0)
    failed = {"verdict": "Failed", "reason": "BadMessage", "settled_at": timezone.now()}
    row = make_log_request(station)
    LogRequest.objects.filter(pk=row.pk).update(**failed)
    run_automations()
    LogRequest.objects.update(**failed)
    run_automations()
    assert (len(fired()), LogRequest.objects.count()) == (1, 2)


def test_only_stations_of_its_group_start_it(station: Any, make: Make) -> None:
    group = StationGroup.objects.create(name="North")
    groups.add_stations(group=group, stations=[make_station("CS-2")])
    make(group=group)
    tells(station)
    run_automations()
    assert not fired()
    groups.add_stations(group=group, stations=[station])
    tells(station, 2)
    run_automations()
    assert fired()[0].station == station


def test_a_crash_midway_leaves_nothing_and_is_made_up_for(
    station: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    tells(station)
    with monkeypatch.context() as broken:
        broken.setattr(automation_actions, "_note", lambda firing: 1 / 0)
        run_automations()
    assert not fired()
    assert not LogRequest.objects.exists()
    run_automations()
    assert len(fired()) == 1


def test_what_becomes_visible_late_is_met_and_old_rows_are_left(station: Any, make: Make) -> None:
    """A transaction that began earlier commits later: its row has the lower key."""
    row = make(Trigger.EVENT, cool_down_minutes=0)
    tells(station, 1)
    tells(station, 2)
    early, late = StationEvent.objects.order_by("pk")
    StationEvent.objects.filter(pk=early.pk).update(source="Status")  # as if it were not there
    run_automations()
    assert [firing.source_id for firing in fired()] == [late.pk]
    StationEvent.objects.filter(pk=early.pk).update(source="NotifyEvent")
    run_automations()
    assert [firing.source_id for firing in fired()] == [late.pk, early.pk]
    run_automations(timezone.now() + timedelta(minutes=2))
    row.refresh_from_db()
    assert row.position == late.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_transaction_that_stays_open_for_minutes_hides_nothing_for_ever(
    gateway: TellingGateway, make: Make
) -> None:
    make(Trigger.EVENT)
    slow, quick = make_station("CS-1"), make_station("CS-2")
    written, over = Event(), Event()

    def write() -> None:
        with transaction.atomic():
            tells(slow, 1)
            written.set()
            assert over.wait(PATIENCE)
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        assert written.wait(PATIENCE)
        tells(quick, 2)
        run_automations(timezone.now() + timedelta(minutes=5))
        over.set()
        writing.result()
    assert [firing.station for firing in fired()] == [quick]
    run_automations(timezone.now() + timedelta(minutes=6))
    assert [firing.station for firing in fired()] == [quick, slow]


def test_one_thing_fires_once_whoever_looks(station: Any, make: Make) -> None:
    make(cool_down_minutes=0)
    tells(station)
    run_automations()
    (firing,) = fired()
    firing.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        firing.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_act_once(gateway: TellingGateway, make: Make) -> None:
    make()
    for number in range(4):
        tells(make_station(f"CS-{number}"), number)
    begin = Barrier(3)

    def sweep(_number: int) -> None:
        begin.wait()
        run_automations()
        connection.close()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(sweep, range(3)))
    assert len(fired()) == LogRequest.objects.count() == 4


def test_more_than_one_sweep_takes_comes_with_the_next(
    station: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automation_runs, "MOST_ROWS", 2)
    make(Trigger.EVENT, cool_down_minutes=0)
    for number in range(5):
        tells(station, number)
    later = timezone.now() + timedelta(minutes=2)
    for _sweep in range(3):
        run_automations(later)
    assert len(fired()) == 5


def test_stations_are_answered_without_a_look_at_automations(station: Any, make: Make) -> None:
    for _number in range(3):
        make(Trigger.EVENT)
    with CaptureQueriesContext(connection) as queries:
        tells(station)
    assert not [query for query in queries if "automation" in query["sql"]]


def test_the_last_days_are_played_through_without_writing(station: Any, make: Make) -> None:
    other = make_station("CS-2")
    for number in range(4):
        tells(station, number)
        tells(other, number)
    row = Automation(trigger=Trigger.ALERT_OPENED, component="Temp*", most_per_hour=1)
    result = rehearse(row)
    assert (result.matched, len(result.fired), result.cooling, result.capped) == (8, 1, 3, 4)
    row.most_per_hour, row.times = 10, 3
    assert rehearse(row).stations == 2
    row.component = "Fan"
    assert rehearse(row).matched == 0
    assert not fired()
    TimelineEntry.objects.update(at=timezone.now() - timedelta(days=8))
    row.component = ""
    assert rehearse(row).matched == 0


@pytest.mark.parametrize(
    ("last", "at", "in_last_hour", "expected"),
    [
        (None, 0, 0, Pace.ACT),
        (None, 0, 5, Pace.CAPPED),
        (("Done", 0), 59, 0, Pace.COOL_DOWN),
        (("Done", 0), 60, 0, Pace.ACT),
        (("Refused", 0), 30, 0, Pace.COOL_DOWN),
        (("Capped", 0), 1, 0, Pace.ACT),
        (("Capped", 0), 1, 5, Pace.CAPPED_AGAIN),
        (("Capped", 0), 60, 5, Pace.CAPPED),
    ],
)
def test_the_pace(last: Any, at: int, in_last_hour: int, expected: Pace) -> None:
    before = None if last is None else LastFiring(NOW + timedelta(minutes=last[1]), last[0])
    assert expected == pace(
        last=before,
        at=NOW + timedelta(minutes=at),
        cool_down=timedelta(minutes=60),
        in_last_hour=in_last_hour,
        cap=5,
    )


def test_firings_are_kept_for_a_time(station: Any, make: Make) -> None:
    make()
    tells(station)
    run_automations()
    rule = all_rules()["firings"]
    housekeeping.apply(rule, now=timezone.now() + timedelta(days=89))
    assert fired()
    housekeeping.apply(rule, now=timezone.now() + timedelta(days=91))
    assert not fired()


def test_the_version_it_speaks_decides_when_it_is_asked(
    station: Any, make: Make, gateway: TellingGateway
) -> None:
    gateway.spoken = OcppVersion.V16
    make(report="FullInventory", pull_log=False)
    tells(station)
    run_automations()
    assert fired()[0].outcome == Outcome.REFUSED
