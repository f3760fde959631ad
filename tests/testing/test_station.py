"""The scripted station without quirks: boots, beats, answers, delivers logs."""

import pytest

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk, ScriptedStation, http_request
from tests.testing.dialogue import LOCATION, Dialogue, statuses, words

V16, V201, V21 = OcppVersion


def actions(said):
    return [action for action, _ in said]


@pytest.mark.parametrize("version", OcppVersion)
def test_a_station_boots_and_reports_its_connectors_and_its_start(version):
    dialogue = Dialogue(version)
    assert actions(dialogue.said) == [
        "BootNotification",
        "StatusNotification",
        "StatusNotification",
        "SecurityEventNotification",
    ]
    assert dialogue.station.registration == "Accepted"


def test_a_station_beats_at_the_interval_it_was_told():
    dialogue = Dialogue(V201)
    assert dialogue.advance(299) == []
    assert actions(dialogue.advance(1)) == ["Heartbeat"]
    assert actions(dialogue.advance(300)) == ["Heartbeat"]


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_station_that_is_not_accepted_says_nothing_but_boots_again(status):
    dialogue = Dialogue(V201, boot=status)
    assert actions(dialogue.said) == ["BootNotification"]
    dialogue.boot = "Accepted"
    assert actions(dialogue.advance(300))[:2] == ["BootNotification", "StatusNotification"]


def test_a_station_that_reconnects_does_not_boot():
    dialogue = Dialogue(V201)
    dialogue.disconnect()
    assert dialogue.since(dialogue.connect) == []


def test_a_lost_status_is_said_on_the_next_connection():
    dialogue = Dialogue(V201)
    dialogue.get_log()
    dialogue.disconnect()
    assert dialogue.finish_upload() == []
    assert statuses(dialogue.since(dialogue.connect)) == [("Uploaded", 7)]


def test_a_reset_is_answered_before_the_station_goes_and_comes_back_booting():
    dialogue = Dialogue(V201)
    assert dialogue.call("Reset", {"type": "Immediate"}) == [("answer", {"status": "Accepted"})]
    assert dialogue.hung_up == 1
    dialogue.disconnect()
    action, boot = dialogue.since(dialogue.connect)[0]
    assert (action, boot["reason"]) == ("BootNotification", "RemoteReset")


@pytest.mark.parametrize("version", OcppVersion)
def test_a_log_is_accepted_announced_uploaded_and_confirmed(version):
    dialogue = Dialogue(version, log_size=5000)
    said = dialogue.get_log()
    assert words(said) == ["answer", "Uploading"]
    filename = said[0][1]["filename"]
    request = http_request(dialogue.uploads[0])
    assert (request.method, request.url) == ("PUT", LOCATION + filename)
    assert len(request.body) == request.sent == 5000
    assert statuses(said + dialogue.finish_upload()) == [("Uploading", 7), ("Uploaded", 7)]


def test_diagnostics_of_16_have_statuses_without_an_id():
    dialogue = Dialogue(V16)
    said = dialogue.get_diagnostics() + dialogue.finish_upload(500)
    assert "fileName" in said[0][1]
    assert actions(said[1:]) == ["DiagnosticsStatusNotification"] * 2
    assert statuses(said) == [("Uploading", None), ("UploadFailed", None)]


def test_a_busy_station_has_no_diagnostics_in_16():
    dialogue = Dialogue(V16)
    dialogue.get_diagnostics()
    assert dialogue.get_diagnostics() == [("answer", {})]


def test_zero_is_a_request_id():
    dialogue = Dialogue(V201)
    said = dialogue.get_log(request_id=0) + dialogue.finish_upload()
    assert statuses(said) == [("Uploading", 0), ("Uploaded", 0)]


def test_a_newer_log_request_cancels_the_older_one():
    """N01.FR.12, N01.FR.20."""
    dialogue = Dialogue(V201)
    dialogue.get_log(1)
    said = dialogue.get_log(2)
    assert said[0][1]["status"] == "AcceptedCanceled"
    assert statuses(said) == [("AcceptedCanceled", 1), ("Uploading", 2)]
    assert dialogue.stopped == [dialogue.uploads[0]]
    assert statuses(dialogue.finish_upload()) == [("Uploaded", 2)]


def test_16_has_no_status_for_a_canceled_upload():
    dialogue = Dialogue(V16)
    dialogue.get_log(1)
    assert statuses(dialogue.get_log(2)) == [("Uploading", 2)]


def test_the_end_of_a_stopped_upload_is_of_no_interest():
    dialogue = Dialogue(V201)
    dialogue.get_log(1)
    older = dialogue.uploads[0]
    dialogue.get_log(2)
    dialogue.uploads.append(older)
    assert dialogue.finish_upload(None, whole=False) == []


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (403, "PermissionDenied"),
        (404, "UploadFailure"),
        (302, "UploadFailure"),
        (None, "UploadFailure"),
    ],
)
def test_a_failed_transfer_is_named(status, word):
    dialogue = Dialogue(V201)
    dialogue.get_log()
    assert statuses(dialogue.finish_upload(status)) == [(word, 7)]


def test_retries_come_after_the_interval_and_only_the_last_failure_is_said():
    """N01.FR.10."""
    dialogue = Dialogue(V201)
    dialogue.get_log(retries=1, retryInterval=30)
    assert dialogue.finish_upload(500) == []
    assert dialogue.advance(29) == []
    assert statuses(dialogue.advance(1)) == [("Uploading", 7)]
    assert statuses(dialogue.finish_upload(500)) == [("UploadFailure", 7)]


