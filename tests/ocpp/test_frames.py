import json

import pytest

from diagnostics.ocpp.errors import MalformedFrame, RpcErrorCode
from diagnostics.ocpp.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Send,
    parse_frame,
    to_text,
)
from diagnostics.ocpp.versions import OcppVersion

V16, V201, V21 = OcppVersion
FRAMES = [
    (Call("a", "Heartbeat", {}), '[2,"a","Heartbeat",{}]'),
    (CallResult("a", {"x": [1.5]}), '[3,"a",{"x":[1.5]}]'),
    (CallError("a", "GenericError", "no", {"k": 1}), '[4,"a","GenericError","no",{"k":1}]'),
    (CallResultError("a", "GenericError"), '[5,"a","GenericError","",{}]'),
    (Send("a", "NotifyPeriodicEventStream", {}), '[6,"a","NotifyPeriodicEventStream",{}]'),
]


@pytest.mark.parametrize(("frame", "text"), FRAMES)
def test_a_frame_is_its_text(frame, text):
    assert to_text(frame, V21) == text
    assert parse_frame(text, V21) == frame


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize(("frame", "text"), FRAMES[3:])
def test_the_new_frames_belong_to_21(version, frame, text):
    with pytest.raises(ValueError, match="has no message type"):
        to_text(frame, version)
    with pytest.raises(MalformedFrame, match="not known"):
        parse_frame(text, version)


def test_null_is_the_empty_payload():
    assert parse_frame('[2,"a","Heartbeat",null]', V16) == Call("a", "Heartbeat", {})
    assert parse_frame('[3,"a",null]', V16) == CallResult("a", {})


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[3,"a"]', CallResult("a", {})),
        ('[3,"a",{},1]', CallResult("a", {})),
        ('[4,"a"]', CallError("a", "")),
        ('[4,"a","X"]', CallError("a", "X")),
        ('[4,"a","X",null,null]', CallError("a", "X")),
        ('[4,"a",7,7,7]', CallError("a", "")),
        ('[4,"a","X","why",{"k":1},9]', CallError("a", "X", "why", {"k": 1})),
    ],
)
def test_sloppy_answers_are_read_as_far_as_they_go(text, frame):
    assert parse_frame(text, V201) == frame


@pytest.mark.parametrize(
    ("written", "read"),
    [("5.0", 5), ("-0.0", 0), ("1e3", 1000), ("5.25", 5.25), ("1e300", 1e300), ("12", 12)],
)
def test_whole_numbers_are_integers(written, read):
    payload = parse_frame(f'[3,"a",{{"n":{written}}}]', V201).payload
    assert payload == {"n": read}
    assert type(payload["n"]) is type(read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"\ud800", "\ufffd"),
        (r"\udc00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\\ufffd"),
        (r"\uD83D\uDE00\u00e9", "\U0001f600\u00e9"),
        ("\ud800\u00e9", "?\u00e9"),
    ],
)
def test_strings_can_be_stored(written, read):
    payload = parse_frame(f'[3,"a",{{"s":"{written}"}}]', V201).payload
    assert payload == {"s": read}
    payload["s"].encode()


def test_the_last_of_two_equal_keys_counts():
    assert parse_frame('[3,"a",{"s":1,"s":2}]', V16).payload == {"s": 2}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5000])
def test_numbers_that_json_lacks_are_not_json(number):
    with pytest.raises(MalformedFrame, match="not valid JSON"):
        parse_frame(f'[3,"a",{{"n":{number}}}]', V201)


@pytest.mark.parametrize("depth", [70, 500, 100_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nesting_has_a_limit(depth, brackets):
    inner = "[" * depth + "]" * depth
    if brackets == "{}":
        inner = '{"a":' * depth + "1" + "}" * depth
    with pytest.raises(MalformedFrame, match="nested too deep|not valid JSON"):
        parse_frame(f'[2,"a","DataTransfer",{{"vendorId":"v","data":{inner}}}]', V201)


def test_many_brackets_are_fine_when_flat():
    payload = parse_frame(f'[3,"a",{{"n":[{",".join(["[]"] * 500)}]}}]', V201).payload
    assert len(payload["n"]) == 500


def test_what_we_write_is_ascii_and_json():
    text = to_text(CallResult("a", {"s": "\u00e9\ud800"}), V16)
    assert text.isascii()
    assert json.loads(text) == [3, "a", {"s": "\u00e9\ud800"}]
    for foreign in (float("nan"), object()):
        with pytest.raises(ValueError, match="JSON"):
            to_text(CallResult("a", {"n": foreign}), V16)


@pytest.mark.parametrize(
    "text", ["[3,5,{}]", "[4,null]", '[5,["a"]]', '[6,"a"]', '[6,"a",1,{}]', '[6,{},"X",{}]']
)
def test_nothing_is_answered_to_a_broken_answer_or_send(text):
    with pytest.raises(MalformedFrame) as caught:
        parse_frame(text, V21)
    assert caught.value.code is None


def test_a_malformed_frame_says_what_to_answer():
    with pytest.raises(MalformedFrame) as caught:
        parse_frame('[2,7,"Heartbeat",{}]', V201)
    assert (caught.value.code, caught.value.message_id) == (RpcErrorCode.RPC_FRAMEWORK_ERROR, 7)
    assert caught.value.reason == "the message id is not a string"
