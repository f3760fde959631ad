"""The device model of the scripted station: read, set and reported, in parts."""

import pytest

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Device, Quirk, Value, VariableName
from tests.testing.dialogue import Dialogue

V16, V201, V21 = OcppVersion
FULL = {"requestId": 3, "reportBase": "FullInventory"}


def about(component, variable, instance="", **more):
    named = {"name": variable, **({"instance": instance} if instance else {})}
    return {"component": {"name": component}, "variable": named, **more}


def parts_of(said):
    return [payload for action, payload in said if action == "NotifyReport"]


def statuses_of(said, results):
    return [result["attributeStatus"] for result in said[0][1][results]]


def test_variables_are_read_and_set():
    device = Device(
        variables={
            VariableName("Ctrlr", "Open"): Value("1", writable=True),
            VariableName("Ctrlr", "Shut", "A"): Value("2"),
        }
    )
    dialogue = Dialogue(V201, device=device)

    def about(component, variable, **more):
        return {"component": {"name": component}, "variable": {"name": variable}, **more}

    said = dialogue.call(
        "GetVariables",
        {
            "getVariableData": [
                about("ctrlr", "open"),
                about("Ctrlr", "Shut"),
                about("Other", "Open"),
                about("Ctrlr", "Open", attributeType="Target"),
            ]
        },
    )
    results = said[0][1]["getVariableResult"]
    assert [result["attributeStatus"] for result in results] == [
        "Accepted",
        "UnknownVariable",
        "UnknownComponent",
        "NotSupportedAttributeType",
    ]
    assert results[0]["attributeValue"] == "1"
    shut = {"component": {"name": "Ctrlr"}, "variable": {"name": "Shut", "instance": "A"}}
    said = dialogue.call(
        "SetVariables",
        {
            "setVariableData": [
                about("Ctrlr", "Open", attributeValue="9"),
                {**shut, "attributeValue": "9"},
            ]
        },
    )
    results = said[0][1]["setVariableResult"]
    assert [result["attributeStatus"] for result in results] == ["Accepted", "Rejected"]
    assert device.variables[VariableName("Ctrlr", "Open")].value == "9"


def test_a_target_is_an_attribute_of_its_own():
    dialogue = Dialogue(V201)
    place = about("LiquidCoolingSystem", "Temperature", attributeType="Target")
    dialogue.call("SetVariables", {"setVariableData": [{**place, "attributeValue": "35"}]})
    said = dialogue.call("GetVariables", {"getVariableData": [place]})
    assert said[0][1]["getVariableResult"][0]["attributeValue"] == "35"


@pytest.mark.parametrize(
    ("place", "value", "status"),
    [
        (about("SecurityCtrlr", "BasicAuthPassword"), "sixteen-letters-", "Accepted"),
        (about("SecurityCtrlr", "SecurityProfile"), "2", "Rejected"),
        (about("MonitoringCtrlr", "Enabled"), "perhaps", "Rejected"),
        (about("MonitoringCtrlr", "OfflineQueuingSeverity"), "10", "Rejected"),
        (about("OCPPCommCtrlr", "HeartbeatInterval"), "soon", "Rejected"),
        (about("OCPPCommCtrlr", "NetworkConfigurationPriority"), "0,1", "RebootRequired"),
    ],
)
def test_what_may_be_set_to_what(place, value, status):
    wanted = {"setVariableData": [{**place, "attributeValue": value}]}
    assert statuses_of(Dialogue(V201).call("SetVariables", wanted), "setVariableResult") == [status]


def test_a_password_cannot_be_read():
    """B06.FR.09."""
    wanted = {"getVariableData": [about("SecurityCtrlr", "BasicAuthPassword")]}
    said = Dialogue(V201).call("GetVariables", wanted)
    assert statuses_of(said, "getVariableResult") == ["Rejected"]
    assert "attributeValue" not in str(said)


def test_too_many_items_and_too_many_bytes_are_refused():
    """B06.FR.16, B06.FR.17."""
    dialogue = Dialogue(V201)
    many = [about("ClockCtrlr", "DateTime")] * 21
    said = dialogue.call("GetVariables", {"getVariableData": many})
    assert said == [("refusal", "OccurrenceConstraintViolation")]
    dialogue.station.device.variables[
        VariableName("DeviceDataCtrlr", "BytesPerMessage", "GetVariables")
    ].value = "100"
    said = dialogue.call("GetVariables", {"getVariableData": many[:1]})
    assert said == [("refusal", "FormatViolation")]


