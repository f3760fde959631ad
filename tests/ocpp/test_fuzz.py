"""No text makes a connection raise, answer nonsense, or hand on what cannot be stored."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.connection import Connection, Side
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.events import CallReceived, Event, SendReceived
from diagnostics.ocpp.inspection import NOTHING_SPARED
from diagnostics.ocpp.lenient import LENIENT, SPARED
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.ocpp.unread import Unread
from diagnostics.ocpp.versions import OcppVersion
from tests.ocpp.dialogue import DIALOGUES

each_end = pytest.mark.parametrize(
    ("version", "side"), [(version, side) for version in OcppVersion for side in Side]
)
fuzz = settings(max_examples=80, deadline=None)  # for each version and side

TEXTS = [
    (dialogue.version, line.text, line.frame) for dialogue in DIALOGUES for line in dialogue.lines
]
ACTIONS = sorted({name for version in OcppVersion for name in schemas_of(version).actions})

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=60)
    | st.sampled_from(["2027-01-01T00:00:00Z", "Idle", "true", "7", "\ud800", "\x00", "x" * 600])
)
names = st.sampled_from(["status", "requestId", "seqNo", "id", "customData"]) | st.text(max_size=9)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
frames = st.tuples(
    st.integers(-1, 9) | scalars,
    st.sampled_from(["a", "b"]) | scalars,
    st.sampled_from(ACTIONS) | scalars,
    values,
) | st.lists(values, max_size=7)


def feed(connection: Connection, text: str) -> list[Event]:
    """Feed a text, answer what it asks, and check all that comes out."""
    events = connection.receive_text(text, 1.0)
    assert len(events) <= 1
    for event in events:
        # It can be logged and stored: UTF-8, and JSON where it is JSON.
        repr(event).encode()
        if isinstance(event, CallReceived | SendReceived):
            json.dumps(event.payload, allow_nan=False, ensure_ascii=False, default=came).encode()
            read_with_codec(connection.version, event)
        if isinstance(event, CallReceived) and connection.side is Side.CSMS:
            answer(connection, event)
    for reply in connection.data_to_send():
        reply.encode("ascii")
        assert json.loads(reply)[0] in (3, 4, 5)
    assert connection.expire(2.0) == []
    return events


def came(entry: Unread) -> Any:
    """Give what stands in a list as it came: nothing else is new in a payload."""
    return entry.value


def answer(connection: Connection, event: CallReceived) -> None:
    try:
        payload = codec_for(connection.version).default_answer(event.action, event.payload)
        connection.answer(event.message_id, payload)
    except OcppError as error:
        connection.refuse(event.message_id, error)


def read_with_codec(version: OcppVersion, event: CallReceived | SendReceived) -> None:
    """No decoder raises, whatever the payload."""
    codec = codec_for(version)
    repr(codec.decode_boot(event.payload)).encode()
    repr(codec.decode_connector_status(event.payload)).encode()
    repr(codec.decode_security_event(event.payload)).encode()
    repr(codec.decode_log_status(event.action, event.payload)).encode()
    repr(codec.decode_log_answer("GetDiagnostics", event.payload)).encode()


def check_alive(connection: Connection) -> None:
    action = "Heartbeat" if connection.side is Side.CSMS else "ClearCache"
    events = connection.receive_text(f'[2,"still here","{action}",{{}}]', 3.0)
    assert [type(event) for event in events] == [CallReceived]


@each_end
@fuzz
@given(text=st.text(st.characters(), max_size=200))
def test_any_text_is_survived(version, side, text):
    connection = Connection(version, side=side)
    feed(connection, text)
    check_alive(connection)


@each_end
@fuzz
@given(frame=frames)
def test_any_json_is_survived(version, side, frame):
    connection = Connection(version, side=side)
    text = json.dumps(frame)
    feed(connection, text)
    feed(connection, text)
    check_alive(connection)


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[OcppVersion, str]:
    """A real frame with a piece taken out, put in twice, or overwritten."""
    version, text, _ = draw(st.sampled_from(TEXTS))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    middle = draw(
        st.sampled_from(["", text[start:end] * 2, "null", "{}", "[", '"', "1e999", "\\ud800", "\0"])
    )
    return version, text[:start] + middle + text[end:]


@pytest.mark.parametrize("side", Side)
@settings(max_examples=250, deadline=None)
@given(cut=cut_texts())
def test_real_frames_with_damage_are_survived(side, cut):
    version, text = cut
    connection = Connection(version, side=side)
    feed(connection, text)
    check_alive(connection)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """List the paths of all that is inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, child in inner:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found.extend(places(child, (*path, key)))
    return found


@st.composite
def changed_frames(draw: st.DrawFn) -> tuple[OcppVersion, list]:
    """A real frame, some of whose values are replaced, removed or renamed."""
    version, text, _ = draw(st.sampled_from(TEXTS))
    frame = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        *path, key = draw(st.sampled_from(places(frame) or [(0,)]))
        parent = frame
        for part in path:
            parent = parent[part]
        change = draw(st.sampled_from(["replace", "remove", "rename"]))
        if not parent:
            continue
        if change == "replace":
            parent[key] = draw(values)
        elif change == "remove":
            del parent[key]
        elif isinstance(parent, dict):
            parent["renamed"] = parent.pop(key)
    return version, frame


@pytest.mark.parametrize("side", Side)
@settings(max_examples=250, deadline=None)
@given(changed=changed_frames())
def test_real_frames_with_changes_are_survived(side, changed):
    version, frame = changed
    connection = Connection(version, side=side)
    (event,) = feed(connection, json.dumps(frame))
    check_alive(connection)
    if isinstance(event, CallReceived | SendReceived):
        schema = schemas_of(version).request(event.action)
        assert event.violations or schema.fits(event.payload)
        # What is let in has all its types, and all that is required but for what is spared.
        if event.action in LENIENT and event.violations:
            spared = SPARED.get(event.action, NOTHING_SPARED)
            for violation in schema.inspect(without_unread(event.payload))[1]:
                name = violation.path.rpartition(".")[2]
                kind = violation.keyword
                assert kind != "type" or name in spared.texts
                assert kind != "required" or name in spared.missing


def without_unread(value: Any) -> Any:
    """Copy a delivered payload without the entries that stand as they came."""
    if isinstance(value, dict):
        return {name: without_unread(child) for name, child in value.items()}
    if isinstance(value, list):
        return [without_unread(child) for child in value if not isinstance(child, Unread)]
    return value


@settings(max_examples=300, deadline=None)
@given(changed=changed_frames())
def test_the_slow_look_agrees_with_the_validator(changed):
    version, frame = changed
    payload = json.loads(json.dumps(frame[-1])) if frame and "Infinity" not in str(frame) else {}
    for action in schemas_of(version).actions.intersection(map(str, frame)):
        schema = schemas_of(version).request(action)
        if isinstance(payload, dict):
            # "syntax" alone: the walk found nothing, whatever the reason to walk was.
            found = [violation.keyword for violation in schema.inspect(payload)[1]] != ["syntax"]
            assert schema.fits(payload) is not found
