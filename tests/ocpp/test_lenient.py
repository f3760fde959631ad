"""Notifications that break their schema are kept as far as they can be read."""

import json

import pytest

from diagnostics.ocpp.connection import Connection, Side
from diagnostics.ocpp.events import CallReceived, FrameIgnored, SendReceived
from diagnostics.ocpp.requests import Requests
from diagnostics.ocpp.unread import Unread
from diagnostics.ocpp.versions import OcppVersion

V16, V201, V21 = OcppVersion
COMPONENT = {"component": {"name": "Heater"}, "variable": {"name": "Temperature"}}
EVENT = {
    "eventId": 1,
    "timestamp": "2027-01-01T00:00:00Z",
    "trigger": "Alerting",
    "actualValue": "1",
    "eventNotificationType": "CustomMonitor",
    **COMPONENT,
}
HEAD = {"generatedAt": "2027-01-01T00:00:00Z", "seqNo": 0}
MONITOR = {"id": 1, "transaction": False, "value": 1, "type": "Delta", "severity": 5}


def receive(version, action, payload, kind=2, side=Side.CSMS):
    connection = Connection(version, side=side)
    (event,) = connection.receive_text(json.dumps([kind, "x", action, payload]), 0.0)
    return event, connection.data_to_send()


def delivered(version, action, payload):
    event, sent = receive(version, action, payload)
    assert isinstance(event, CallReceived), event
    assert sent == []
    assert event.violations
    return event.payload, [violation.path for violation in event.violations]


def refusal(version, action, payload):
    event, sent = receive(version, action, payload)
    assert isinstance(event, FrameIgnored)
    return json.loads(sent[0])[2:4]


AS_THEY_CAME = [
    (V201, "NotifyMonitoringReport", {**HEAD, "requestId": 1, "monitor": []}, ["monitor"]),
    (V201, "NotifyReport", {**HEAD, "requestId": 1, "reportData": []}, ["reportData"]),
    (V201, "NotifyEvent", {**HEAD, "eventData": []}, ["eventData"]),
    (
        V201,
        "NotifyEvent",
        {**HEAD, "eventData": [{**EVENT, "techInfo": "x" * 501, "trigger": "Whim", "new": {}}]},
        ["eventData[0].techInfo", "eventData[0].trigger", "eventData[0].new"],
    ),
    (
        V201,
        "NotifyCustomerInformation",
        {**HEAD, "requestId": 1, "data": "x" * 513},
        ["data"],
    ),
    (V16, "LogStatusNotification", {"status": "UploadFailed"}, ["status"]),
    (V16, "LogStatusNotification", {"status": "AcceptedCanceled", "requestId": 1}, ["status"]),
    (V16, "DiagnosticsStatusNotification", {"status": "UploadFailure"}, ["status"]),
    (
        V16,
        "BootNotification",
        {"chargePointVendor": "A very long company name", "chargePointModel": "M"},
        ["chargePointVendor"],
    ),
    (
        V201,
        "BootNotification",
        {"reason": "Whim", "chargingStation": {"model": "M" * 21, "vendorName": "V"}},
        ["reason", "chargingStation.model"],
    ),
    (
        V201,
        "SecurityEventNotification",
        {"type": "x" * 51, "timestamp": "2027-01-01T00:00:00Z"},
        ["type"],
    ),
    (
        V16,
        "StatusNotification",
        {"connectorId": 1, "errorCode": "FanFailure", "status": "Faulted", "info": "x" * 51},
        ["errorCode", "info"],
    ),
    (
        V16,
        "MeterValues",
        {
            "connectorId": 1,
            "meterValue": [
                {
                    "timestamp": "2027-01-01T00:00:00Z",
                    "sampledValue": [{"value": "1", "measurand": "Mood"}],
                }
            ],
        },
        ["meterValue[0].sampledValue[0].measurand"],
    ),
]


@pytest.mark.parametrize(("version", "action", "payload", "paths"), AS_THEY_CAME)
def test_words_lengths_counts_and_new_properties_stay(version, action, payload, paths):
    assert delivered(version, action, payload)[0] == payload
    assert sorted(delivered(version, action, payload)[1]) == sorted(paths)


MENDED = [
    ("requestId", "7", 7),
    ("requestId", " -3 ", -3),
    ("tbc", "true", True),
    ("tbc", "False", False),
    ("generatedAt", 20270101, "20270101"),
]


@pytest.mark.parametrize(("name", "came", "read"), MENDED)
def test_a_scalar_in_the_wrong_clothes_is_read(name, came, read):
    payload = {**HEAD, "requestId": 1, "data": "x", name: came}
    assert delivered(V201, "NotifyCustomerInformation", payload)[0] == {**payload, name: read}


@pytest.mark.parametrize(("came", "read"), [(21.5, "21.5"), (3, "3"), (True, "true")])
def test_a_value_that_is_no_string_becomes_one(came, read):
    payload = {**HEAD, "eventData": [{**EVENT, "actualValue": came}]}
    got, paths = delivered(V201, "NotifyEvent", payload)
    assert got["eventData"] == [{**EVENT, "actualValue": read}]
    assert paths == ["eventData[0].actualValue"]


@pytest.mark.parametrize("junk", [None, {}, [], "soon", "99999999999"])
def test_an_optional_property_that_cannot_be_read_is_left_out(junk):
    payload = {"status": "Uploading", "requestId": junk}
    if junk == "99999999999":
        assert delivered(V201, "LogStatusNotification", payload)[0] == {"status": "Uploading"}
        return
    assert delivered(V201, "LogStatusNotification", payload)[0] == {"status": "Uploading"}


