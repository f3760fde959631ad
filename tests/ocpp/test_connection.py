"""The rules of one connection, as dialogues: text and times in, events and text out."""

import json

import pytest

from diagnostics.ocpp.connection import Connection, Side
from diagnostics.ocpp.errors import InvalidPayload, OcppError, RpcErrorCode, UnsupportedAction
from diagnostics.ocpp.events import (
    AnswerInvalid,
    AnswerRejected,
    AnswerUnmatched,
    CallAnswered,
    CallReceived,
    CallRefused,
    CallTimedOut,
    CallUnsent,
    ConnectionLost,
    FrameIgnored,
)
from diagnostics.ocpp.frames import CallError, CallResult, CallResultError
from diagnostics.ocpp.versions import OcppVersion

V16, V201, V21 = OcppVersion
POLL = {"requestedMessage": "LogStatusNotification"}
POLL_TEXT = '[2,"%s","TriggerMessage",{"requestedMessage":"LogStatusNotification"}]'


@pytest.fixture
def connection():
    return Connection(V201)


def poll(connection, *message_ids, now=0.0):
    for message_id in message_ids:
        connection.send_call(message_id, "TriggerMessage", POLL, now)


def test_one_call_is_in_flight_and_the_others_wait_in_order(connection):
    poll(connection, "a", "b", "c")
    assert connection.data_to_send() == [POLL_TEXT % "a"]
    assert connection.in_flight == "a"
    assert connection.receive_text('[3,"a",{"status":"Accepted"}]', 1.0) == [
        CallAnswered("a", "TriggerMessage", {"status": "Accepted"})
    ]
    assert connection.data_to_send() == [POLL_TEXT % "b"]
    assert connection.receive_text('[4,"b","NotSupported","no",{"k":1}]', 2.0) == [
        CallRefused("b", "TriggerMessage", "NotSupported", "no", {"k": 1})
    ]
    assert connection.data_to_send() == [POLL_TEXT % "c"]
    assert connection.in_flight == "c"


def test_their_calls_do_not_wait_for_ours(connection):
    poll(connection, "a")
    connection.data_to_send()
    assert connection.receive_text('[2,"x","Heartbeat",{}]', 0.0) == [
        CallReceived("x", "Heartbeat", {})
    ]
    connection.answer("x", {"currentTime": "2027-01-01T00:00:00Z"})
    assert connection.data_to_send() == ['[3,"x",{"currentTime":"2027-01-01T00:00:00Z"}]']
    assert connection.in_flight == "a"


def test_two_calls_of_theirs_are_both_served(connection):
    connection.receive_text('[2,"x","Heartbeat",{}]', 0.0)
    (event,) = connection.receive_text('[2,"y","LogStatusNotification",{"status":"Idle"}]', 0.0)
    assert event.message_id == "y"
    connection.answer("y", {})
    connection.refuse("x", OcppError(RpcErrorCode.SECURITY_ERROR, "not accepted yet"))
    assert connection.data_to_send() == [
        '[3,"y",{}]',
        '[4,"x","SecurityError","not accepted yet",{}]',
    ]


def test_a_deadline_starts_when_the_call_leaves_the_queue(connection):
    assert connection.next_deadline() is None
    poll(connection, "a", now=100.0)
    connection.send_call("b", "TriggerMessage", POLL, 100.0, timeout=90.0)
    assert connection.next_deadline() == 130.0
    connection.receive_text('[3,"a",{"status":"Accepted"}]', 120.0)
    assert connection.next_deadline() == 210.0
    connection.receive_text('[3,"b",{"status":"Accepted"}]', 121.0)
    assert connection.next_deadline() is None


def test_a_call_times_out_and_frees_the_slot(connection):
    poll(connection, "a", "b")
    connection.data_to_send()
    assert connection.expire(29.9) == []
    assert connection.expire(30.0) == [CallTimedOut("a", "TriggerMessage")]
    assert connection.data_to_send() == [POLL_TEXT % "b"]
    assert connection.next_deadline() == 60.0
    assert connection.expire(30.0) == []


def test_a_late_answer_is_reported_once_as_late(connection):
    poll(connection, "a", "b")
    connection.expire(30.0)
    answer = '[3,"a",{"status":"Accepted"}]'
    assert connection.receive_text(answer, 31.0) == [
        CallAnswered("a", "TriggerMessage", {"status": "Accepted"}, late=True)
    ]
    assert connection.in_flight == "b"
    assert connection.receive_text(answer, 32.0) == [
        AnswerUnmatched(CallResult("a", {"status": "Accepted"}))
    ]


def test_a_late_error_is_reported_as_late(connection):
    poll(connection, "a")
    connection.expire(30.0)
    (event,) = connection.receive_text('[4,"a","Teapot"]', 31.0)
    assert event == CallRefused("a", "TriggerMessage", "Teapot", "", {}, late=True)


