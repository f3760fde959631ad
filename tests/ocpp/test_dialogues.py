"""Whole conversations, played once from each end."""

import pytest

from diagnostics.ocpp.connection import Connection, Side
from diagnostics.ocpp.errors import OcppError, parse_error_code
from diagnostics.ocpp.events import (
    CallAnswered,
    CallReceived,
    CallRefused,
    Event,
    FrameIgnored,
    SendReceived,
)
from diagnostics.ocpp.schemas import validate_call, validate_result
from tests.ocpp.dialogue import DIALOGUES, Dialogue, Line

#: Calls that are wrong on purpose.
WRONG = {"bad-1", "bad-2", "bad-3"}
EXPECTED = {3: CallAnswered, 4: CallRefused, 6: SendReceived}

each_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda found: found.name)


def say(connection: Connection, line: Line) -> None:
    """Have our end say a line, unless the connection says it by itself."""
    kind, message_id, *rest = line.frame
    if kind == 2:
        connection.send_call(message_id, *rest, now=0.0)
    elif kind == 3:
        connection.answer(message_id, rest[0])
    elif kind == 6:
        connection.send(message_id, *rest)
    elif message_id not in WRONG:
        code = parse_error_code(rest[0])
        assert code is not None
        connection.refuse(message_id, OcppError(code, *rest[1:]))


def spelled_alike(frame: list) -> list:
    return [*frame[:2], parse_error_code(frame[2]), *frame[3:]] if frame[0] == 4 else frame


def play(dialogue: Dialogue, connection: Connection) -> list[tuple[Line, list[Event]]]:
    """Play one end; return what was heard and what was reported about it."""
    heard = []
    for line in dialogue.lines:
        if line.by_station == (connection.side is Side.CSMS):
            heard.append((line, connection.receive_text(line.text, 0.0)))
        else:
            say(connection, line)
            (text,) = connection.data_to_send()
            said = Line(line.by_station, text)
            assert spelled_alike(said.frame) == spelled_alike(line.frame)
    assert connection.data_to_send() == []
    assert connection.close() == []
    return heard


@each_dialogue
@pytest.mark.parametrize("side", Side)
def test_each_end_understands_the_other(dialogue, side):
    connection = Connection(dialogue.version, side=side, validate_sent=side is Side.CSMS)
    for line, events in play(dialogue, connection):
        (event,) = events
        kind, message_id = line.frame[:2]
        if message_id in WRONG and kind == 2:
            assert isinstance(event, FrameIgnored)
            continue
        assert isinstance(event, EXPECTED.get(kind, CallReceived))
        assert (event.message_id, event.action) == (message_id, dialogue.action_of(line))
        if not isinstance(event, CallRefused):
            assert event.payload == line.frame[-1]
            assert not getattr(event, "violations", ())


@each_dialogue
def test_every_payload_fits_its_schema(dialogue):
    for line in dialogue.lines:
        kind, message_id = line.frame[:2]
        if kind in (2, 6) and message_id not in WRONG:
            validate_call(dialogue.version, line.frame[2], line.frame[3])
        elif kind == 3:
            validate_result(dialogue.version, dialogue.action_of(line), line.frame[2])


@each_dialogue
def test_every_call_is_answered_once_by_the_other_end(dialogue):
    calls = [(not line.by_station, line.frame[1]) for line in dialogue.lines if line.frame[0] == 2]
    answers = [
        (line.by_station, line.frame[1]) for line in dialogue.lines if line.frame[0] in (3, 4)
    ]
    assert sorted(calls) == sorted(answers)
    assert len(set(calls)) == len(calls)
