"""What each version answers to texts that are no proper request."""

import json
from base64 import urlsafe_b64encode

import pytest

from diagnostics.ocpp.connection import Connection, Side
from diagnostics.ocpp.events import AnswerUnmatched, CallReceived, FrameIgnored, SendReceived
from diagnostics.ocpp.versions import OcppVersion

V16, V201, V21 = OcppVersion
LONG = "i" * 37

#: text -> what 1.6, 2.0.1 and 2.1 answer: (id, code), or None for nothing.
TABLE = [
    ("", None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ("hello", None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ('[2,"a","Heartbeat",{}', None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ("{}", None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ('"x"', None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ("[]", None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ("[2]", None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ("[2,{},1,2]", None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ('[2,null,"Heartbeat",{}]', None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    ('[2,true,"Heartbeat",{}]', None, ("-1", "RpcFrameworkError"), ("-1", "RpcFrameworkError")),
    (
        '[2,12,"Heartbeat",{}]',
        (12, "GenericError"),
        (12, "RpcFrameworkError"),
        (12, "RpcFrameworkError"),
    ),
    (
        f'[2,"{LONG}","Heartbeat",{{}}]',
        (LONG, "GenericError"),
        (LONG, "RpcFrameworkError"),
        (LONG, "RpcFrameworkError"),
    ),
    (
        f'[2,"{LONG * 10}","Heartbeat",{{}}]',
        None,
        ("-1", "RpcFrameworkError"),
        ("-1", "RpcFrameworkError"),
    ),
    (
        '[2,"a","Heartbeat"]',
        ("a", "GenericError"),
        ("a", "RpcFrameworkError"),
        ("a", "RpcFrameworkError"),
    ),
    ('[2,"a",7,{}]', ("a", "GenericError"), ("a", "RpcFrameworkError"), ("a", "RpcFrameworkError")),
    ('[7,"a","Heartbeat",{}]', None, ("a", "MessageTypeNotSupported"), None),
    ('["2","a","Heartbeat",{}]', None, ("a", "MessageTypeNotSupported"), None),
    ('[1,"a"]', None, ("a", "MessageTypeNotSupported"), None),
    ("[9]", None, ("-1", "MessageTypeNotSupported"), None),
    ('[5,"a","GenericError","",{}]', None, ("a", "MessageTypeNotSupported"), None),
    ("[3,{},{}]", None, None, None),
    ("[4]", None, None, None),
    (
        '[2,"a","heartbeat",{}]',
        ("a", "NotImplemented"),
        ("a", "NotImplemented"),
        ("a", "NotImplemented"),
    ),
    ('[2,"a","Reset",{}]', ("a", "NotSupported"), ("a", "NotSupported"), ("a", "NotSupported")),
    (
        '[2,"a","Authorize",[]]',
        ("a", "FormationViolation"),
        ("a", "FormatViolation"),
        ("a", "FormatViolation"),
    ),
    (
        '[2,"a","Authorize",null]',
        ("a", "OccurenceConstraintViolation"),
        ("a", "OccurrenceConstraintViolation"),
        ("a", "OccurrenceConstraintViolation"),
    ),
    (
        '[2,"a","LogStatusNotification",{"status":{}}]',
        ("a", "TypeConstraintViolation"),
        ("a", "TypeConstraintViolation"),
        ("a", "TypeConstraintViolation"),
    ),
    (
        '[2,"a","DataTransfer",{"vendorId":7}]',
        ("a", "TypeConstraintViolation"),
        ("a", "TypeConstraintViolation"),
        ("a", "TypeConstraintViolation"),
    ),
    (
        '[2,"a","DataTransfer",{"vendorId":"v","colour":"red"}]',
        ("a", "FormationViolation"),
        ("a", "FormatViolation"),
        ("a", "FormatViolation"),
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0][:40])
@pytest.mark.parametrize("version", OcppVersion)
def test_each_version_answers_odd_input_in_its_way(version, row):
    connection = Connection(version)
    (event,) = connection.receive_text(row[0], 0.0)
    answers = [json.loads(text) for text in connection.data_to_send()]
    expected = row[1 + list(OcppVersion).index(version)]
    assert isinstance(event, FrameIgnored | AnswerUnmatched)
    assert [(kind, message_id, code) for kind, message_id, code, _, _ in answers] == (
        [(4, *expected)] if expected else []
    )


@pytest.mark.parametrize("version", OcppVersion)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0][:40])
def test_the_connection_goes_on_after_odd_input(version, row):
    connection = Connection(version)
    connection.receive_text(row[0], 0.0)
    connection.data_to_send()
    (event,) = connection.receive_text('[2,"next","Heartbeat",{}]', 0.0)
    assert event == CallReceived("next", "Heartbeat", {})


def test_an_excerpt_stops_at_the_payload_and_is_printable():
    connection = Connection(V201)
    (event,) = connection.receive_text('[2,9,"Notify\x00Customer",{"data":"Jane Doe"}]', 0.0)
    assert event.text_excerpt == '[2,9,"Notify\ufffdCustomer",{'
    (event,) = connection.receive_text('[2,"b","Authorize",{"secret":"Jane"}]', 0.0)
    assert event.text_excerpt == "CALL b Authorize"
    assert len(connection.receive_text("x" * 10_000, 0.0)[0].text_excerpt) == 120


def signed(payload):
    encoded = urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return {"protected": "e30", "payload": encoded, "signature": "AA"}


def test_a_signed_message_is_served_like_the_plain_one():
    connection = Connection(V201)
    payload = {"status": "Uploaded", "requestId": 3}
    text = json.dumps([2, "a", "LogStatusNotification-Signed", signed(payload)])
    assert connection.receive_text(text, 0.0) == [
        CallReceived("a", "LogStatusNotification", payload)
    ]
    connection.answer("a", {})
    assert connection.data_to_send() == ['[3,"a",{}]']


def test_a_signed_null_is_the_empty_payload():
    text = json.dumps([2, "a", "Heartbeat-Signed", signed(None)])
    assert Connection(V21).receive_text(text, 0.0) == [CallReceived("a", "Heartbeat", {})]


@pytest.mark.parametrize(
    "payload",
    [{}, [], {"payload": 5}, {"payload": "###"}, {"payload": "\u00e9"}, {"payload": "bm8"}],
)
def test_a_signed_message_that_cannot_be_read_is_not_supported(payload):
    connection = Connection(V201)
    connection.receive_text(json.dumps([2, "a", "Heartbeat-Signed", payload]), 0.0)
    assert json.loads(connection.data_to_send()[0])[2] == "NotSupported"


@pytest.mark.parametrize(
    ("action", "code"), [("Nonsense-Signed", "NotImplemented"), ("-Signed", "NotImplemented")]
)
def test_signing_makes_no_action_known(action, code):
    connection = Connection(V201)
    connection.receive_text(json.dumps([2, "a", action, {}]), 0.0)
    assert json.loads(connection.data_to_send()[0])[2] == code


STREAM = {"id": 1, "pending": 0, "basetime": "2027-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}


def test_a_send_is_never_answered_not_even_when_it_is_wrong():
    connection = Connection(V21)
    for action, payload, expected in [
        ("NotifyPeriodicEventStream", STREAM, SendReceived),
        ("NotifyPeriodicEventStream", {"id": 1}, FrameIgnored),
        ("Nonsense", {}, FrameIgnored),
        ("GetLog", {}, FrameIgnored),
    ]:
        (event,) = connection.receive_text(json.dumps([6, "s", action, payload]), 0.0)
        assert isinstance(event, expected)
    assert connection.data_to_send() == []


def test_a_send_that_comes_as_a_call_is_served():
    connection = Connection(V21)
    text = json.dumps([2, "s", "NotifyPeriodicEventStream", STREAM])
    assert connection.receive_text(text, 0.0) == [
        CallReceived("s", "NotifyPeriodicEventStream", STREAM)
    ]
    connection.answer("s", {})
    assert connection.data_to_send() == ['[3,"s",{}]']


def test_a_station_refuses_what_a_csms_may_not_send():
    connection = Connection(V16, side=Side.STATION)
    connection.receive_text('[2,"a","Heartbeat",{}]', 0.0)
    connection.receive_text('[2,"b","GetDiagnostics",{}]', 0.0)
    codes = [json.loads(text)[2] for text in connection.data_to_send()]
    assert codes == ["NotSupported", "OccurenceConstraintViolation"]
