"""Monitors of the scripted station: set, replaced, cleared, reported, and what changes them."""

import pytest

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk, VariableName
from tests.testing.dialogue import Dialogue

V16, V201, V21 = OcppVersion
CABINET = {
    "component": {"name": "TemperatureSensor", "instance": "Cabinet"},
    "variable": {"name": "Temperature"},
}
COOLANT = {"component": {"name": "LiquidCoolingSystem"}, "variable": {"name": "Temperature"}}
STATE = {
    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
    "variable": {"name": "AvailabilityState"},
}
CLOCK = {"component": {"name": "ClockCtrlr"}, "variable": {"name": "DateTime"}}


def wanted(place=CABINET, kind="UpperThreshold", value=50, severity=5, **more):
    return {**place, "type": kind, "value": value, "severity": severity, **more}


def set_monitors(dialogue, *monitors):
    said = dialogue.call("SetVariableMonitoring", {"setMonitoringData": list(monitors)})
    return said[0][1]["setMonitoringResult"]


def reported(dialogue, **filters):
    """The monitors of a monitoring report, by id."""
    said = dialogue.call("GetMonitoringReport", {"requestId": 1, **filters})
    parts = [payload for action, payload in said if action == "NotifyMonitoringReport"]
    assert bool(parts) == (said[0][1]["status"] == "Accepted")
    return {
        monitor["id"]: monitor
        for part in parts
        for entry in part["monitor"]
        for monitor in entry["variableMonitoring"]
    }


@pytest.mark.parametrize(
    ("monitor", "status"),
    [
        (wanted(), "Accepted"),
        (wanted(severity=4), "Duplicate"),  # N04.FR.10: 2 is a preconfigured one
        (wanted(value=121), "Rejected"),  # N04.FR.06
        (wanted(value=-61, kind="LowerThreshold"), "Rejected"),
        (wanted(severity=10), "Rejected"),
        (wanted(kind="Delta", value=-1), "Rejected"),  # N04.FR.14
        (wanted(STATE, "UpperThreshold", 1), "UnsupportedMonitorType"),  # N04.FR.05
        (wanted(STATE, "Delta", 1, 7), "Accepted"),
        (wanted(CLOCK, "Periodic", 60), "UnsupportedMonitorType"),
        (wanted(CLOCK, "Delta", 60), "Accepted"),
        (wanted({**CABINET, "variable": {"name": "Humour"}}), "UnknownVariable"),
        (wanted({**CABINET, "component": {"name": "Gearbox"}}), "UnknownComponent"),
        (wanted({**CABINET, "variable": {"name": "Active"}}), "UnsupportedMonitorType"),
        (wanted(id=1), "Rejected"),  # N04.FR.18: hard-wired
        (wanted(id=99), "Rejected"),  # N04.FR.13
        (wanted(STATE, "Delta", 1, 7, id=2), "Rejected"),  # N04.FR.16
        (wanted(id=2), "Accepted"),  # N04.FR.12
    ],
)
def test_verdicts_on_monitors(monitor, status):
    (result,) = set_monitors(Dialogue(V201), monitor)
    assert result["status"] == status
    assert ("id" in result) == (status == "Accepted")
    assert {key: result[key] for key in ("component", "variable", "type", "severity")} == {
        key: monitor[key] for key in ("component", "variable", "type", "severity")
    }


def test_each_element_is_judged_for_itself_and_gets_an_id():
    dialogue = Dialogue(V201)
    results = set_monitors(dialogue, wanted(), wanted(), wanted(severity=6))
    assert [result["status"] for result in results] == ["Accepted", "Duplicate", "Accepted"]
    assert [result.get("id") for result in results] == [101, None, 102]


def test_a_target_can_be_watched_in_21():
    dialogue = Dialogue(V21)
    (yes, no) = set_monitors(
        dialogue, wanted(COOLANT, "TargetDelta", 5), wanted(CABINET, "TargetDelta", 5)
    )
    assert (yes["status"], no["status"]) == ("Accepted", "UnsupportedMonitorType")
    assert reported(dialogue)[yes["id"]]["eventNotificationType"] == "CustomMonitor"


def test_a_replaced_preconfigured_monitor_is_custom_until_the_base_is_set():
    """N04.FR.15, N03.FR.04."""
    dialogue = Dialogue(V21)
    set_monitors(dialogue, wanted(id=2, value=44))
    found = reported(dialogue)[2]
    assert (found["value"], found["eventNotificationType"]) == (44, "CustomMonitor")
    dialogue.call("SetMonitoringBase", {"monitoringBase": "FactoryDefault"})
    found = reported(dialogue)[2]
    assert (found["value"], found["eventNotificationType"]) == (70, "PreconfiguredMonitor")


@pytest.mark.parametrize(
    ("base", "ids"),
    [("All", {1, 2, 3, 4, 101}), ("FactoryDefault", {1, 2, 3, 4}), ("HardWiredOnly", {1})],
)
def test_bases(base, ids):
    """N03.FR.03 to N03.FR.05."""
    dialogue = Dialogue(V201)
    set_monitors(dialogue, wanted())
    said = dialogue.call("SetMonitoringBase", {"monitoringBase": base})
    assert said == [("answer", {"status": "Accepted"})]
    assert set(reported(dialogue)) == ids
    assert dialogue.station.device.read("MonitoringCtrlr", "ActiveMonitoringBase") == base