def test_only_so_many_timed_out_calls_are_remembered():
    connection = Connection(V201, remembered=2)
    for number in range(3):
        poll(connection, f"p{number}")
        connection.expire(30.0)
    late = [connection.receive_text(f'[3,"p{number}",{{}}]', 31.0)[0] for number in range(3)]
    assert [type(event) for event in late] == [AnswerUnmatched, AnswerInvalid, AnswerInvalid]


def test_answers_to_nothing_are_reported_and_never_answered():
    connection = Connection(V21)
    assert connection.receive_text('[3,"?",{}]', 0.0) == [AnswerUnmatched(CallResult("?", {}))]
    assert connection.receive_text('[4,"-1","GenericError","",{}]', 0.0) == [
        AnswerUnmatched(CallError("-1", "GenericError"))
    ]
    assert connection.receive_text('[5,"?","GenericError","",{}]', 0.0) == [
        AnswerUnmatched(CallResultError("?", "GenericError"))
    ]
    assert connection.data_to_send() == []


@pytest.mark.parametrize("version", OcppVersion)
def test_an_answer_that_breaks_its_schema_is_refused_on_21_only(version):
    connection = Connection(version)
    connection.send_call("a", "Reset", {"type": "Hard" if version is V16 else "OnIdle"}, 0.0)
    connection.data_to_send()
    (event,) = connection.receive_text('[3,"a",{"status":"Perhaps"}]', 1.0)
    assert isinstance(event, AnswerInvalid)
    assert (event.action, event.payload, event.late) == ("Reset", {"status": "Perhaps"}, False)
    assert event.violations[0].path == "status"
    assert connection.in_flight is None
    refusals = [json.loads(text)[:3] for text in connection.data_to_send()]
    assert refusals == ([[5, "a", "PropertyConstraintViolation"]] if version is V21 else [])


NOTHING_SAID = {"status": "Accepted", "filename": None, "statusInfo": None, "vendor": 1}
TWO_KEYS = [{"key": "A", "value": 5}, {"readonly": True}]


@pytest.mark.parametrize(
    ("version", "action", "payload", "read"),
    [
        (V201, "GetLog", NOTHING_SAID, {"status": "Accepted", "vendor": 1}),
        (V21, "GetLog", NOTHING_SAID, {"status": "Accepted", "vendor": 1}),
        (V16, "GetConfiguration", {"configurationKey": TWO_KEYS},
         {"configurationKey": [{"key": "A", "value": "5"}]}),
    ],
)  # fmt: skip
def test_what_can_be_read_of_an_answer_counts(version, action, payload, read):
    """Stations write null for what they leave out, and longer texts than they may."""
    connection = Connection(version, validate_sent=False)
    connection.send_call("a", action, {}, 0.0)
    connection.data_to_send()
    (event,) = connection.receive_text(json.dumps([3, "a", payload]), 1.0)
    assert isinstance(event, CallAnswered)
    assert (event.payload, bool(event.violations)) == (read, True)
    assert [json.loads(text)[0] for text in connection.data_to_send()] == [5] * (version is V21)


@pytest.mark.parametrize("payload", ["7", '"x"', "[]"])
def test_an_answer_that_is_no_object_fails_the_call(connection, payload):
    poll(connection, "a")
    (event,) = connection.receive_text(f'[3,"a",{payload}]', 1.0)
    assert isinstance(event, AnswerInvalid)
    assert event.violations[0].message == "the payload is not an object"


def test_an_answer_of_ours_that_they_cannot_read_is_reported():
    connection = Connection(V21)
    connection.receive_text('[2,"x","LogStatusNotification",{"status":"Idle"}]', 0.0)
    connection.answer("x", {})
    connection.data_to_send()
    assert connection.receive_text('[5,"x","FormatViolation","what?",{"k":1}]', 0.0) == [
        AnswerRejected("x", "FormatViolation", "what?", {"k": 1})
    ]
    assert connection.data_to_send() == []


def test_a_retry_gets_the_same_answer_and_makes_no_event(connection):
    text = '[2,"x","Heartbeat",{}]'
    connection.receive_text(text, 0.0)
    connection.answer("x", {"currentTime": "2027-01-01T00:00:00Z"})
    first = connection.data_to_send()
    assert connection.receive_text(text, 50.0) == []
    assert connection.data_to_send() == first


def test_a_retry_of_a_refused_call_is_refused_again(connection):
    text = '[2,"x","Heartbeat",{}]'
    connection.receive_text(text, 0.0)
    connection.refuse("x", OcppError(RpcErrorCode.SECURITY_ERROR))
    first = connection.data_to_send()
    assert connection.receive_text(text, 50.0) == []
    assert connection.data_to_send() == first


def test_a_retry_while_the_call_is_served_is_answered_once(connection):
    text = '[2,"x","Heartbeat",{}]'
    connection.receive_text(text, 0.0)
    (event,) = connection.receive_text(text, 1.0)
    assert event == FrameIgnored("CALL x Heartbeat", "a call with this id is being served")
    connection.answer("x", {"currentTime": "2027-01-01T00:00:00Z"})
    assert len(connection.data_to_send()) == 1


