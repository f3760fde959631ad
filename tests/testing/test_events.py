"""Events of the scripted station: what monitors notice, faults, bursts, a course of them."""

import pytest

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk, VariableName
from tests.testing.dialogue import Dialogue
from tests.testing.test_monitors import COOLANT, change, heat, reboot, set_monitors, wanted

V16, V201, V21 = OcppVersion
CONVERTER = VariableName("AcDcConverter", "Problem", evse=1)
EVSE = VariableName("EVSE", "AvailabilityState", evse=1)
COOLANT_NAME = VariableName("LiquidCoolingSystem", "Temperature")


def test_a_threshold_alerts_once_and_is_cleared_once():
    """N07.FR.02, N07.FR.16: at its limit a monitor does not fire."""
    dialogue = Dialogue(V201)
    assert heat(dialogue, "70") == []
    (alert,) = heat(dialogue, "78.0")
    assert alert == {
        "eventId": 0,
        "timestamp": "2026-03-02T08:00:00Z",
        "trigger": "Alerting",
        "actualValue": "78.0",
        "variableMonitoringId": 2,
        "eventNotificationType": "PreconfiguredMonitor",
        "component": {"name": "TemperatureSensor", "instance": "Cabinet"},
        "variable": {"name": "Temperature"},
    }
    assert heat(dialogue, "79") == []
    (cleared,) = heat(dialogue, "70")
    assert cleared["cleared"] is True and cleared["eventId"] == 1


def test_21_says_how_severe_an_event_is():
    assert heat(Dialogue(V21))[0]["severity"] == 4


def test_a_delta_is_measured_from_the_last_event():
    """N07.FR.18."""
    dialogue = Dialogue(V201)
    set_monitors(dialogue, wanted(COOLANT, "Delta", 2))
    told = [bool(change(dialogue, COOLANT_NAME, value)) for value in ("40", "40.5", "41", "43")]
    assert told == [False, True, False, True]


def test_a_relative_target_is_a_share_of_it():
    """N07.FR.23."""
    dialogue = Dialogue(V21)
    set_monitors(dialogue, wanted(COOLANT, "TargetDeltaRelative", 0.1))
    told = [bool(change(dialogue, COOLANT_NAME, value)) for value in ("41.8", "41.9", "38")]
    assert told == [False, True, True]


def test_a_new_threshold_is_judged_at_once():
    """N07.FR.11."""
    dialogue = Dialogue(V201)
    monitor = {"setMonitoringData": [wanted(value=20)]}
    said = dialogue.call("SetVariableMonitoring", monitor)
    assert [action for action, _ in said] == ["answer", "NotifyEvent"]
    said = dialogue.call("ClearVariableMonitoring", {"id": [101]})
    assert [action for action, _ in said] == ["answer"]  # N07.FR.12


def test_an_effect_names_its_cause_and_a_fault_has_no_monitor():
    """N07.FR.05."""
    dialogue = Dialogue(V201)
    (alert,) = heat(dialogue)
    (effect,) = change(dialogue, EVSE, "Faulted", cause=alert["eventId"])
    assert (effect["trigger"], effect["cause"]) == ("Delta", alert["eventId"])
    fault = problem(dialogue, True, code="0x4F12", info="derating", cause=0)
    assert fault["eventNotificationType"] == "HardWiredNotification"
    assert (fault["techCode"], fault["actualValue"], fault["cause"]) == ("0x4F12", "true", 0)
    assert "variableMonitoringId" not in fault
    assert problem(dialogue, False)["cleared"] is True


def test_the_level_keeps_lesser_events_back_but_not_faults():
    """N05.FR.03."""
    dialogue = Dialogue(V201)
    dialogue.call("SetMonitoringLevel", {"severity": 3})
    assert heat(dialogue) == []
    assert problem(dialogue, True)


def test_a_monitor_for_transactions_waits_for_one():
    dialogue = Dialogue(V201)
    set_monitors(dialogue, wanted(COOLANT, "Delta", 1, transaction=True))
    assert change(dialogue, COOLANT_NAME, "50") == []
    dialogue.station.desks.events.transaction_id = "tx-1"
    assert change(dialogue, COOLANT_NAME, "60")[0]["transactionId"] == "tx-1"


