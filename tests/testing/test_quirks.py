"""Each quirk as a dialogue: what such a station says, does and sends."""

import json
import re
from datetime import timedelta

import pytest

from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk, VariableName, behaviour_of, http_request
from tests.testing.dialogue import LOCATION, Dialogue, statuses, words

V16, V201, V21 = OcppVersion
UPLOADED = [("Uploading", 7), ("Uploaded", 7)]


def request_of(*quirks, location=LOCATION):
    dialogue = Dialogue(V201, *quirks, log_size=1000)
    dialogue.get_log(location=location)
    return http_request(dialogue.uploads[0])


def header(request, name):
    return dict(request.headers).get(name)


def test_every_quirk_has_one_sentence_and_changes_something():
    for quirk in Quirk:
        assert quirk.description.endswith(".") and ". " not in quirk.description
        assert behaviour_of([quirk]) != behaviour_of([])


def test_quirks_combine_and_contradictions_are_named():
    both = behaviour_of([Quirk.CHUNKED, Quirk.POST_MULTIPART, Quirk.NO_STATUS])
    assert both.chunked and not both.tells_status
    with pytest.raises(ValueError, match="openevse-multipart and zaptec-multipart contradict"):
        behaviour_of([Quirk.OPENEVSE_MULTIPART, Quirk.ZAPTEC_MULTIPART])


def test_uploaded_without_file():
    dialogue = Dialogue(V201, Quirk.UPLOADED_WITHOUT_FILE)
    assert statuses(dialogue.get_log()) == UPLOADED
    assert dialogue.uploads == []


@pytest.mark.parametrize("status", [404, 500])
def test_ignores_http_errors(status):
    dialogue = Dialogue(V201, Quirk.IGNORES_HTTP_ERRORS)
    assert statuses(dialogue.get_log() + dialogue.finish_upload(status)) == UPLOADED


def test_ignoring_http_errors_is_not_ignoring_a_dead_line():
    dialogue = Dialogue(V201, Quirk.IGNORES_HTTP_ERRORS)
    dialogue.get_log()
    assert statuses(dialogue.finish_upload(None, whole=False)) == [("UploadFailure", 7)]


def test_file_without_uploaded():
    dialogue = Dialogue(V201, Quirk.FILE_WITHOUT_UPLOADED)
    assert statuses(dialogue.get_log() + dialogue.finish_upload()) == UPLOADED[:1]


def test_status_before_answer():
    dialogue = Dialogue(V201, Quirk.STATUS_BEFORE_ANSWER)
    assert words(dialogue.get_log(1)) == ["Uploading", "answer"]
    assert words(dialogue.get_log(2)) == ["AcceptedCanceled", "answer", "Uploading"]


def test_answer_after_upload():
    dialogue = Dialogue(V16, Quirk.ANSWER_AFTER_UPLOAD)
    assert words(dialogue.get_diagnostics()) == ["Uploading"]
    assert words(dialogue.finish_upload()) == ["Uploaded", "answer"]


def test_an_answer_that_comes_when_the_connection_has_gone_is_not_given():
    dialogue = Dialogue(V16, Quirk.ANSWER_AFTER_UPLOAD)
    dialogue.get_diagnostics()
    dialogue.disconnect()
    dialogue.connect()
    assert words(dialogue.finish_upload()) == ["Uploaded"]


def test_no_status():
    dialogue = Dialogue(V201, Quirk.NO_STATUS)
    assert words(dialogue.get_log() + dialogue.finish_upload()) == ["answer"]
    said = dialogue.call("TriggerMessage", {"requestedMessage": "LogStatusNotification"})
    assert said == [("answer", {"status": "NotImplemented"})]


def test_repeats_uploading():
    dialogue = Dialogue(V201, Quirk.REPEATS_UPLOADING)
    said = statuses(dialogue.get_log() + dialogue.finish_upload())
    assert said == [("Uploading", 7)] * 30 + [("Uploaded", 7)]


def test_upload_failure_then_retry():
    dialogue = Dialogue(V201, Quirk.UPLOAD_FAILURE_THEN_RETRY)
    said = dialogue.get_log() + dialogue.advance(1) + dialogue.finish_upload()
    assert [word for word, _ in statuses(said)] == [
        "Uploading",
        "UploadFailure",
        "Uploading",
        "Uploaded",
    ]


def test_failure_twice():
    dialogue = Dialogue(V201, Quirk.FAILURE_TWICE)
    said = statuses(dialogue.get_log())
    assert said == [("Uploading", 7), ("BadMessage", 7), ("UploadFailure", 7)]


