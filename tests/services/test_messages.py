"""The log of messages: rows out of frames, bounded and redacted; finding and exporting."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from diagnostics import message_log
from diagnostics.message_log import queue
from diagnostics.message_log.entry import Entry, Exchange
from diagnostics.message_log.queue import MessageLog
from diagnostics.models import MessageRecord, TimelineEntry
from diagnostics.services.calls import messages
from diagnostics.services.calls.messages import TROUBLES, Wanted
from tests.services.conftest import make_station

IN, OUT = message_log.FROM_STATION, message_log.TO_STATION


@pytest.fixture
def station(db: None) -> Any:
    return make_station()


def rows(log: MessageLog) -> list[MessageRecord]:
    log.flush()
    return list(MessageRecord.objects.order_by("pk"))


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("space", ["", " "])
def test_each_type_of_frame_becomes_a_row(
    log: MessageLog, station: Any, checked: bool, space: str
) -> None:
    texts = [
        (IN, '[2,"1","NotifyEvent",{"seqNo":0,"a":[{}]}]'),
        (OUT, '[3,"1",{}]'),
        (OUT, '[2,"2","Reset",{"type":"Immediate"}]'),
        (IN, '[4,"2","NotSupported","no","x"]'),
        (IN, '[6,"3","NotifyPeriodicEventStream",{"id":1}]'),
        (IN, '[5,"1","FormatViolation","bad",{"why":1}]'),
    ]
    for direction, text in texts:
        text = text.replace(",", f",{space}") + space
        message_log.record(station, text, direction, connection="c", checked=checked)
    found = [
        (row.message_type, row.message_id, row.action, row.payload, row.outcome)
        for row in rows(log)
    ]
    assert found == [
        (2, "1", "NotifyEvent", {"seqNo": 0, "a": [{}]}, ""),
        (3, "1", "NotifyEvent", {}, "Ok"),
        (2, "2", "Reset", {"type": "Immediate"}, ""),
        (4, "2", "Reset", "x", "NotSupported"),
        (6, "3", "NotifyPeriodicEventStream", {"id": 1}, ""),
        (5, "1", "NotifyEvent", {"why": 1}, "FormatViolation"),
    ]


def test_a_host_may_hand_over_parsed_frames(log: MessageLog, station: Any) -> None:
    message_log.record(station, [2, "1", "Authorize", {"idTag": "04A2"}], IN)
    message_log.record(station, [3, "1", {"idTagInfo": {"status": "Accepted"}}], OUT)
    call, answer = rows(log)
    assert call.payload == {"idTag": "•••"}
    assert (answer.action, answer.outcome) == ("Authorize", "Ok")
    assert answer.latency is not None


@pytest.mark.parametrize(
    "frame",
    ["", "x", "[]", "[2]", "[2,1]", '["a"]', "{}", "[7,1,2]", '[3,"1",{"a":1},{"b":2}]', "[3,null]",
     '[2,"1","A",{"a":NaN}]', '[2,"\x00","A",{"a":"\x00"}]', '[2,"\\u0000","A",{"\\ud800":1}]',
     "[" * 2000, '[2,"1","A",{"a":' + "[" * 100 + "]" * 100 + "}]", '[2,"1","A",{"a":1e999}]'],
)  # fmt: skip
@pytest.mark.parametrize("checked", [True, False])
def test_any_text_is_taken(log: MessageLog, station: Any, frame: str, checked: bool) -> None:
    message_log.record(station, frame, IN)
    message_log.record(station, '[2,"9","Reset",{}]', OUT)
    assert [row.action for row in rows(log)][-1] == "Reset"
    assert log.dropped == 0


def test_an_answer_with_too_many_elements_is_read_as_far_as_it_goes(
    log: MessageLog, station: Any
) -> None:
    message_log.record(station, '[3,"1",{"a":1},{"b":2}]', IN, checked=True)
    assert [row.payload for row in rows(log)] == [{"a": 1}]


@pytest.mark.parametrize("poison", ["\ud800", "a\x00b"])
def test_one_row_that_cannot_be_kept_costs_no_other(
    log: MessageLog, station: Any, poison: str
) -> None:
    for number in range(5):
        text = f'[2,"{number}","{poison if number == 3 else "Reset"}",{{}}]'
        message_log.record(station, text, OUT, checked=True)
    assert len(rows(log)) >= 4
    assert log.dropped == 0


def test_a_payload_that_the_database_cannot_read_is_kept_all_the_same(
    log: MessageLog, station: Any
) -> None:
    texts = [f'[2,"1","A",{{"a":0.{"0" * 20_000}1}}]', '[2,"2","A",{"a":1},{"b":2}]']
    for text in (*texts, '[2,"3","A",{}]'):
        message_log.record(station, text, IN, checked=True)
    first, second, third = rows(log)
    assert set(first.payload) == {"a"}
    assert (second.payload, second.text) == (None, '{"a":1},{"b":2}')
    assert third.payload == {}


def test_a_host_cannot_break_it(log: MessageLog, station: Any) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    message_log.record(station, deep, IN, description="a\x00\ud800")
    message_log.record(station, "\ud800 {", IN)
    message_log.record(station, [2, "1", "A", {"at": timezone.now()}], IN)
    assert [row.action for row in rows(log)] == ["", "", "A"]
    assert log.dropped == 0


def test_a_frame_that_is_too_long_leaves_its_beginning(log: MessageLog, station: Any) -> None:
    data = "x" * message_log.LONGEST_KEPT
    message_log.record(station, f'[2,"1","DataTransfer",{{"data":"{data}"}}]', IN, checked=True)
    (row,) = rows(log)
    assert row.size > message_log.LONGEST_KEPT
    assert row.text.startswith('[2,"1","DataTransfer"')
    assert len(row.text) == message_log.LONGEST_TEXT


def test_actions_may_be_left_out_and_their_errors_stay(log: MessageLog, station: Any) -> None:
    for number, answer in enumerate(('[3,"{}",{{}}]', '[4,"{}","InternalError","",{{}}]')):
        message_log.record(station, f'[2,"{number}","MeterValues",{{}}]', IN)
        message_log.record(station, answer.format(number), OUT)
    assert [(row.action, row.outcome) for row in rows(log)] == [("MeterValues", "InternalError")]


def test_the_log_may_be_off(log: MessageLog, station: Any) -> None:
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "MESSAGE_LOG": False}):
        message_log.record(station, '[2,"1","Reset",{}]', OUT)
    assert rows(log) == []


def test_the_oldest_go_when_the_database_does_not_follow(
    log: MessageLog, station: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_FRAMES", 3)
    for number in range(5):
        message_log.record(station, f'[2,"{number}","Reset",{{}}]', OUT)
    assert log.dropped == 2
    assert [row.message_id for row in rows(log)] == ["2", "3", "4"]


def test_rows_that_cannot_be_written_are_counted_and_harm_nobody(station: Any) -> None:
    log = MessageLog()
    entry = Entry(object(), "", IN, time.time(), 1, '[2,"1","A",{}]', "", "", True)
    log._write([entry])
    assert log.dropped == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_ended_costs_the_log_nothing(log: MessageLog) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a file does not hang up")
    station = make_station()
    assert rows(log) == []
    connection.connection.close()
    message_log.record(station, '[2,"1","Reset",{}]', OUT)
    assert [row.message_id for row in rows(log)] == ["1"]


@pytest.fixture
def some(log: MessageLog, station: Any) -> Iterator[Any]:
    for number in range(3):
        message_log.record(station, f'[2,"i{number}","Reset",{{"type":"T{number}"}}]', OUT)
        message_log.record(station, f'[4,"i{number}","InternalError","Oh {number}",{{}}]', IN)
    message_log.record(make_station("CS-2"), '[2,"i1","Reset",{"type":"T1"}]', OUT)
    log.flush()
    return station


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 6),
        (Wanted(text="i1"), 2),
        (Wanted(text="reset"), 6),
        (Wanted(text="T2"), 1),
        (Wanted(text="oh 2"), 1),
        (Wanted(text="nothing"), 0),
        (Wanted(direction=IN), 3),
        (Wanted(action="Reset", outcome=TROUBLES), 3),
        (Wanted(outcome="InternalError", text="i0"), 1),
        (Wanted(outcome="Ok"), 0),
        (Wanted(since=timezone.now() + timedelta(hours=1)), 0),
    ],
)
def test_messages_of_one_station_are_found(some: Any, wanted: Wanted, count: int) -> None:
    assert messages.find_messages(some, wanted).count() == count


def test_an_export_is_recorded(some: Any, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("u")
    lines = list(messages.export_messages(some, Wanted(direction=OUT), exported_by=user))
    assert [line["message_id"] for line in lines] == ["i2", "i1", "i0"]
    assert lines[0]["payload"] == {"type": "T2"}
    entry = TimelineEntry.objects.get(kind="messages.exported")
    assert (entry.user, entry.source) == (user, "Operator")


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","NotifyEvent",{"seqNo":0,"a":[{}]}]',
        ' [ 2, "1", "NotifyEvent", {"a": "}"} ] ',
        '[2,"1","NotifyEvent",{"idToken":"04A2B3C4"}]',
        '[2,"1","NotifyEvent",{"a":"back\\\\slash \\u00e9"}]',
        '[2,"1","Heartbeat",{}]',
    ],
)
def test_a_call_with_its_answer_is_logged_as_two_frames(
    log: MessageLog, station: Any, text: str
) -> None:
    def told() -> list[dict[str, Any]]:
        found = [row.as_json() for row in rows(log)]
        MessageRecord.objects.all().delete()
        return [{**each, "at": 0, "latency": bool(each.get("latency"))} for each in found]

    action = json.loads(text)[2]
    message_log.record(station, text, IN, connection="c", checked=True)
    message_log.record(station, '[3,"1",{}]', OUT, connection="c", checked=True)
    one_by_one = told()
    at = time.time()
    message_log.put_exchange(
        Exchange(station.pk, "c", at, text, "1", action, at + 0.5, '[3,"1",{}]')
    )
    assert told() == one_by_one


def test_a_refusal_of_our_answer_is_named_by_the_call_that_was_logged_with_it(
    log: MessageLog, station: Any
) -> None:
    """CALLRESULTERROR (2.1) comes after the answer, and says nothing but its id."""
    at = time.time()
    call = '[2,"1","NotifyEvent",{"a":1}]'
    message_log.put_exchange(
        Exchange(station.pk, "c", at, call, "1", "NotifyEvent", at + 0.5, '[3,"1",{}]')
    )
    message_log.record(station, '[5,"1","FormatViolation","",{}]', IN, connection="c")
    *_, refusal = rows(log)
    assert (refusal.action, refusal.outcome) == ("NotifyEvent", "FormatViolation")