def test_the_same_id_with_another_text_is_another_call(connection):
    """Some stations start counting anew without reconnecting."""
    connection.receive_text('[2,"1","LogStatusNotification",{"status":"Uploading"}]', 0.0)
    connection.answer("1", {})
    (event,) = connection.receive_text('[2,"1","LogStatusNotification",{"status":"Uploaded"}]', 0.0)
    assert event.payload == {"status": "Uploaded"}
    connection.answer("1", {})
    assert (
        connection.receive_text('[2,"1","LogStatusNotification",{"status":"Uploaded"}]', 0.0) == []
    )


def test_only_so_many_answers_are_remembered():
    connection = Connection(V16, remembered=2)
    texts = [f'[2,"h{number}","LogStatusNotification",{{"status":"Idle"}}]' for number in range(3)]
    for number, text in enumerate(texts):
        connection.receive_text(text, 0.0)
        connection.answer(f"h{number}", {})
    assert [len(connection.receive_text(text, 0.0)) for text in reversed(texts)] == [0, 0, 1]


def test_our_answer_is_checked_and_the_call_can_still_be_refused(connection):
    connection.receive_text('[2,"x","Heartbeat",{}]', 0.0)
    with pytest.raises(InvalidPayload, match="currentTime is required"):
        connection.answer("x", {})
    connection.refuse("x", OcppError(RpcErrorCode.INTERNAL_ERROR))
    assert connection.data_to_send() == ['[4,"x","InternalError","",{}]']


def test_nothing_can_be_answered_twice_or_unasked(connection):
    connection.receive_text('[2,"x","LogStatusNotification",{"status":"Idle"}]', 0.0)
    connection.answer("x", {})
    for message_id in ("x", "y"):
        with pytest.raises(LookupError):
            connection.answer(message_id, {})
        with pytest.raises(LookupError):
            connection.refuse(message_id, OcppError(RpcErrorCode.GENERIC_ERROR))


def test_what_the_version_lacks_is_not_sent():
    connection = Connection(V16)
    with pytest.raises(UnsupportedAction, match=r"OCPP 1.6 has no GetBaseReport\."):
        connection.send_call("a", "GetBaseReport", {}, 0.0)
    with pytest.raises(UnsupportedAction, match=r"Heartbeat is not sent by the CSMS\."):
        connection.send_call("a", "Heartbeat", {}, 0.0)
    with pytest.raises(InvalidPayload, match="location is required"):
        connection.send_call("a", "GetDiagnostics", {}, 0.0)
    with pytest.raises(UnsupportedAction, match="SEND"):
        connection.send("a", "NotifyPeriodicEventStream", {})
    assert (connection.data_to_send(), connection.in_flight) == ([], None)


@pytest.mark.parametrize("message_id", ["", "i" * 37, "a", "b"])
def test_a_message_id_must_be_free_and_short(connection, message_id):
    poll(connection, "a", "b")
    with pytest.raises(ValueError, match="message id"):
        poll(connection, message_id)


def test_a_simulator_may_send_what_is_wrong():
    connection = Connection(V201, side=Side.STATION, validate_sent=False)
    connection.send_call("a", "NotifyMonitoringReport", {"monitor": []}, 0.0)
    connection.send_call("b", "MadeUp", {}, 0.0)
    connection.receive_text('[3,"a",{}]', 0.0)
    assert connection.receive_text('[3,"b",{"any":1}]', 0.0) == [
        CallAnswered("b", "MadeUp", {"any": 1})
    ]
    connection.receive_text('[2,"c","SetMonitoringLevel",{"severity":1}]', 0.0)
    connection.answer("c", {"status": "Sure"})
    assert connection.data_to_send()[-1] == '[3,"c",{"status":"Sure"}]'


def test_a_closed_connection_tells_what_was_lost_and_stays_quiet(connection):
    poll(connection, "a", "b")
    connection.receive_text('[2,"x","Heartbeat",{}]', 0.0)
    assert connection.close() == [
        ConnectionLost("a", "TriggerMessage"),
        CallUnsent("b", "TriggerMessage"),
    ]
    connection.answer("x", {"currentTime": "2027-01-01T00:00:00Z"})
    connection.refuse("x", OcppError(RpcErrorCode.GENERIC_ERROR))
    assert connection.receive_text('[2,"y","Heartbeat",{}]', 0.0) == []
    assert (connection.data_to_send(), connection.next_deadline()) == ([], None)
    assert (connection.close(), connection.expire(1e9)) == ([], [])
    with pytest.raises(ValueError, match="closed"):
        poll(connection, "c")


def test_the_error_word_is_that_of_the_version():
    connection = Connection(V16)
    connection.receive_text('[2,"x","Heartbeat",{}]', 0.0)
    connection.refuse("x", OcppError(RpcErrorCode.FORMAT_VIOLATION, "no", {"k": [1]}))
    assert connection.data_to_send() == ['[4,"x","FormationViolation","no",{"k":[1]}]']
