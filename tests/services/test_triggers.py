"""TriggerMessage and ExtendedTriggerMessage (F06): what each version can be told to send."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.models import ReportedVariable
from diagnostics.ocpp.codecs.triggers import Place, encode_trigger, triggers_of
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.calls import triggers
from diagnostics.services.fleet import capabilities
from tests.services.conftest import Dialogue


def words(version: OcppVersion, action: str) -> set[str]:
    tree = schemas_of(version).request(action).tree
    rule = tree["properties"]["requestedMessage"]
    if "$ref" in rule:
        rule = tree["definitions"][rule["$ref"].removeprefix("#/definitions/")]
    return set(rule["enum"])


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_all_that_the_standard_lists_can_be_triggered(version: OcppVersion) -> None:
    assert {each.message for each in triggers_of(version)} == words(version, "TriggerMessage")


def test_1_6_has_two_messages_for_it() -> None:
    table = triggers_of(OcppVersion.V16)
    plain = {each.message for each in table if not each.needs_extension}
    assert plain == words(OcppVersion.V16, "TriggerMessage")
    extended = {each.requested or each.message for each in table if each.needs_extension}
    assert extended < words(OcppVersion.V16, "ExtendedTriggerMessage")
    without = triggers_of(OcppVersion.V16, extension=False)
    assert {each.message for each in without} == plain


@pytest.mark.parametrize("version", list(OcppVersion))
def test_every_trigger_can_be_written(version: OcppVersion) -> None:
    for each in triggers_of(version):
        place = {} if each.place is Place.STATION else {"evse_id": 1, "connector_id": 1}
        encode_trigger(version, each.message, custom="x" if each.is_custom else "", **place)


@pytest.mark.parametrize(
    ("version", "asked", "action", "payload"),
    [
        ("1.6", {"message": "MeterValues", "evse_id": 2}, "TriggerMessage",
         {"requestedMessage": "MeterValues", "connectorId": 2}),
        ("1.6", {"message": "SignedFirmwareStatusNotification"}, "ExtendedTriggerMessage",
         {"requestedMessage": "FirmwareStatusNotification"}),
        ("2.0.1", {"message": "StatusNotification", "evse_id": 1, "connector_id": 2},
         "TriggerMessage",
         {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 2}}),
        ("2.1", {"message": "CustomTrigger", "custom": "Selfie"}, "TriggerMessage",
         {"requestedMessage": "CustomTrigger", "customTrigger": "Selfie"}),
    ],
)  # fmt: skip
def test_a_trigger_in_the_words_of_its_version(
    dialogue: Dialogue, version: str, asked: dict[str, Any], action: str, payload: dict[str, Any]
) -> None:
    dialogue.gateway.spoken = OcppVersion(version)
    triggers.trigger(station=dialogue.station, **asked)
    call = dialogue.takes()
    assert (call.wire_action, call.wire_payload) == (action, payload)


@pytest.mark.parametrize(
    ("version", "asked", "sentence"),
    [
        ("2.0.1", {"message": "StatusNotification"}, "needs an EVSE and a connector"),
        ("2.0.1", {"message": "CustomTrigger", "custom": "x"}, "cannot trigger CustomTrigger"),
        ("2.1", {"message": "CustomTrigger"}, "needs its name"),
        ("2.1", {"message": "Heartbeat", "custom": "x"}, "takes no name"),
        ("2.1", {"message": "Heartbeat", "evse_id": 1}, "whole station"),
        ("2.1", {"message": "MeterValues", "connector_id": 1}, "needs the EVSE"),
        ("2.1", {"message": "CustomTrigger", "custom": "x" * 51}, "longer than 50"),
        ("1.6", {"message": "TransactionEvent"}, "OCPP 1.6 cannot trigger"),
    ],
)
def test_what_cannot_be_triggered_is_refused_before_there_is_a_row(
    dialogue: Dialogue, version: str, asked: dict[str, Any], sentence: str
) -> None:
    dialogue.gateway.spoken = OcppVersion(version)
    with pytest.raises(RequestRefused, match=sentence):
        triggers.trigger(station=dialogue.station, **asked)
    assert dialogue.takes() is None


def test_a_station_that_was_never_here_is_asked_when_it_comes(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = None
    assert triggers.triggers_for(dialogue.station) == ()
    call = triggers.trigger(station=dialogue.station, message="TransactionEvent")
    dialogue.gateway.spoken = OcppVersion.V16
    assert dialogue.takes() is None
    call.refresh_from_db()
    assert (call.status, call.error_code) == ("Canceled", "Unsupported")


def test_what_is_not_implemented_is_remembered_until_it_is(dialogue: Dialogue) -> None:
    for status in ("NotImplemented", "Accepted"):
        triggers.trigger(station=dialogue.station, message="Heartbeat")
        dialogue.takes()
        dialogue.answers({"status": status})
        known = triggers.not_implemented(dialogue.station)
        assert known == ({"Heartbeat"} if status == "NotImplemented" else set())


def test_a_1_6_station_without_the_extension_is_offered_less(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    assert any(each.needs_extension for each in triggers.triggers_for(dialogue.station))
    capabilities.learn(dialogue.station.pk, "GetLog", known=False)
    assert not any(each.needs_extension for each in triggers.triggers_for(dialogue.station))


def test_custom_triggers_come_from_the_device_model(dialogue: Dialogue) -> None:
    assert triggers.custom_triggers(dialogue.station) == []
    variable = ReportedVariable.objects.create(
        station=dialogue.station,
        component="CustomizationCtrlr",
        variable="CustomTriggers",
        updated_at=timezone.now(),
    )
    variable.attributes.create(type="Actual", value="Selfie, Dance,", updated_at=timezone.now())
    assert triggers.custom_triggers(dialogue.station) == ["Selfie", "Dance"]


def test_no_other_error_than_ours_leaves_the_codec() -> None:
    with pytest.raises(OcppError):
        encode_trigger(OcppVersion.V16, "LogStatusNotification", evse_id=0)
