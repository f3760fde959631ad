"""Every schema file compiles, and violations become codes and sentences."""

import json
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, PathDistribution, distribution
from pathlib import Path

import pytest

from diagnostics.ocpp import schemas
from diagnostics.ocpp.actions import BY_BOTH, BY_STATION, SEND_ONLY
from diagnostics.ocpp.errors import InvalidPayload, UnsupportedAction
from diagnostics.ocpp.inspection import VIOLATIONS_KEPT
from diagnostics.ocpp.schemas import (
    action_known,
    schemas_of,
    sent_by_csms,
    sent_by_station,
    validate_call,
    validate_result,
)
from diagnostics.ocpp.versions import OcppVersion

V16, V201, V21 = OcppVersion
FOLDERS = {V16: "v16", V201: "v201", V21: "v21"}
ACTIONS = [(version, action) for version in OcppVersion for action in schemas_of(version).actions]


def files(version):
    folder = Path(str(distribution("ocpp").locate_file(f"ocpp/{FOLDERS[version]}/schemas")))
    return list(folder.glob("*.json"))


@pytest.mark.parametrize(("version", "action"), sorted(ACTIONS))
def test_both_schemas_of_an_action_compile_and_are_kept(version, action):
    found = schemas_of(version)
    assert found.request(action) is found.request(action)
    assert found.result(action) is found.result(action)


@pytest.mark.parametrize(("version", "count"), [(V16, 78), (V201, 128), (V21, 181)])
def test_every_schema_file_belongs_to_an_action(version, count):
    assert len(files(version)) == count
    names = {path.stem.removesuffix("Response").removesuffix("Request") for path in files(version)}
    assert names == schemas_of(version).actions


@pytest.mark.parametrize("version", OcppVersion)
def test_every_action_has_a_sender(version):
    found = schemas_of(version)
    assert BY_STATION[version] <= found.actions
    assert sent_by_station(version) | sent_by_csms(version) == found.actions
    assert sent_by_station(version) & sent_by_csms(version) == BY_BOTH & found.actions


def test_only_sends_lack_a_response_schema():
    stems = {path.stem for path in files(V21)}
    lacking = {name for name in schemas_of(V21).actions if f"{name}Response" not in stems}
    assert lacking == SEND_ONLY
    validate_result(V21, "NotifyPeriodicEventStream", {})


def test_names_are_case_sensitive():
    assert action_known(V16, "Heartbeat")
    assert not action_known(V16, "heartbeat")
    assert not action_known(V16, "GetBaseReport")
    assert not action_known(V201, "HeartbeatRequest")


CASES = [
    ({"requestId": 5}, "OccurrenceConstraintViolation", "status is required"),
    ({}, "OccurrenceConstraintViolation", "status is required"),
    (None, "OccurrenceConstraintViolation", "status is required"),
    ([], "FormatViolation", "the payload is not an object"),
    ("Idle", "FormatViolation", "the payload is not an object"),
    ({"status": 1}, "TypeConstraintViolation", "status must be a string"),
    ({"status": None}, "TypeConstraintViolation", "status must be a string"),
    ({"status": float("nan")}, "TypeConstraintViolation", "status must be a string"),
    (
        {"status": "Idle", "requestId": "1"},
        "TypeConstraintViolation",
        "requestId must be an integer",
    ),
    (
        {"status": "Idle", "requestId": 1.5},
        "TypeConstraintViolation",
        "requestId must be an integer",
    ),
    (
        {"status": "Idle", "requestId": True},
        "TypeConstraintViolation",
        "requestId must be an integer",
    ),
    (
        {"status": "Idle", "requestId": 2**31},
        "PropertyConstraintViolation",
        "requestId is more than 2147483647",
    ),
    (
        {"status": "Idle", "requestId": -(10**40)},
        "PropertyConstraintViolation",
        "requestId is less than -2147483648",
    ),
    ({"status": "Idle", "mood": 1}, "FormatViolation", "mood is not a property of this message"),
]


@pytest.mark.parametrize(("payload", "code", "sentence"), CASES)
def test_a_violation_has_a_code_and_a_sentence(payload, code, sentence):
    with pytest.raises(InvalidPayload) as caught:
        validate_call(V201, "LogStatusNotification", payload)
    assert (caught.value.code, caught.value.description) == (code, sentence)