def test_a_full_inventory_comes_in_numbered_parts_after_the_answer():
    dialogue = Dialogue(V201)
    said = dialogue.call("GetBaseReport", FULL)
    assert said[0] == ("answer", {"status": "Accepted"})
    parts = parts_of(said)
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part.get("tbc", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    reported = [entry for part in parts for entry in part["reportData"]]
    assert len(reported) == len(dialogue.station.device.variables)
    assert len({entry["component"]["name"] for entry in reported}) >= 12


def test_a_report_has_attributes_and_characteristics():
    wanted = [{"component": {"name": "temperaturesensor", "instance": "Cabinet"}}]
    said = Dialogue(V201).call("GetReport", {"requestId": 1, "componentVariable": wanted})
    temperature = parts_of(said)[0]["reportData"][0]
    assert temperature == {
        "component": {"name": "TemperatureSensor", "instance": "Cabinet"},
        "variable": {"name": "Temperature"},
        "variableAttribute": [{"mutability": "ReadOnly", "persistent": False, "value": "31.5"}],
        "variableCharacteristics": {
            "dataType": "decimal",
            "supportsMonitoring": True,
            "unit": "Celsius",
            "minLimit": -60,
            "maxLimit": 120,
        },
    }


def test_a_configuration_inventory_has_what_can_be_set():
    said = Dialogue(V201).call(
        "GetBaseReport", {"requestId": 3, "reportBase": "ConfigurationInventory"}
    )
    reported = [entry for part in parts_of(said) for entry in part["reportData"]]
    kinds = {one["mutability"] for entry in reported for one in entry["variableAttribute"]}
    assert kinds == {"ReadWrite", "WriteOnly"}


def test_a_summary_has_what_is_abnormal():
    dialogue = Dialogue(V201)
    summary = {"requestId": 3, "reportBase": "SummaryInventory"}
    assert dialogue.call("GetBaseReport", summary) == [("answer", {"status": "EmptyResultSet"})]
    dialogue.station.desks.events.problem(VariableName("EVSE", "Problem", evse=2), True)
    dialogue.exchange()
    (part,) = parts_of(dialogue.call("GetBaseReport", summary))
    assert part["reportData"][0]["component"] == {"name": "EVSE", "evse": {"id": 2}}
    problems = {"requestId": 4, "componentCriteria": ["Problem"]}
    names = {
        entry["component"]["name"]
        for part in parts_of(dialogue.call("GetReport", problems))
        for entry in part["reportData"]
    }
    assert names == {"EVSE"}


def test_a_component_that_is_not_there_makes_an_empty_report():
    wanted = [{"component": {"name": "X"}}]
    said = Dialogue(V201).call("GetReport", {"requestId": 1, "componentVariable": wanted})
    assert said == [("answer", {"status": "EmptyResultSet"})]


def test_empty_report_parts():
    parts = [p["reportData"] for p in parts_of(quirky(Quirk.EMPTY_REPORT_PARTS))]
    assert parts[0] and not any(parts[1:])


def test_unreadable_entries():
    for part in parts_of(quirky(Quirk.UNREADABLE_ENTRIES)):
        bad = part["reportData"][-1].value
        assert "component" in bad and "variable" not in bad


def test_report_last_part_missing():
    parts = parts_of(quirky(Quirk.REPORT_LAST_PART_MISSING))
    assert parts[-1]["tbc"] is True


def test_report_out_of_order():
    numbers = [part["seqNo"] for part in parts_of(quirky(Quirk.REPORT_OUT_OF_ORDER))]
    assert numbers == sorted(numbers, reverse=True) != [0]


def test_report_duplicate_parts():
    numbers = [part["seqNo"] for part in parts_of(quirky(Quirk.REPORT_DUPLICATE_PARTS))]
    assert numbers[:4] == [0, 0, 1, 1]


def test_reboots_between_parts():
    dialogue = Dialogue(V201, Quirk.REBOOTS_BETWEEN_PARTS)
    assert [part["seqNo"] for part in parts_of(dialogue.call("GetBaseReport", FULL))] == [0]
    assert dialogue.hung_up == 1
    dialogue.disconnect()
    said = dialogue.since(dialogue.connect)
    assert said[0][1]["reason"] == "Watchdog" and not parts_of(said)
    assert len(parts_of(dialogue.call("GetBaseReport", FULL))) > 1


def quirky(quirk):
    """The full inventory of a station with a quirk; empty parts are let in, as a CSMS must."""
    return Dialogue(V201, quirk, lenient=True).call("GetBaseReport", FULL)
