"""Each version's words for the messages that are the same in all of them."""

from datetime import UTC, datetime

import pytest

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.errors import InvalidPayload, OcppError, RpcErrorCode, UnsupportedAction
from diagnostics.ocpp.messages import (
    BootFacts,
    ConnectorStatus,
    GetLogRequest,
    LogAnswer,
    LogStatus,
    SecurityEventFacts,
    WireCall,
)
from diagnostics.ocpp.schemas import sent_by_csms, sent_by_station, validate_call, validate_result
from diagnostics.ocpp.versions import OcppVersion

V16, V201, V21 = OcppVersion
URL = "https://logs.example.net/u/abc/"
FROM = datetime(2027, 1, 1, 10, 0, 0, 500, tzinfo=UTC)
TO = datetime(2027, 1, 2, tzinfo=UTC)

each_version = pytest.mark.parametrize("version", OcppVersion)


def test_a_codec_is_found_by_version_or_its_name():
    assert codec_for("2.0.1") is codec_for(V201)
    assert [codec_for(version).version for version in OcppVersion] == list(OcppVersion)


@each_version
def test_a_full_log_request_is_get_log(version):
    request = GetLogRequest("SecurityLog", 0, URL, FROM, TO, retries=2, retry_interval=30)
    assert codec_for(version).encode_get_log(request, extension=True) == WireCall(
        "GetLog",
        {
            "logType": "SecurityLog",
            "requestId": 0,
            "retries": 2,
            "retryInterval": 30,
            "log": {
                "remoteLocation": URL,
                "oldestTimestamp": "2027-01-01T10:00:00Z",
                "latestTimestamp": "2027-01-02T00:00:00Z",
            },
        },
    )


@each_version
@pytest.mark.parametrize("nothing", [None, 0])
def test_a_bare_log_request_has_only_fields_with_a_value(version, nothing):
    request = GetLogRequest("DiagnosticsLog", 7, URL, retries=nothing, retry_interval=nothing)
    assert codec_for(version).encode_get_log(request).payload == {
        "logType": "DiagnosticsLog",
        "requestId": 7,
        "log": {"remoteLocation": URL},
    }


def test_a_16_station_without_the_extension_gets_get_diagnostics():
    request = GetLogRequest("DiagnosticsLog", 7, URL, FROM, TO, retries=0, retry_interval=10)
    assert codec_for(V16).encode_get_log(request, extension=False) == WireCall(
        "GetDiagnostics",
        {
            "location": URL,
            "retryInterval": 10,
            "startTime": "2027-01-01T10:00:00Z",
            "stopTime": "2027-01-02T00:00:00Z",
        },
    )


@pytest.mark.parametrize(
    ("version", "log_type", "extension", "sentence"),
    [
        (V16, "SecurityLog", False, "lacks the security extension of OCPP 1.6"),
        (V16, "DataCollectorLog", None, r"OCPP 1.6 has no DataCollectorLog\."),
        (V16, "DataCollectorLog", False, r"OCPP 1.6 has no DataCollectorLog\."),
        (V201, "DataCollectorLog", None, r"OCPP 2.0.1 has no DataCollectorLog\."),
        (V21, "Diary", None, r"OCPP 2.1 has no Diary\."),
    ],
)
def test_a_log_that_cannot_be_had_is_refused_in_a_sentence(version, log_type, extension, sentence):
    with pytest.raises(UnsupportedAction, match=sentence):
        codec_for(version).encode_get_log(GetLogRequest(log_type, 1, URL), extension=extension)


def test_the_data_collector_is_new_in_21():
    call = codec_for(V21).encode_get_log(GetLogRequest("DataCollectorLog", 1, URL))
    assert call.payload["logType"] == "DataCollectorLog"
    assert [len(codec_for(version).log_types) for version in OcppVersion] == [2, 2, 3]


