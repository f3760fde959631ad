"""The frames of the most used OCPP package and ours are the same."""

import json

import pytest
from ocpp import messages as peer

from diagnostics.ocpp.errors import RpcErrorCode
from diagnostics.ocpp.frames import Call, CallError, CallResult, parse_frame, to_text
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.ocpp.versions import OcppVersion
from tests.ocpp.dialogue import DIALOGUES

LINES = [
    (dialogue, line) for dialogue in DIALOGUES for line in dialogue.lines if line.frame[0] in (2, 3)
]
each_line = pytest.mark.parametrize(
    ("dialogue", "line"), LINES, ids=[f"{d.name}-{line.frame[1]}" for d, line in LINES]
)


@each_line
def test_what_we_write_the_peer_reads_and_the_other_way_round(dialogue, line):
    ours = parse_frame(line.text, dialogue.version)
    theirs = peer.unpack(to_text(ours, dialogue.version))
    assert (theirs.unique_id, theirs.payload) == (ours.message_id, ours.payload)
    assert parse_frame(peer.pack(theirs), dialogue.version) == ours


@each_line
def test_we_agree_on_what_is_valid(dialogue, line):
    kind, action = line.frame[0], dialogue.action_of(line)
    if action not in schemas_of(dialogue.version).actions:
        return
    theirs = peer.get_validator(kind, action, str(dialogue.version))
    schemas = schemas_of(dialogue.version)
    ours = schemas.request(action) if kind == 2 else schemas.result(action)
    assert ours.fits(line.frame[-1]) is theirs.is_valid(line.frame[-1])


def test_errors_are_packed_alike():
    text = peer.CallError("a", "GenericError", "no", {"k": 1}).to_json()
    assert parse_frame(text, OcppVersion.V16) == CallError("a", "GenericError", "no", {"k": 1})
    assert json.loads(text) == json.loads(
        to_text(CallError("a", RpcErrorCode.GENERIC_ERROR, "no", {"k": 1}), OcppVersion.V16)
    )
    assert isinstance(peer.unpack(to_text(Call("a", "Heartbeat", {}), OcppVersion.V16)), peer.Call)
    assert peer.pack(peer.CallResult("a", {})) == to_text(CallResult("a", {}), OcppVersion.V16)