def test_a_burst_is_numbered():
    dialogue = Dialogue(V201)
    messages = burst(dialogue)
    assert [(m["seqNo"], m.get("tbc", False), len(m["eventData"])) for m in messages] == [
        (0, True, 5),
        (1, False, 1),
    ]


def test_seq_no_always_zero():
    messages = burst(Dialogue(V201, Quirk.SEQ_NO_ALWAYS_ZERO))
    assert [(m["seqNo"], "tbc" in m, len(m["eventData"])) for m in messages] == [(0, False, 1)] * 6


def test_only_grave_events_outlive_a_time_offline():
    """N07.FR.04."""
    dialogue = Dialogue(V201)
    dialogue.disconnect()
    assert heat(dialogue) == [] and change(dialogue, EVSE, "Faulted") == []
    said = dialogue.since(dialogue.connect)
    events = [event for _, payload in said for event in payload["eventData"]]
    assert [event["variableMonitoringId"] for event in events] == [2]


def test_periodic_monitors_beat():
    """N08; from the time they were set, or with the clock."""
    dialogue = Dialogue(V201)
    dialogue.advance(100)
    set_monitors(
        dialogue,
        wanted(kind="Periodic", value=60, severity=8),
        wanted(kind="PeriodicClockAligned", value=900, severity=8),
    )
    told = []
    for _ in range(80):
        told += [
            (dialogue.now, event["variableMonitoringId"])
            for action, payload in dialogue.advance(10)
            if action == "NotifyEvent"
            for event in payload["eventData"]
        ]
    assert [at for at, monitor in told if monitor == 102] == [900]
    assert [at for at, monitor in told if monitor == 101] == list(range(160, 901, 60))


@pytest.mark.parametrize(("quirks", "first"), [((), 1), ((Quirk.EVENT_IDS_RESTART,), 0)])
def test_event_ids_restart(quirks, first):
    dialogue = Dialogue(V201, *quirks)
    heat(dialogue)
    reboot(dialogue)
    assert problem(dialogue, True)["eventId"] == first


@pytest.mark.parametrize(("quirks", "number"), [((), 1), ((Quirk.EVENT_IDS_COLLIDE,), 0)])
def test_event_ids_collide(quirks, number):
    dialogue = Dialogue(V201, *quirks)
    heat(dialogue)
    assert problem(dialogue, True)["eventId"] == number


def test_a_scripted_course_has_one_event_each_time():
    dialogue = Dialogue(V21, events=2)
    said = [line for _ in range(12) for line in dialogue.advance(0.5)]
    events = [event for _, payload in said for event in payload["eventData"]]
    assert len(events) == len(said) == 12
    assert [event.get("cause") for event in events] == [None, 0, 0, None, None, None] + [
        None,
        6,
        6,
        None,
        None,
        None,
    ]
    assert [event.get("cleared", False) for event in events[:6]] == [False] * 3 + [
        True,
        False,
        True,
    ]


def test_a_scripted_course_of_16_has_faults():
    dialogue = Dialogue(V16, events=1)
    said = dialogue.advance(1) + dialogue.advance(1)
    assert [payload["status"] for _, payload in said] == ["Faulted", "Available"]


def problem(dialogue, exists, **more):
    said = dialogue.since(
        lambda: (
            dialogue.station.desks.events.problem(CONVERTER, exists, **more),
            dialogue.exchange(),
        )
    )
    return said[0][1]["eventData"][0]


def burst(dialogue):
    """Six events at once."""
    evses = [VariableName("EVSE", "ACVoltage", "L1", evse=evse) for evse in (1, 2)]
    for place in evses:
        for kind in ("Delta", "LowerThreshold", "UpperThreshold"):
            named = place.to_wire()
            value = {"Delta": 1, "LowerThreshold": 300, "UpperThreshold": 100}[kind]
            dialogue.station.device.find(place).value = "200"
            set_monitors(dialogue, wanted(named, kind, value, 7))
    dialogue.station.device.find(evses[0]).value = "200"
    for monitor in dialogue.station.desks.monitors.monitors.values():
        monitor.is_alerting = False
    said = dialogue.since(
        lambda: (
            dialogue.station.desks.events.change(dict.fromkeys(evses, "250")),
            dialogue.exchange(),
        )
    )
    return [payload for _, payload in said]