@pytest.mark.parametrize(
    ("version", "extension", "location", "sentence"),
    [
        (V16, True, "https://x/" + "a" * 503, "513 characters; OCPP 1.6 takes 512"),
        (V201, None, "https://x/" + "a" * 503, "513 characters; OCPP 2.0.1 takes 512"),
        (V21, None, "https://x/" + "a" * 1991, "2001 characters; OCPP 2.1 takes 2000"),
        (V16, False, "https://x/u/abc", "ends with /"),
        (V21, None, "https://x/u/#part", "fragment"),
        (V21, None, "https://x/u?a=b/", "query of the upload address ends with /"),
    ],
)
def test_an_address_that_does_not_fit_is_refused(version, extension, location, sentence):
    request = GetLogRequest("DiagnosticsLog", 1, location)
    with pytest.raises(InvalidPayload, match=sentence) as caught:
        codec_for(version).encode_get_log(request, extension=extension)
    assert caught.value.violations[0].path == "remote_location"


@pytest.mark.parametrize(
    ("version", "extension", "location"),
    [
        (V16, True, "ftp://u:p@x/file#1"),
        (V16, False, "https://x/" + "a" * 2000 + "/"),
        (V201, None, "https://x/u?a=b/"),
        (V21, None, "https://x/" + "a" * 1989 + "/"),
        (V21, None, "https://x/u/?a=/b"),
    ],
)
def test_an_address_that_fits_is_taken_as_it_is(version, extension, location):
    request = GetLogRequest("DiagnosticsLog", 1, location)
    payload = codec_for(version).encode_get_log(request, extension=extension).payload
    assert location in (payload.get("location"), payload.get("log", {}).get("remoteLocation"))


@each_version
@pytest.mark.parametrize("extension", [True, False])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"oldest": TO, "latest": FROM}, "end before it starts"),
        ({"retries": -1}, "retries is less than 0"),
        ({"retry_interval": -5}, "retry_interval is less than 0"),
        ({"retries": 2**31}, "retries is more than 2147483647"),
    ],
)
def test_a_mistake_in_a_log_request_is_a_sentence(version, extension, wrong, sentence):
    request = GetLogRequest("DiagnosticsLog", 1, URL, **wrong)
    with pytest.raises(InvalidPayload, match=sentence):
        codec_for(version).encode_get_log(request, extension=extension)


def test_limits_on_addresses():
    assert codec_for(V16).location_limit("GetLog") == 512
    assert codec_for(V16).location_limit("GetDiagnostics") is None
    assert codec_for(V201).location_limit("GetLog") == 512
    assert codec_for(V21).location_limit("GetLog") == 2000


def test_only_a_refused_get_log_of_16_for_diagnostics_can_be_asked_differently():
    asked = [("GetLog", "DiagnosticsLog"), ("GetLog", "SecurityLog")]
    asked.append(("GetDiagnostics", "DiagnosticsLog"))
    found = [codec_for(V16).get_log_fallback(*question) for question in asked]
    assert found == [True, False, False]
    assert not codec_for(V201).get_log_fallback("GetLog", "DiagnosticsLog")


@pytest.mark.parametrize(
    ("version", "action", "payload", "answer"),
    [
        (V16, "GetDiagnostics", {"fileName": "a.log"}, LogAnswer("Accepted", "a.log")),
        (V16, "GetDiagnostics", {}, LogAnswer("Rejected")),
        (V16, "GetDiagnostics", {"fileName": ""}, LogAnswer("Rejected")),
        (
            V16,
            "GetLog",
            {"status": "AcceptedCanceled", "filename": "b"},
            LogAnswer("AcceptedCanceled", "b"),
        ),
        (V201, "GetLog", {"status": "Accepted"}, LogAnswer("Accepted")),
        (V201, "GetLog", {"status": "Whatever"}, LogAnswer("Rejected")),
        (V201, "GetLog", {"status": "Rejected", "statusInfo": None}, LogAnswer("Rejected")),
        (
            V21,
            "GetLog",
            {
                "status": "Rejected",
                "statusInfo": {"reasonCode": "NotFound", "additionalInfo": "x" * 2000},
            },
            LogAnswer("Rejected", "", "NotFound", "x" * 1024),
        ),
    ],
)
def test_an_answer_to_a_log_request_is_read(version, action, payload, answer):
    assert codec_for(version).decode_log_answer(action, payload) == answer