def test_rejects():
    assert Dialogue(V201, Quirk.REJECTS).get_log() == [("answer", {"status": "Rejected"})]
    assert Dialogue(V16, Quirk.REJECTS).get_diagnostics() == [("answer", {})]


def test_silent():
    dialogue = Dialogue(V201, Quirk.SILENT)
    assert dialogue.station.registration == "Accepted"
    assert dialogue.get_log() == []


def test_no_get_log():
    dialogue = Dialogue(V16, Quirk.NO_GET_LOG)
    assert "SecurityEventNotification" not in [action for action, _ in dialogue.said]
    assert dialogue.get_log() == [("refusal", "NotImplemented")]
    trigger = {"requestedMessage": "LogStatusNotification"}
    assert dialogue.call("ExtendedTriggerMessage", trigger) == [("refusal", "NotImplemented")]
    assert words(dialogue.get_diagnostics()) == ["answer", "Uploading"]


@pytest.mark.parametrize("location", [LOCATION, LOCATION.rstrip("/")])
def test_appends_name(location):
    url = request_of(Quirk.APPENDS_NAME, location=f"{location}?a=b").url
    assert url == LOCATION + "diagnostics-2026-03-02T08%3A00%3A00Z.log?a=b"


def test_keeps_address():
    assert request_of(Quirk.KEEPS_ADDRESS).url == LOCATION
    assert request_of(location=LOCATION.rstrip("/")).url == LOCATION.rstrip("/")


def test_post_multipart():
    request = request_of(Quirk.POST_MULTIPART)
    assert request.method == "POST"
    boundary = header(request, "Content-Type").partition("boundary=")[2].encode()
    assert request.body.startswith(b"--" + boundary + b"\r\n")
    assert request.body.endswith(b"\r\n--" + boundary + b"--\r\n")
    assert b'name="uploadfile"' in request.body


def test_openevse_multipart():
    request = request_of(Quirk.OPENEVSE_MULTIPART)
    boundary = header(request, "Content-Type").partition("boundary=")[2].encode()
    assert request.body.startswith(boundary + b"\r\n")
    assert b"--" + boundary not in request.body


def test_zaptec_multipart():
    request = request_of(Quirk.ZAPTEC_MULTIPART)
    assert re.search(r'boundary=" +-', header(request, "Content-Type"))
    assert b" name=" not in request.body
    assert request.url == LOCATION
    assert not request.reads_response


def test_a_station_that_reads_no_response_takes_its_upload_for_good():
    dialogue = Dialogue(V16, Quirk.ZAPTEC_MULTIPART)
    dialogue.get_log()
    assert statuses(dialogue.finish_upload(None)) == [("Uploaded", 7)]


def test_chunked():
    request = request_of(Quirk.CHUNKED)
    assert request.chunked
    assert header(request, "Transfer-Encoding") == "chunked"
    assert header(request, "Content-Length") is None


def test_expects_continue():
    request = request_of(Quirk.EXPECTS_CONTINUE)
    assert request.expects_continue and header(request, "Expect") == "100-continue"


def test_cuts_off_midway():
    request = request_of(Quirk.CUTS_OFF_MIDWAY)
    assert (request.sent, header(request, "Content-Length")) == (500, "1000")
    dialogue = Dialogue(V201, Quirk.CUTS_OFF_MIDWAY)
    dialogue.get_log()
    assert statuses(dialogue.finish_upload(None, whole=False)) == [("UploadFailure", 7)]


def test_slow_upload():
    assert request_of(Quirk.SLOW_UPLOAD).lasts == 20


def test_ignores_window():
    window = {"oldestTimestamp": "2026-03-01T00:00:00Z", "latestTimestamp": "2026-03-01T06:00:00Z"}
    for quirks, oldest, latest in (
        ((), "2026-03-01T00:00:00Z", "2026-03-01T06:00:00Z"),
        ((Quirk.IGNORES_WINDOW,), "2026-02-23T08:00:00Z", "2026-03-02T08:00:00Z"),
    ):
        dialogue = Dialogue(V201, *quirks)
        dialogue.get_log(log=window)
        lines = dialogue.uploads[0].content.decode().splitlines()
        first, last = (parse_time(lines[at].partition(" ")[0]) for at in (0, -1))
        assert first == parse_time(oldest)
        assert parse_time(latest) - timedelta(hours=1) < last <= parse_time(latest)


def test_idle_with_request_id():
    trigger = {"requestedMessage": "LogStatusNotification"}
    for quirks, idle in (((), ("Idle", None)), ((Quirk.IDLE_WITH_REQUEST_ID,), ("Idle", 7))):
        dialogue = Dialogue(V201, *quirks)
        dialogue.get_log()
        dialogue.finish_upload()
        assert statuses(dialogue.call("TriggerMessage", trigger)) == [idle]