def test_a_scheme_the_station_does_not_speak_is_not_supported():
    dialogue = Dialogue(V201)
    said = dialogue.get_log(location="sftp://diag.example.org/in/")
    assert statuses(said) == [("Uploading", 7), ("NotSupportedOperation", 7)]


def test_a_trigger_is_answered_before_what_it_triggers():
    """F06.FR.04, F06.FR.14, F06.FR.15."""
    dialogue = Dialogue(V201)
    trigger = {"requestedMessage": "LogStatusNotification"}
    said = dialogue.call("TriggerMessage", trigger)
    assert said == [
        ("answer", {"status": "Accepted"}),
        ("LogStatusNotification", {"status": "Idle"}),
    ]
    dialogue.get_log()
    assert statuses(dialogue.call("TriggerMessage", trigger)) == [("Uploading", 7)]


@pytest.mark.parametrize(
    ("message", "status", "follows"),
    [
        ("Heartbeat", "Accepted", ["Heartbeat"]),
        ("StatusNotification", "Accepted", ["StatusNotification"] * 2),
        ("BootNotification", "Rejected", []),
        ("MeterValues", "Accepted", ["MeterValues"]),
        ("FirmwareStatusNotification", "Accepted", ["FirmwareStatusNotification"]),
        ("SignChargingStationCertificate", "Accepted", ["SignCertificate"]),
        ("TransactionEvent", "Rejected", []),
        ("SignV2GCertificate", "NotImplemented", []),
        ("PublishFirmwareStatusNotification", "NotImplemented", []),
    ],
)
def test_triggers(message, status, follows):
    said = Dialogue(V201).call("TriggerMessage", {"requestedMessage": message})
    assert said[0] == ("answer", {"status": status})
    assert actions(said[1:]) == follows


def test_a_status_can_be_triggered_for_one_connector():
    """F06.FR.13."""
    trigger = {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}}
    said = Dialogue(V201).call("TriggerMessage", trigger)
    assert [payload["evseId"] for _, payload in said[1:]] == [2]


def test_a_trigger_of_the_vendors_own():
    """F06.FR.20."""
    dialogue = Dialogue(V21)
    answers = []
    for name in ("FanTest", "Juggle"):
        trigger = {"requestedMessage": "CustomTrigger", "customTrigger": name}
        answers += dialogue.call("TriggerMessage", trigger)
    assert [payload.get("status") for _, payload in answers] == ["Accepted", None, "NotImplemented"]
    assert answers[1][1]["messageId"] == "FanTest"


def test_a_fault_of_16_has_a_code_and_goes_again():
    dialogue = Dialogue(V16)
    faults = dialogue.station.desks.faults
    said = dialogue.since(
        lambda: (faults.fault(2, info="fan", vendor_code="F1"), dialogue.exchange())
    )
    assert said[0][1] == {
        "connectorId": 2,
        "timestamp": "2026-03-02T08:00:00Z",
        "errorCode": "OtherError",
        "status": "Faulted",
        "info": "fan",
        "vendorId": "org.example.nordlader",
        "vendorErrorCode": "F1",
    }
    said = dialogue.since(lambda: (faults.recover(2), dialogue.exchange()))
    assert (said[0][1]["status"], said[0][1]["errorCode"]) == ("Available", "NoError")


def test_a_boot_can_be_triggered_while_pending():
    dialogue = Dialogue(V201, boot="Pending")
    said = dialogue.call("TriggerMessage", {"requestedMessage": "BootNotification"})
    assert said[1][1]["reason"] == "Triggered"


def test_16_triggers_its_log_status_with_the_extended_message():
    said = Dialogue(V16).call(
        "ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}
    )
    assert said[1] == ("LogStatusNotification", {"status": "Idle"})


def test_configuration_of_16_is_read_and_changed():
    dialogue = Dialogue(V16)
    said = dialogue.call("GetConfiguration", {"key": ["heartbeatinterval", "Nothing"]})
    known = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    assert said[0][1] == {"configurationKey": [known], "unknownKey": ["Nothing"]}
    outcomes = [
        dialogue.call("ChangeConfiguration", {"key": key, "value": "60"})[0][1]["status"]
        for key in ("HeartbeatInterval", "NumberOfConnectors", "Nothing")
    ]
    assert outcomes == ["Accepted", "Rejected", "NotSupported"]
    assert len(dialogue.call("GetConfiguration", {})[0][1]["configurationKey"]) == 6


def test_any_other_call_is_refused():
    said = Dialogue(V201).call("ClearCache", {})
    assert said == [("refusal", "NotSupported")]


def test_the_same_seed_gives_the_same_words():
    assert Dialogue(V21, seed=5).ids == Dialogue(V21, seed=5).ids
    assert Dialogue(V21, seed=5).ids != Dialogue(V21, seed=6).ids


def test_what_happens_is_told_in_words():
    dialogue = Dialogue(V201)
    dialogue.get_log()
    dialogue.finish_upload()
    news = dialogue.station.news()
    assert news[0] == "booted: Accepted"
    assert "asked for DiagnosticsLog: Accepted" in news
    assert news[-2].endswith(": HTTP 200")
    assert news[-1] == "says Uploaded"
    assert dialogue.station.news() == []


def test_a_quirk_of_16_is_refused_for_later_versions():
    with pytest.raises(ValueError, match="is for OCPP 1.6"):
        ScriptedStation(V201, quirks=[Quirk.NO_GET_LOG])