@pytest.mark.parametrize(
    ("action", "payload", "code", "sentence"),
    [
        (
            "LogStatusNotification",
            {"status": "Sulking"},
            "PropertyConstraintViolation",
            "status must be one of BadMessage, Idle, NotSupportedOperation, PermissionDenied,"
            " Uploaded, UploadFailure, Uploading, AcceptedCanceled",
        ),
        (
            "ClearVariableMonitoring",
            {"id": []},
            "OccurrenceConstraintViolation",
            "id needs at least 1 entry",
        ),
        (
            "GetReport",
            {"requestId": 1, "componentCriteria": ["Active"] * 5},
            "OccurrenceConstraintViolation",
            "componentCriteria has room for 4 entries",
        ),
        (
            "GetLog",
            {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "x" * 513}},
            "PropertyConstraintViolation",
            "log.remoteLocation is longer than 512 characters",
        ),
        (
            "GetVariables",
            {"getVariableData": [{"component": {"name": "A"}, "variable": {}}]},
            "OccurrenceConstraintViolation",
            "getVariableData[0].variable.name is required",
        ),
    ],
)
def test_a_sentence_names_the_place(action, payload, code, sentence):
    with pytest.raises(InvalidPayload) as caught:
        validate_call(V201, action, payload)
    assert (caught.value.code, caught.value.description) == (code, sentence)
    assert len(sentence) <= 255


def test_what_is_no_json_does_not_fit():
    with pytest.raises(InvalidPayload) as caught:
        validate_call(V201, "DataTransfer", {"vendorId": "v", "data": datetime.now(UTC)})
    assert caught.value.description == "the payload cannot be written as JSON"


def test_an_unknown_action_is_told_apart():
    with pytest.raises(UnsupportedAction) as caught:
        validate_call(V16, "SetVariableMonitoring", {})
    assert caught.value.code == "NotImplemented"
    assert str(caught.value) == "OCPP 1.6 has no SetVariableMonitoring."


@pytest.mark.parametrize("version", OcppVersion)
def test_whole_floats_are_integers_and_formats_do_not_refuse(version):
    validate_call(version, "LogStatusNotification", {"status": "Idle", "requestId": 5.0})
    action, payload = {
        V16: ("GetDiagnostics", {"location": "no address", "startTime": "soon", "retries": 2.0}),
        V201: ("SecurityEventNotification", {"type": "x", "timestamp": "yesterday"}),
        V21: ("SecurityEventNotification", {"type": "x", "timestamp": ""}),
    }[version]
    validate_call(version, action, payload)


@pytest.mark.parametrize(
    ("limit", "fits"), [(21.4, True), (16, True), (0.3, True), (1e300, True), (16.05, False)]
)
def test_tenths_are_exact(limit, fits):
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    payload = {"status": "Accepted", "chargingSchedule": schedule}
    if fits:
        validate_result(V16, "GetCompositeSchedule", payload)
    else:
        with pytest.raises(InvalidPayload, match="limit is not a multiple of 0.1"):
            validate_result(V16, "GetCompositeSchedule", payload)


def test_thousands_of_violations_are_not_all_kept():
    with pytest.raises(InvalidPayload) as caught:
        validate_call(V201, "ClearVariableMonitoring", {"id": ["x"] * 5000})
    assert len(caught.value.violations) == VIOLATIONS_KEPT


def test_a_validator_never_changes_the_payload():
    payload = {"status": "Idle", "requestId": "x", "extra": [1, {"a": None}]}
    before = json.dumps(payload)
    with pytest.raises(InvalidPayload):
        validate_call(V21, "LogStatusNotification", payload)
    assert json.dumps(payload) == before


def test_a_missing_package_is_told_in_words(monkeypatch, tmp_path):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(schemas, "distribution", missing)
    with pytest.raises(RuntimeError, match="ships the OCPP schemas, is missing"):
        schemas.Schemas(V16)
    empty = PathDistribution(tmp_path / "ocpp.dist-info")
    monkeypatch.setattr(schemas, "distribution", lambda name: empty)
    with pytest.raises(RuntimeError, match="has no schemas of OCPP 1.6"):
        schemas.Schemas(V16)