def test_what_a_base_disabled_comes_back_with_all():
    dialogue = Dialogue(V201)
    dialogue.call("ClearVariableMonitoring", {"id": [3]})
    for base in ("HardWiredOnly", "All"):
        dialogue.call("SetMonitoringBase", {"monitoringBase": base})
    assert set(reported(dialogue)) == {1, 2, 3, 4}


def test_levels():
    """N05.FR.02."""
    dialogue = Dialogue(V201)
    answers = [
        dialogue.call("SetMonitoringLevel", {"severity": severity})[0][1]["status"]
        for severity in (4, 10, -1)
    ]
    assert answers == ["Accepted", "Rejected", "Rejected"]
    assert dialogue.station.device.read("MonitoringCtrlr", "ActiveMonitoringLevel") == "4"


def test_clearing():
    """N06.FR.01 to N06.FR.03, N06.FR.06."""
    dialogue = Dialogue(V201)
    said = dialogue.call("ClearVariableMonitoring", {"id": [1, 2, 77]})
    assert [result["status"] for result in said[0][1]["clearMonitoringResult"]] == [
        "Rejected",
        "Accepted",
        "NotFound",
    ]
    said = dialogue.call("ClearVariableMonitoring", {"id": [1, 2, 3, 4, 5, 6]})
    assert said == [("refusal", "OccurrenceConstraintViolation")]


def test_reports_are_filtered():
    """N02.FR.05 to N02.FR.21."""
    dialogue = Dialogue(V201)
    state = {"component": {"name": "evse"}}
    cabinet = {"component": {"name": "TemperatureSensor"}, "variable": {"name": "Temperature"}}
    thresholds, deltas = ["ThresholdMonitoring"], ["DeltaMonitoring"]
    assert set(reported(dialogue, monitoringCriteria=thresholds)) == {1, 2}
    assert set(reported(dialogue, componentVariable=[state])) == {3, 4}
    both = {"monitoringCriteria": deltas, "componentVariable": [cabinet, state]}
    assert set(reported(dialogue, **both)) == {3, 4}
    one = {"component": {"name": "EVSE", "evse": {"id": 2}}}
    assert set(reported(dialogue, componentVariable=[one])) == {4}
    assert not reported(dialogue, monitoringCriteria=["PeriodicMonitoring"])


def test_a_long_report_comes_in_parts_of_ten():
    dialogue = Dialogue(V201)
    places = [
        {"component": {"name": name, "evse": {"id": evse}}, "variable": {"name": variable}}
        for evse in (1, 2)
        for name, variable in (("EVSE", "Power"), ("EVSE", "Problem"), ("AcDcConverter", "Problem"))
    ]
    places += [STATE, COOLANT, CLOCK]
    for place in places:
        set_monitors(dialogue, wanted(place, "Delta", 1))
    said = dialogue.call("GetMonitoringReport", {"requestId": 6})
    parts = [payload for _, payload in said[1:]]
    assert [(part["seqNo"], len(part["monitor"])) for part in parts] == [(0, 10), (1, 2)]


def test_monitors_outlive_a_reboot_with_their_ids():
    """N07.FR.13."""
    dialogue = Dialogue(V201)
    set_monitors(dialogue, wanted())
    reboot(dialogue)
    assert set(reported(dialogue)) == {1, 2, 3, 4, 101}


def test_monitor_ids_change():
    dialogue = Dialogue(V201, Quirk.MONITOR_IDS_CHANGE)
    set_monitors(dialogue, wanted())
    reboot(dialogue)
    assert set(reported(dialogue)) == {1, 2, 3, 4, 1101}


def test_misspelled_error_codes():
    """Above the limit on items, in the words of 1.6."""
    dialogue = Dialogue(V201, Quirk.MISSPELLED_ERROR_CODES)
    said = dialogue.call("ClearVariableMonitoring", {"id": [1, 2, 3, 4, 5, 6]})
    assert said == [("refusal", "OccurenceConstraintViolation")]


def test_monitoring_off_by_default():
    dialogue = Dialogue(V201, Quirk.MONITORING_OFF_BY_DEFAULT)
    assert heat(dialogue) == []
    enabled = {"component": {"name": "MonitoringCtrlr"}, "variable": {"name": "Enabled"}}
    dialogue.call("SetVariables", {"setVariableData": [{**enabled, "attributeValue": "true"}]})
    assert len(heat(dialogue)) == 1


def test_base_filters_custom():
    dialogue = Dialogue(V201, Quirk.BASE_FILTERS_CUSTOM)
    (set_one,) = set_monitors(dialogue, wanted(STATE, "Delta", 1, 6))
    place = VariableName("Connector", "AvailabilityState", evse=1, connector=1)
    assert change(dialogue, place, "Faulted") == []
    dialogue.call("SetMonitoringBase", {"monitoringBase": "All"})
    (event,) = change(dialogue, place, "Occupied")
    assert event["variableMonitoringId"] == set_one["id"]


def change(dialogue, place, value, **more):
    """The events that a new value makes."""
    said = dialogue.since(
        lambda: (
            dialogue.station.desks.events.change({place: value}, **more),
            dialogue.exchange(),
        )
    )
    return [event for _, payload in said for event in payload["eventData"]]


def heat(dialogue, value="78"):
    place = VariableName("TemperatureSensor", "Temperature", component_instance="Cabinet")
    return change(dialogue, place, value)


def reboot(dialogue):
    dialogue.call("Reset", {"type": "Immediate"})
    dialogue.disconnect()
    dialogue.connect()
