"""Variables read and set, in as many calls as the station takes, and never a secret in a record."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import (
    OutboundCall,
    ReportedVariable,
    StationInfo,
    VariableAttribute,
    VariableRequest,
)
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.messages import BootFacts
from diagnostics.ocpp.secrets import configuration_key
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.device_model import limits, variables
from diagnostics.services.fleet import station_facts
from diagnostics.wording.reports import result_words, variables_sentence
from tests.services.conftest import Dialogue, TellingGateway

SECRET = "hunter2-hunter2-hunter2"


def named(variable: str, component: str = "Ctrlr", instance: str = "") -> ComponentVariable:
    return ComponentVariable(Component(component), Variable(variable, instance))


def wanted(*names: str, value: str | None = None) -> list[VariableAsked]:
    return [VariableAsked(named(name), value=value) for name in names]


def got(asked: dict[str, Any], value: str = "1", status: str = "Accepted") -> dict[str, Any]:
    return {
        "attributeStatus": status,
        "component": asked["component"],
        "variable": asked["variable"],
        **({"attributeType": asked["attributeType"]} if "attributeType" in asked else {}),
        **({"attributeValue": value} if status == "Accepted" else {}),
    }


def fresh(row: VariableRequest) -> list[str]:
    row.refresh_from_db()
    assert variables_sentence(row)
    assert all(result_words(item["status"]) for item in row.items)
    return [item["status"] for item in row.items]


def value_of(variable: str, kind: str = "Actual") -> str | None:
    return VariableAttribute.objects.get(variable__variable=variable, type=kind).value


def test_results_are_matched_whatever_their_order(dialogue: Dialogue) -> None:
    asked = [*wanted("A", "B", "C"), VariableAsked(named("A"), "MaxSet")]
    row = variables.get_variables(station=dialogue.station, asked=asked)
    data = dialogue.takes().wire_payload["getVariableData"]
    results = [got(each, f"v{n}") for n, each in enumerate(data)]
    results[1]["attributeStatus"] = "Rejected"
    results[2]["component"] = {"name": "CTRLR"}  # names are case-insensitive
    dialogue.answers({"getVariableResult": results[::-1]})
    assert fresh(row) == ["Accepted", "Rejected", "Accepted", "Accepted"]
    assert row.status == "Partly"
    assert (value_of("A"), value_of("A", "MaxSet"), value_of("C")) == ("v0", "v3", "v2")
    assert not VariableAttribute.objects.filter(variable__variable="B").exists()


def test_what_the_answer_leaves_out_is_not_done(dialogue: Dialogue) -> None:
    row = variables.get_variables(station=dialogue.station, asked=wanted("A", "B"))
    data = dialogue.takes().wire_payload["getVariableData"]
    dialogue.answers({"getVariableResult": [got(data[1], ""), got(data[1], "x"), "odd"]})
    assert fresh(row) == ["NotMentioned", "Accepted"]
    assert value_of("B") == ""


def test_the_same_variable_is_read_once(dialogue: Dialogue) -> None:
    variables.get_variables(station=dialogue.station, asked=wanted("A", "a", "A"))
    assert len(dialogue.takes().wire_payload["getVariableData"]) == 1


def test_long_lists_go_out_in_as_many_calls_as_the_limits_say(dialogue: Dialogue) -> None:
    names = [f"V{n}" for n in range(12)]
    row = variables.get_variables(station=dialogue.station, asked=wanted(*names))
    assert [len(call.payload["items"]) for call in row.calls.order_by("pk")] == [10, 2]
    row = variables.set_variables(station=dialogue.station, asked=wanted(*names, value="1"))
    assert row.calls.count() == 2
    limits.learn(
        dialogue.station,
        [
            (named("ItemsPerMessage", "DeviceDataCtrlr", "GetVariables"), "5"),
            (named("BytesPerMessage", "DeviceDataCtrlr", "SetVariables"), "300"),
        ],
        timezone.now(),
    )
    row = variables.get_variables(station=dialogue.station, asked=wanted(*names))
    assert [len(call.payload["items"]) for call in row.calls.order_by("pk")] == [5, 5, 2]
    variables.set_variables(station=dialogue.station, asked=wanted(*names, value="1"))
    OutboundCall.objects.filter(action="GetVariables").delete()
    OutboundCall.objects.filter(pk__lt=row.calls.model.objects.latest("pk").pk - 5).delete()
    while call := dialogue.takes():
        frame = f'[2,"{call.message_id}","SetVariables",{call.wire_payload}]'
        assert len(frame.replace(" ", "")) <= 300
        dialogue.answers({"setVariableResult": []})


def test_a_request_is_done_when_its_last_call_is(dialogue: Dialogue) -> None:
    names = [f"V{n}" for n in range(11)]
    row = variables.get_variables(station=dialogue.station, asked=wanted(*names))
    for count in (10, 1):
        assert row.is_open
        data = dialogue.takes().wire_payload["getVariableData"]
        assert len(data) == count
        dialogue.answers({"getVariableResult": [got(each) for each in data]})
        fresh(row)
    assert (row.status, row.settled_at is None) == ("Done", False)


def test_a_value_that_was_set_is_known(dialogue: Dialogue) -> None:
    row = variables.set_variables(station=dialogue.station, asked=wanted("A", "B", value="7"))
    call = dialogue.takes()
    assert call.wire_payload["setVariableData"][0]["attributeValue"] == "7"
    data = call.wire_payload["setVariableData"]
    dialogue.answers({"setVariableResult": [
        got(data[0]), {**got(data[1], status="RebootRequired"),
                       "attributeStatusInfo": {"reasonCode": "TxInProgress"}}]})  # fmt: skip
    assert fresh(row) == ["Accepted", "RebootRequired"]
    assert row.items[1]["reason"] == "TxInProgress"
    assert "restarted" in variables_sentence(row)
    assert value_of("A") == "7"
    assert not VariableAttribute.objects.filter(variable__variable="B").exists()


def test_what_a_report_said_of_an_attribute_stays(dialogue: Dialogue) -> None:
    known = ReportedVariable.objects.create(
        station=dialogue.station,
        component="Ctrlr",
        variable="A",
        unit="s",
        updated_at=timezone.now(),
    )
    VariableAttribute.objects.create(
        variable=known,
        value="1",
        mutability="ReadWrite",
        persistent=True,
        updated_at=known.updated_at,
    )
    variables.set_variables(station=dialogue.station, asked=wanted("a", value="2"))
    data = dialogue.takes().wire_payload["setVariableData"]
    dialogue.answers({"setVariableResult": [got(data[0])]})
    attribute = VariableAttribute.objects.get()
    assert (attribute.value, attribute.mutability, attribute.persistent) == ("2", "ReadWrite", True)
    assert attribute.variable.unit == "s"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ([], "at least one"),
        (wanted("A"), "without the value"),
        ([*wanted("A", value="1"), *wanted("a", value="2")], "twice"),
        (wanted("", value="1"), "Name the variable"),
        ([VariableAsked(named("A"), "Soon", "1")], "no attribute"),
        (wanted("A", value="x" * 1001), "longer than 1000"),
        ([VariableAsked(configuration_key("A"), value="1")], "no configuration keys"),
    ],
)
def test_what_cannot_be_set_leaves_no_row(
    dialogue: Dialogue, asked: list[VariableAsked], why: str
) -> None:
    with pytest.raises(RequestRefused, match=why):
        variables.set_variables(station=dialogue.station, asked=asked)
    assert not VariableRequest.objects.exists()
    assert not OutboundCall.objects.exists()


def test_errors_and_silence_are_the_outcome_of_each(dialogue: Dialogue) -> None:
    row = variables.get_variables(station=dialogue.station, asked=wanted("A"))
    dialogue.takes()
    dialogue.refuses("OccurenceConstraintViolation", "too many")
    assert fresh(row) == ["OccurenceConstraintViolation"]
    assert (row.status, row.items[0]["reason"]) == ("Failed", "too many")
    row = variables.get_variables(station=dialogue.station, asked=wanted("A"))
    data = dialogue.takes().wire_payload["getVariableData"]
    dialogue.is_silent()
    assert fresh(row) == ["NoAnswer"]
    dialogue.answers({"getVariableResult": [got(data[0], "late")]})
    assert (fresh(row), value_of("A")) == (["Accepted"], "late")


@pytest.mark.parametrize("code", ["OccurrenceConstraintViolation", "FormatViolation"])
def test_what_was_too_much_at_once_is_asked_in_halves(dialogue: Dialogue, code: str) -> None:
    """B06.FR.16, .17: a station that tells its limit only in a variable that has to be read."""
    row = variables.get_variables(station=dialogue.station, asked=wanted(*"ABCDEFG"))
    sizes = []
    while call := dialogue.takes():
        data = call.wire_payload["getVariableData"]
        sizes.append(len(data))
        if len(data) > 2 or data[-1]["variable"]["name"] == "G":
            dialogue.refuses(code, "at most 2")
        else:
            dialogue.answers({"getVariableResult": [got(each) for each in data]})
    assert sizes == [7, 3, 4, 1, 2, 2, 2, 1, 1]
    assert fresh(row) == ["Accepted"] * 6 + [code]
    assert row.status == "Partly"


# OCPP 1.6


@pytest.fixture
def old(dialogue: Dialogue) -> Dialogue:
    dialogue.gateway.spoken = OcppVersion.V16
    return dialogue


def test_16_reads_all_its_keys_through_the_same_door(old: Dialogue) -> None:
    row = variables.get_variables(station=old.station, everything=True)
    call = old.takes()
    assert (call.wire_action, call.wire_payload) == ("GetConfiguration", {})
    old.answers({"configurationKey": [
        {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
        {"key": "AuthorizationKey", "readonly": False, "value": SECRET},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "3"}]})  # fmt: skip
    assert fresh(row) == ["Accepted"] * 4
    known = ReportedVariable.objects.get(variable="NumberOfConnectors")
    assert (known.component, known.attributes.get().mutability) == ("", "ReadOnly")
    assert variables.get_limits(old.station).items_per_message == {"GetVariables": 3}
    assert SECRET not in everything_stored()


def test_16_that_does_not_tell_its_keys_has_told_nothing(old: Dialogue) -> None:
    row = variables.get_variables(station=old.station, everything=True, purpose="Inventory")
    old.takes()
    old.refuses("InternalError")
    assert (fresh(row), row.status) == ([], "Failed")
    assert not StationInfo.objects.filter(inventory_at__isnull=False).exists()


def test_16_reads_some_keys_and_sets_one_by_one(old: Dialogue) -> None:
    keys = [VariableAsked(configuration_key(name)) for name in ("A", "B")]
    row = variables.get_variables(station=old.station, asked=keys)
    assert old.takes().wire_payload == {"key": ["A", "B"]}
    old.answers({"configurationKey": [{"key": "a", "readonly": True, "value": "1"}],
                 "unknownKey": ["B"]})  # fmt: skip
    assert fresh(row) == ["Accepted", "UnknownVariable"]
    row = variables.set_variables(
        station=old.station, asked=[VariableAsked(each.reference, value="9") for each in keys]
    )
    for status in ("Accepted", "NotSupported"):
        call = old.takes()
        assert call.wire_action == "ChangeConfiguration"
        old.answers({"status": status})
    assert fresh(row) == ["Accepted", "UnknownVariable"]
    assert value_of("A") == "9"


def test_16_has_no_other_attributes_and_no_components(old: Dialogue) -> None:
    with pytest.raises(RequestRefused, match="values only"):
        variables.get_variables(
            station=old.station, asked=[VariableAsked(configuration_key("A"), "Target")]
        )
    with pytest.raises(RequestRefused, match="no components"):
        variables.get_variables(station=old.station, asked=wanted("A"))


def test_everything_at_once_is_for_16_only(dialogue: Dialogue) -> None:
    with pytest.raises(RequestRefused, match="by name only"):
        variables.get_variables(station=dialogue.station, everything=True)


def test_a_station_that_changed_its_version_is_told_apart(dialogue: Dialogue) -> None:
    row = variables.set_variables(station=dialogue.station, asked=wanted("A", value="1"))
    dialogue.gateway.spoken = OcppVersion.V16
    assert dialogue.takes() is None
    assert fresh(row) == ["Unsupported"]


# Secrets


def everything_stored() -> str:
    """All text in the tables that speak of calls and variables."""
    found = []
    for model in (OutboundCall, VariableRequest, VariableAttribute, StationInfo):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
            found.append(str(cursor.fetchall()))
    return " ".join(found)


@pytest.mark.parametrize("outcome", ["answers", "refuses", "is_silent"])
def test_a_password_is_on_the_wire_and_in_no_record(dialogue: Dialogue, outcome: str) -> None:
    password = named("BasicAuthPassword", "SecurityCtrlr")
    row = variables.set_variables(
        station=dialogue.station, asked=[VariableAsked(password, value=SECRET)]
    )
    call = dialogue.takes()
    assert call.wire_payload["setVariableData"][0]["attributeValue"] == SECRET
    assert SECRET not in str(list(OutboundCall.objects.values()))
    data = call.wire_payload["setVariableData"]
    {
        "answers": lambda: dialogue.answers({"setVariableResult": [got(data[0])]}),
        "refuses": lambda: dialogue.refuses("InternalError"),
        "is_silent": dialogue.is_silent,
    }[outcome]()
    assert fresh(row)[0] != ""
    assert SECRET not in everything_stored()


def test_what_a_station_calls_write_only_is_secret_too(dialogue: Dialogue) -> None:
    known = ReportedVariable.objects.create(
        station=dialogue.station, component="Ctrlr", variable="Pin", updated_at=timezone.now()
    )
    VariableAttribute.objects.create(
        variable=known, mutability="WriteOnly", updated_at=known.updated_at
    )
    variables.set_variables(station=dialogue.station, asked=wanted("Pin", value=SECRET))
    data = dialogue.takes().wire_payload["setVariableData"]
    dialogue.answers({"setVariableResult": [got(data[0])]})
    variables.get_variables(station=dialogue.station, asked=wanted("pin"))
    data = dialogue.takes().wire_payload["getVariableData"]
    dialogue.answers({"getVariableResult": [got(data[0], SECRET)]})
    assert SECRET not in everything_stored()


def test_a_call_in_the_wires_own_words_forgets_its_secret_when_it_has_ended(
    dialogue: Dialogue,
) -> None:
    password = named("BasicAuthPassword", "SecurityCtrlr").to_wire()
    call = calls.place_call(
        station=dialogue.station,
        action="SetVariables",
        payload={"setVariableData": [{**password, "attributeValue": SECRET}]},
    )
    taken = dialogue.takes()
    assert taken.wire_payload["setVariableData"][0]["attributeValue"] == SECRET
    dialogue.answers({"setVariableResult": [got(password)]})
    assert SECRET not in everything_stored()
    call = calls.place_call(
        station=dialogue.station, action="SetVariables", payload=taken.wire_payload
    )
    calls.cancel_call(call)
    assert SECRET not in everything_stored()


# Limits


@pytest.fixture
def curious(gateway: TellingGateway) -> Any:
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "READ_LIMITS": True}):
        yield


def test_limits_are_read_once_after_connecting_and_after_each_boot(
    dialogue: Dialogue, curious: None
) -> None:
    inbound.station_connected(dialogue.station)
    row = VariableRequest.objects.get()
    assert row.purpose == "Limits"
    inbound.station_connected(dialogue.station)
    assert VariableRequest.objects.count() == 1
    told = {
        "ItemsPerMessage[SetVariableMonitoring]": "8",
        "ItemsPerMessage[GetReport]": "4",
        "BytesPerMessage[GetReport]": "65000",
        "BytesPerMessage[GetVariables]": "many",
        "Available": "True",
        "Enabled": "false",
        "ActiveMonitoringBase": "All",
        "ActiveMonitoringLevel": "9",
        "FileTransferProtocols": "HTTP, HTTPS",
        "DateTime": "2020-01-01T00:00:00Z",
    }
    while call := dialogue.takes():
        data = call.wire_payload["getVariableData"]
        results = []
        for each in data:
            name = str(Variable.from_wire(each["variable"]))
            results.append(got(each, told[name]) if name in told else got(each, "", "Rejected"))
        dialogue.answers({"getVariableResult": results})
    known = variables.get_limits(dialogue.station)
    assert known.items_per_message == {"SetVariableMonitoring": 8, "GetReport": 4}
    assert known.bytes_per_message == {"GetReport": 65000}
    assert (known.monitoring_available, known.monitoring_enabled) == (True, False)
    assert (known.monitoring_base, known.monitoring_level) == ("All", 9)
    assert known.file_transfer_protocols == ("HTTP", "HTTPS")
    info = StationInfo.objects.get(station=dialogue.station)
    assert info.clock_skew is not None and info.clock_skew < -1e6
    assert info.limits_read_at is not None
    inbound.station_connected(dialogue.station)
    assert VariableRequest.objects.count() == 1
    station_facts.record_boots([(dialogue.station, BootFacts(vendor="V"))])
    assert VariableRequest.objects.filter(purpose="Limits").count() == 2


def test_limits_of_16_are_configuration_keys(old: Dialogue, curious: None) -> None:
    get_gateway().spoken = OcppVersion.V16  # type: ignore[attr-defined]
    inbound.station_connected(old.station)
    call = old.takes()
    assert call.wire_payload["key"] == [
        "SupportedFeatureProfiles",
        "SupportedFileTransferProtocols",
        "GetConfigurationMaxKeys",
    ]
    profiles = {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,Reservation"}
    old.answers({"configurationKey": [profiles]})
    assert variables.get_limits(old.station).feature_profiles == ("Core", "Reservation")


def test_nothing_is_read_of_a_station_that_never_spoke_or_when_it_is_switched_off(
    dialogue: Dialogue,
) -> None:
    inbound.station_connected(dialogue.station)
    assert not VariableRequest.objects.exists()
    assert variables.get_limits(dialogue.station) == limits.Limits()