def test_boots_during_upload():
    dialogue = Dialogue(V201, Quirk.BOOTS_DURING_UPLOAD, log_size=1000)
    dialogue.get_log()
    assert http_request(dialogue.uploads[0]).sent == 500
    assert dialogue.finish_upload(None, whole=False) == []
    assert dialogue.hung_up == 1
    dialogue.disconnect()
    action, boot = dialogue.since(dialogue.connect)[0]
    assert (action, boot["reason"]) == ("BootNotification", "Watchdog")
    trigger = {"requestedMessage": "LogStatusNotification"}
    assert statuses(dialogue.call("TriggerMessage", trigger)) == [("Idle", None)]


def test_after_its_reboot_the_station_uploads_whole_files():
    dialogue = Dialogue(V201, Quirk.BOOTS_DURING_UPLOAD, log_size=1000)
    dialogue.get_log(7)
    dialogue.finish_upload(None, whole=False)
    dialogue.disconnect()
    dialogue.connect()
    dialogue.get_log(8)
    assert http_request(dialogue.uploads[1]).sent == 1000
    assert statuses(dialogue.finish_upload()) == [("Uploaded", 8)]


def test_disconnects_after_accepted():
    dialogue = Dialogue(V201, Quirk.DISCONNECTS_AFTER_ACCEPTED)
    assert words(dialogue.get_log()) == ["answer"]
    assert (dialogue.hung_up, len(dialogue.uploads)) == (1, 1)
    dialogue.disconnect()
    dialogue.finish_upload()
    assert statuses(dialogue.since(dialogue.connect)) == UPLOADED


def test_retries_same_message_id():
    dialogue = Dialogue(V201, Quirk.RETRIES_SAME_MESSAGE_ID)
    before = len(dialogue.ids)
    sent = []
    receive = dialogue.csms.receive_text
    dialogue.csms.receive_text = lambda text, now: sent.append(text) or receive(text, now)
    assert statuses(dialogue.get_log() + dialogue.finish_upload()) == UPLOADED
    assert len(dialogue.ids) - before == 2  # the CSMS has noticed
    assert [sum(message_id in text for text in sent) for message_id in dialogue.ids[before:]] == [
        2,
        2,
    ]


def test_retries_same_message_id_on_the_next_connection():
    dialogue = Dialogue(V201, Quirk.RETRIES_SAME_MESSAGE_ID)
    dialogue.station.desks.events.problem(VariableName("EVSE", "Problem", evse=1), True)
    (lost,) = dialogue.station.data_to_send()
    dialogue.disconnect()
    dialogue.station.opened(dialogue.now)
    assert dialogue.station.data_to_send() == [lost]


def test_drops_late_answers():
    """What was not answered in time is said again as a call of its own, until it is (13.3)."""
    dialogue = Dialogue(V201, Quirk.DROPS_LATE_ANSWERS)
    station = dialogue.station
    station.desks.events.problem(VariableName("EVSE", "Problem", evse=1), True)
    (first,) = map(json.loads, station.data_to_send())
    dialogue.now += 31
    station.advance(dialogue.now)
    station.receive_text(json.dumps([3, first[1], {}]), dialogue.now)
    (second,) = map(json.loads, station.data_to_send())
    assert first[1] != second[1]
    assert first[2:] == second[2:]
    station.receive_text(json.dumps([3, second[1], {}]), dialogue.now)
    station.advance(dialogue.now + 31)
    assert not any('"NotifyEvent"' in text for text in station.data_to_send())


def test_odd_dates():
    dialogue = Dialogue(V201, Quirk.ODD_DATES)
    times = {dialogue.station.time_text() for _ in range(30)}
    assert len(times) == 3
    assert {parse_time(text) for text in times} == {dialogue.station.clock()}
    assert dialogue.said[1][1]["timestamp"] in times


def test_wrong_clock():
    dialogue = Dialogue(V201, Quirk.WRONG_CLOCK)
    assert dialogue.said[1][1]["timestamp"] == "1970-01-01T00:00:00Z"
    assert words(dialogue.get_log() + dialogue.finish_upload())[-1] == "Uploaded"


def test_pending_status_notifications():
    dialogue = Dialogue(V201, Quirk.PENDING_STATUS_NOTIFICATIONS, boot="Pending")
    assert [action for action, _ in dialogue.said] == [
        "BootNotification",
        "StatusNotification",
        "StatusNotification",
        "SecurityEventNotification",
    ]
