"""Reports and variables on the wire, per version."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.errors import InvalidPayload, UnsupportedAction
from diagnostics.ocpp.secrets import HIDDEN, configuration_key, without_secrets
from diagnostics.ocpp.types import Component, ComponentVariable, Variable

TEMPERATURE = ComponentVariable(Component("Sensor", "Cabinet", 1), Variable("Temperature"))
PASSWORD = ComponentVariable(Component("SecurityCtrlr"), Variable("BasicAuthPassword"))
SECRET = {**PASSWORD.to_wire(), "attributeValue": "hunter2"}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_a_report_has_no_empty_lists(version: str) -> None:
    codec = codec_for(version)
    assert codec.encode_monitoring_report(7).payload == {"requestId": 7}
    both = codec.encode_monitoring_report(7, ["DeltaMonitoring"], [TEMPERATURE]).payload
    assert both == {
        "requestId": 7,
        "monitoringCriteria": ["DeltaMonitoring"],
        "componentVariable": [
            {
                "component": {"name": "Sensor", "instance": "Cabinet", "evse": {"id": 1}},
                "variable": {"name": "Temperature"},
            }
        ],
    }
    criteria = codec.encode_report(8, ["Problem", "Active"])
    assert (criteria.action, criteria.payload) == (
        "GetReport",
        {"requestId": 8, "componentCriteria": ["Problem", "Active"]},
    )
    base = codec.encode_base_report(9, "FullInventory")
    assert base.payload == {"requestId": 9, "reportBase": "FullInventory"}


def test_a_word_that_no_report_knows_is_refused() -> None:
    with pytest.raises(InvalidPayload):
        codec_for("2.0.1").encode_report(1, ["Broken"])
    with pytest.raises(UnsupportedAction):
        codec_for("2.0.1").encode_base_report(1, "Everything")


def test_16_has_keys_and_no_reports() -> None:
    codec = codec_for("1.6")
    with pytest.raises(UnsupportedAction, match=r"1\.6 has no FullInventory"):
        codec.encode_base_report(1, "FullInventory")
    with pytest.raises(UnsupportedAction, match="has no GetReport"):
        codec.encode_report(1, ["Problem"])
    key = VariableAsked(configuration_key("HeartbeatInterval"))
    assert codec.encode_get_variables([]).payload == {}
    assert codec.encode_get_variables([key]).payload == {"key": ["HeartbeatInterval"]}
    change = codec.encode_set_variables([VariableAsked(key.reference, value="60")])
    assert (change.action, change.payload) == (
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
    )
    with pytest.raises(UnsupportedAction, match="no components"):
        codec.encode_get_variables([VariableAsked(TEMPERATURE)])
    with pytest.raises(UnsupportedAction, match="no configuration keys"):
        codec_for("2.1").encode_get_variables([key])


def test_the_attribute_actual_goes_without_saying() -> None:
    asked = [VariableAsked(TEMPERATURE), VariableAsked(TEMPERATURE, "MaxSet")]
    data = codec_for("2.0.1").encode_get_variables(asked).payload["getVariableData"]
    assert "attributeType" not in data[0]
    assert data[1]["attributeType"] == "MaxSet"


def test_configuration_results_say_what_may_be_written() -> None:
    payload = {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
            {"key": "Count", "readonly": True},
            {"key": "AuthorizationKey", "readonly": False, "value": "cafe"},
            "nonsense",
        ],
        "unknownKey": ["Nothing", 7],
    }
    results = codec_for("1.6").decode_variables(payload, [])
    found = [(each.reference.variable.name, each.status, each.value, each.mutability)  # type: ignore[union-attr]
             for each in results]  # fmt: skip
    assert found == [
        ("HeartbeatInterval", "Accepted", "60", "ReadWrite"),
        ("Count", "Accepted", "", "ReadOnly"),
        ("AuthorizationKey", "Accepted", None, "ReadWrite"),
        ("Nothing", "UnknownVariable", None, ""),
    ]


def test_not_supported_of_16_is_an_unknown_variable() -> None:
    asked = [VariableAsked(configuration_key("Foo"), value="1")]
    [result] = codec_for("1.6").decode_variables({"status": "NotSupported"}, asked)
    assert (result.key(), result.status) == (asked[0].key(), "UnknownVariable")


@pytest.mark.parametrize(
    ("more", "count", "damaged"),
    [
        ({}, 0, False),
        ({"reportData": []}, 0, True),
        ({"reportData": [{"component": {"name": "A"}, "variable": {"name": "B"}}]}, 1, False),
        ({"reportData": ["x", {"component": {"name": "A"}, "variable": {"name": "B"}}]}, 1, True),
        ({"reportData": "much"}, 0, False),
    ],
)
def test_a_part_says_whether_something_of_it_is_lost(
    more: dict[str, Any], count: int, damaged: bool
) -> None:
    payload = {"requestId": 0, "seqNo": 3, "generatedAt": "2026-03-02T08:00:00Z", **more}
    part = codec_for("2.0.1").decode_report_part("NotifyReport", payload)
    assert (part.request_id, part.seq_no, part.tbc) == (0, 3, False)
    assert (len(part.items), part.damaged) == (count, damaged)


def test_a_variable_is_read_with_its_limits_and_without_its_secrets() -> None:
    entry = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "variableAttribute": [
            {"type": "Actual", "value": "hunter2", "mutability": "WriteOnly"},
            {"type": "Strange", "value": "x", "constant": True},
            7,
        ],
        "variableCharacteristics": {
            "dataType": "string", "unit": "W", "minLimit": 0, "maxLimit": 40.5,
            "supportsMonitoring": False,
        },
    }  # fmt: skip
    part = codec_for("2.1").decode_report_part(
        "NotifyReport", {"requestId": 1, "seqNo": 0, "reportData": [entry]}
    )
    assert "hunter2" not in str(part)
    facts = codec_for("2.1").decode_variable(part.items[0])
    assert (facts.min_limit, facts.max_limit, facts.unit) == (0.0, 40.5, "W")
    assert facts.supports_monitoring is False
    assert [(each.type, each.value, each.mutability) for each in facts.attributes] == [
        ("Actual", None, "WriteOnly"),
        ("Actual", None, "ReadWrite"),  # a secret by its name
    ]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("SetVariables", {"setVariableData": [SECRET]}),
        ("GetVariables", {"getVariableResult": [SECRET]}),
        ("ChangeConfiguration", {"key": "authorizationkey", "value": "hunter2"}),
        ("GetConfiguration",
         {"configurationKey": [{"key": "AuthorizationKey", "value": "hunter2"}, 3]}),
        ("SetNetworkProfile",
         {"connectionData": {"basicAuthPassword": "hunter2", "apn": {"apnPassword": "hunter2"}}}),
        ("NotifyReport", {"reportData": [{"component": {"name": "A"}, "variable": {"name": "B"},
            "variableAttribute": [{"value": "hunter2", "mutability": "WriteOnly"}]}, 4]}),
    ],
)  # fmt: skip
def test_secrets_are_hidden_in_what_is_kept(action: str, payload: dict[str, Any]) -> None:
    kept = without_secrets(action, payload)
    assert "hunter2" not in str(kept)
    assert HIDDEN in str(kept)
    assert "hunter2" in str(payload)


def test_what_holds_no_secret_is_kept_as_it_is() -> None:
    payload = {"setVariableData": [{**TEMPERATURE.to_wire(), "attributeValue": "70"}, "odd"]}
    assert without_secrets("SetVariables", payload) == payload
    assert without_secrets("Reset", "odd") == "odd"