def test_an_entry_that_lacks_something_stays_as_it_came_beside_the_others():
    bad = {name: value for name, value in EVENT.items() if name != "component"}
    worse = {**EVENT, "component": {"evse": {"id": 1}}}
    events = [bad, EVENT, 7, worse, None, {**EVENT, "eventId": 2}]
    got, paths = delivered(V201, "NotifyEvent", {**HEAD, "eventData": events})
    second = {**EVENT, "eventId": 2}
    kept = [Unread(bad), EVENT, Unread(7), Unread(worse), Unread(None), second]
    assert got["eventData"] == kept
    assert {"eventData[0].component", "eventData[2]", "eventData[4]"} <= set(paths)


def test_what_was_read_before_reads_as_the_same():
    """A transport reads a message, and the door that it hands it over at reads it again."""
    payload = {**HEAD, "requestId": 1, "monitor": [{**COMPONENT, "variableMonitoring": [{}, 5]}, 7]}
    once, _ = delivered(V201, "NotifyMonitoringReport", payload)
    assert Requests(V201, Side.CSMS).read("NotifyMonitoringReport", once)[1] == once


@pytest.mark.parametrize("junk", [{}, "much", 7, None])
def test_what_stands_in_place_of_a_list_is_kept_too(junk):
    payload = {**HEAD, "requestId": 1, "reportData": junk}
    assert delivered(V201, "NotifyReport", payload)[0]["reportData"] == [Unread(junk)]


def test_characteristics_are_worth_having_without_what_they_lack():
    facts = {"unit": "W", "maxLimit": 40}
    entry = {**COMPONENT, "variableAttribute": [{}], "variableCharacteristics": facts}
    payload = {**HEAD, "requestId": 1, "reportData": [entry]}
    assert delivered(V201, "NotifyReport", payload)[0] == payload


def test_a_monitor_that_cannot_be_read_takes_only_itself_away():
    monitors = [MONITOR, {"id": 2}, {**MONITOR, "value": "2.5"}]
    payload = {**HEAD, "requestId": 1, "monitor": [{**COMPONENT, "variableMonitoring": monitors}]}
    got, _ = delivered(V201, "NotifyMonitoringReport", payload)
    kept = [MONITOR, Unread({"id": 2}), {**MONITOR, "value": 2.5}]
    assert got["monitor"][0]["variableMonitoring"] == kept


def test_a_monitor_may_lack_the_type_that_is_new_in_21():
    payload = {**HEAD, "requestId": 1, "monitor": [{**COMPONENT, "variableMonitoring": [MONITOR]}]}
    got, paths = delivered(V21, "NotifyMonitoringReport", payload)
    assert got == payload
    assert paths == ["monitor[0].variableMonitoring[0].eventNotificationType"]


def test_a_sample_that_cannot_be_read_goes_with_the_whole_entry():
    """In a list whose entries are not kept, that of a meter."""
    samples = [{"timestamp": "2027-01-01T00:00:00Z", "sampledValue": [{}, 5]}]
    good = [{"timestamp": "2027-01-01T00:00:00Z", "sampledValue": [{"value": 1}]}]
    got, _ = delivered(V201, "MeterValues", {"evseId": 1, "meterValue": samples + good})
    assert got["meterValue"] == good


REFUSED = [
    ("LogStatusNotification", {"requestId": 5}, "OccurrenceConstraintViolation"),
    ("LogStatusNotification", {"status": "Sulking"}, "PropertyConstraintViolation"),
    ("LogStatusNotification", {"status": None}, "TypeConstraintViolation"),
    ("LogStatusNotification", [], "FormatViolation"),
    ("NotifyEvent", {**HEAD}, "OccurrenceConstraintViolation"),
    ("MeterValues", {"evseId": 1, "meterValue": {}}, "TypeConstraintViolation"),
    ("MeterValues", {"evseId": 1, "meterValue": [{}, 5]}, "OccurrenceConstraintViolation"),
    ("NotifyReport", {**HEAD, "requestId": "many"}, "TypeConstraintViolation"),
    ("BootNotification", {"reason": "PowerUp"}, "OccurrenceConstraintViolation"),
    (
        "BootNotification",
        {"reason": "PowerUp", "chargingStation": {"model": "M"}},
        "OccurrenceConstraintViolation",
    ),
    (
        "Authorize",
        {"idToken": {"idToken": "x" * 37, "type": "Local"}},
        "PropertyConstraintViolation",
    ),
]


@pytest.mark.parametrize(("action", "payload", "code"), REFUSED)
def test_what_says_nothing_is_refused(action, payload, code):
    assert refusal(V201, action, payload)[0] == code


def test_a_missing_status_is_told_in_words():
    assert refusal(V201, "LogStatusNotification", {"requestId": 5}) == [
        "OccurrenceConstraintViolation",
        "status is required",
    ]


def test_a_stream_may_give_absolute_times_without_a_base():
    """The example printed in part 4 of 2.1 does, against its schema."""
    data = [{"t": "2027-01-01T00:00:00Z", "v": "1"}, {"t": 1, "v": 2.5}, {"v": "3"}, {"t": 4}]
    payload = {"id": 1, "pending": 0, "data": data}
    event, sent = receive(V21, "NotifyPeriodicEventStream", payload, kind=6)
    assert isinstance(event, SendReceived)
    assert sent == []
    assert event.payload["data"] == [data[0], {"t": 1, "v": "2.5"}, *map(Unread, data[2:])]


def test_a_station_is_strict_with_its_csms():
    event, _ = receive(V201, "SetMonitoringLevel", {"severity": "5"}, side=Side.STATION)
    assert isinstance(event, FrameIgnored)


def test_thousands_of_bad_entries_are_given_up():
    payload = {**HEAD, "eventData": [{}] * 20_000 + [EVENT]}
    assert refusal(V201, "NotifyEvent", payload)[0] == "OccurrenceConstraintViolation"