@pytest.mark.parametrize(
    ("version", "action", "payload", "status"),
    [
        (
            V16,
            "DiagnosticsStatusNotification",
            {"status": "UploadFailed"},
            LogStatus("UploadFailure", legacy=True),
        ),
        (
            V16,
            "DiagnosticsStatusNotification",
            {"status": "Idle"},
            LogStatus("Idle", legacy=True),
        ),
        (
            V16,
            "LogStatusNotification",
            {"status": "UploadFailed", "requestId": 0},
            LogStatus("UploadFailure", 0),
        ),
        (V201, "LogStatusNotification", {"status": "Idle"}, LogStatus("Idle", None)),
        (
            V21,
            "LogStatusNotification",
            {"status": "BadMessage", "requestId": 4, "statusInfo": {"reasonCode": "NoAccess"}},
            LogStatus("BadMessage", 4, "NoAccess"),
        ),
        (V201, "LogStatusNotification", {"status": "Idle", "requestId": True}, LogStatus("Idle")),
        (
            V201,
            "LogStatusNotification",
            {"status": "Idle", "requestId": 2**40},
            LogStatus("Idle", 2**40),
        ),
    ],
)
def test_a_log_status_is_read_in_the_words_of_2x(version, action, payload, status):
    assert codec_for(version).decode_log_status(action, payload) == status


@each_version
@pytest.mark.parametrize("extension", [None, True, False])
def test_the_poll_can_be_sent(version, extension):
    call = codec_for(version).encode_log_status_poll(extension=extension)
    validate_call(version, call.action, call.payload)
    legacy = version is V16 and extension is False
    wanted = "DiagnosticsStatusNotification" if legacy else "LogStatusNotification"
    assert call.payload == {"requestedMessage": wanted}
    assert call.action == (
        "ExtendedTriggerMessage" if version is V16 and not legacy else "TriggerMessage"
    )


def test_boot_facts_are_read():
    payload = {
        "chargePointVendor": "V",
        "chargePointModel": "M",
        "chargeBoxSerialNumber": "old",
        "firmwareVersion": "1",
        "iccid": "8",
        "imsi": "9",
    }
    assert codec_for(V16).decode_boot(payload) == BootFacts(
        "V", "M", "old", "1", "", "8", "9", "old"
    )
    newer = {**payload, "chargePointSerialNumber": "new"}
    both = codec_for(V16).decode_boot(newer)
    assert (both.serial_number, both.box_serial_number) == ("new", "old")
    station = {"vendorName": "V", "model": "M" * 99, "modem": {"iccid": "8"}}
    assert codec_for(V21).decode_boot({"reason": "PowerUp", "chargingStation": station}) == (
        BootFacts("V", "M" * 50, reason="PowerUp", iccid="8")
    )
    assert codec_for(V201).decode_boot({"chargingStation": []}) == BootFacts()


@each_version
@pytest.mark.parametrize("status", ["Accepted", "Pending", "Rejected"])
def test_answers_with_our_clock_are_valid(version, status):
    codec = codec_for(version)
    answer = codec.encode_boot_answer(status, FROM, 300)
    assert answer == {"status": status, "currentTime": "2027-01-01T10:00:00Z", "interval": 300}
    validate_result(version, "BootNotification", answer)
    validate_result(version, "Heartbeat", codec.encode_heartbeat_answer(FROM))


def test_connector_status_is_read():
    payload = {"connectorId": 2, "errorCode": "GroundFailure", "status": "Faulted", "info": "wet"}
    assert codec_for(V16).decode_connector_status(payload) == ConnectorStatus(
        2, 1, "Faulted", "GroundFailure", "wet"
    )
    whole = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}
    assert codec_for(V16).decode_connector_status(whole).connector_id == 0
    payload = {
        "evseId": 1,
        "connectorId": 2,
        "connectorStatus": "Occupied",
        "timestamp": "2027-01-02T00:00:00",
    }
    assert codec_for(V201).decode_connector_status(payload) == ConnectorStatus(
        1, 2, "Occupied", timestamp=TO
    )


@each_version
def test_a_security_event_is_read(version):
    payload = {"type": "T" * 60, "timestamp": "2027-01-02T02:00:00+02", "techInfo": "x" * 300}
    assert codec_for(version).decode_security_event(payload) == SecurityEventFacts(
        "T" * 50, TO, "2027-01-02T02:00:00+02", "x" * 255
    )
    odd = codec_for(version).decode_security_event({"type": "A", "timestamp": "soon"})
    assert (odd.timestamp, odd.timestamp_text) == (None, "soon")


@pytest.mark.parametrize(
    ("version", "action", "payload", "sentence"),
    [
        (V16, "GetBaseReport", {}, r"^OCPP 1.6 has no GetBaseReport\.$"),
        (V201, "Heartbeat", {}, r"^Heartbeat is sent by the station, not to it\.$"),
        (V21, "GetLog", {"logType": "SecurityLog"}, "is required"),
    ],
)
def test_a_call_that_cannot_be_sent_is_a_sentence(version, action, payload, sentence):
    with pytest.raises(OcppError, match=sentence):
        codec_for(version).check_call(action, payload)


@each_version
def test_a_call_that_can_be_sent_passes(version):
    codec_for(version).check_call("DataTransfer", {"vendorId": "v"})
    codec_for(version).check_call("ClearCache", None)


@each_version
def test_what_may_be_sent_while_pending_can_be_sent_at_all(version):
    codec = codec_for(version)
    assert codec.pending_actions <= sent_by_csms(version)
    assert "TriggerMessage" in codec.pending_actions
    assert ("GetLog" in codec.pending_actions) is (version is V16)
    assert not any(name.startswith("RemoteSt") for name in codec.pending_actions)


#: Answered elsewhere, with a clock, or not at all.
UNSERVED = {"BootNotification", "Heartbeat", "GetCertificateChainStatus"}
ECHOED = {"vatNumber": "NL1", "idToken": {"idToken": "a", "type": "Local"}, "idTag": "a"}


@pytest.mark.parametrize(
    ("version", "action"),
    sorted((version, action) for version in OcppVersion for action in sent_by_station(version)),
)
@pytest.mark.parametrize("payload", [{}, ECHOED])
def test_every_call_of_a_station_has_a_valid_default_answer(version, action, payload):
    codec = codec_for(version)
    if action in UNSERVED:
        with pytest.raises(OcppError) as caught:
            codec.default_answer(action, payload)
        assert caught.value.code is RpcErrorCode.NOT_SUPPORTED
        return
    answer = codec.default_answer(action, payload)
    validate_result(version, action, answer)
    assert answer is not codec.default_answer(action, payload)


@pytest.mark.parametrize(
    ("version", "action", "payload", "answer"),
    [
        (V16, "Authorize", {"idTag": "a"}, {"idTagInfo": {"status": "Blocked"}}),
        (V16, "StartTransaction", {}, {"transactionId": 9, "idTagInfo": {"status": "Blocked"}}),
        (V16, "StopTransaction", {}, {}),
        (V16, "StopTransaction", {"idTag": "a"}, {"idTagInfo": {"status": "Blocked"}}),
        (V201, "TransactionEvent", {}, {}),
        (V201, "TransactionEvent", {"idToken": {}}, {"idTokenInfo": {"status": "Blocked"}}),
        (V21, "Authorize", {}, {"idTokenInfo": {"status": "Blocked"}}),
        (V21, "VatNumberValidation", ECHOED, {"vatNumber": "NL1", "status": "Rejected"}),
        (V201, "Get15118EVCertificate", {}, {"status": "Failed", "exiResponse": ""}),
    ],
)
def test_default_answers_follow_the_policy_given(version, action, payload, answer):
    codec = codec_for(version)
    given = {"id_token_status": "Blocked", "transaction_id": 9}
    assert codec.default_answer(action, payload, **given) == answer


def test_an_unknown_call_has_no_default_answer():
    with pytest.raises(OcppError, match="Nonsense is not served here"):
        codec_for(V16).default_answer("Nonsense", {})
