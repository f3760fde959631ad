"""docs/protocol.md says what the code does with odd input, and what it answers by default."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.connection import Connection
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.lenient import LENIENT
from diagnostics.ocpp.schemas import sent_by_station
from diagnostics.ocpp.versions import OcppVersion
from tests.docs.pages import DOCS, section

PAGE = DOCS / "protocol.md"

# Row of the table -> texts that it is about.
ODD_FRAMES = {
    "not JSON, or no array, or an empty one": ["oops", "{}", "[]"],
    "a message type that the version lacks": ['[9,"a","b",{}]', '[0,"a"]'],
    "a CALL whose id is too long or no string": [
        f'[2,"{"x" * 37}","Heartbeat",{{}}]',
        '[2,7,"Heartbeat",{}]',
    ],
    "a CALL whose id cannot be read": ['[2,null,"Heartbeat",{}]', '[2,[],"Heartbeat",{}]'],
    "a CALL with too few or too many elements": ['[2,"a","Heartbeat"]', '[2,"a","b",{},1]'],
    "an action that the version lacks": ['[2,"a","Sing",{}]'],
    "an action that only we may send": ['[2,"a","GetLog",{}]'],
}
BROKEN_PAYLOADS = {
    "something required is missing, a list is too short or too long": "{}",
    "the wrong type": '{"vendorId":5}',
    "a property that the message does not have, or no object at all": '{"vendorId":"v","x":1}',
    "a value that is not allowed": '{"vendorId":"%s"}' % ("v" * 256),
}


def _rows(heading: str) -> list[list[str]]:
    lines = [line for line in section(PAGE, heading).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def _reaction(version: OcppVersion, text: str) -> str:
    """How the table puts what a CSMS does with a text."""
    connection = Connection(version)
    connection.receive_text(text, 0)
    answers = [json.loads(answer) for answer in connection.data_to_send()]
    if not answers:
        return "ignored"
    return f"`{answers[0][2]}`" + (" with id `-1`" if answers[0][1] == "-1" else "")


@pytest.mark.parametrize("row", ODD_FRAMES)
def test_odd_frames_get_what_the_table_says(row: str) -> None:
    cells = {cells[0]: cells[1:] for cells in _rows("Odd frames")}[row]
    for version, cell in zip(OcppVersion, cells, strict=True):
        told = (cells[1] if cell == "as 2.0.1" else cell).removesuffix(" with that id")
        assert {_reaction(version, text) for text in ODD_FRAMES[row]} == {told}


@pytest.mark.parametrize("row", BROKEN_PAYLOADS)
def test_broken_payloads_get_the_code_of_the_table(row: str) -> None:
    codes = {cells[0]: cells[1] for cells in _rows("Broken payloads")}
    text = f'[2,"a","DataTransfer",{BROKEN_PAYLOADS[row]}]'
    assert _reaction(OcppVersion.V201, text) == codes[row]


def test_messages_let_in_although_broken_are_all_named() -> None:
    text = section(PAGE, "Broken payloads").partition("let in this way:")[2]
    assert set(re.findall(r"\w+", text.partition(".")[0])) == LENIENT


def _told(version: OcppVersion) -> dict[str, str]:
    """Action -> what the page says is answered."""
    text = section(PAGE, "Default answers")
    ours, other = text.split("| 1.6 |")
    rows = (other if version is OcppVersion.V16 else ours).splitlines()
    table = [line.strip("| ").split(" | ") for line in rows if line.startswith("| ")]
    return {action: answer for name, answer in table for action in re.findall(r"[A-Z]\w+\w", name)}


def _is_answered(told: str, answer: dict[str, Any]) -> bool:
    if told == "empty":
        return answer == {}
    word = re.search(r"`(\w+)`", told)
    assert word, told
    expected = "Accepted" if word[1] == "ID_TOKEN_STATUS" else word[1]
    return f'"{expected}"' in json.dumps(answer)


@pytest.mark.parametrize("version", OcppVersion)
def test_default_answers_are_those_of_the_tables(version: OcppVersion) -> None:
    codec, told = codec_for(version), _told(version)
    ours = sent_by_station(version) - {"BootNotification", "Heartbeat"}
    payload = {"idTag": "a", "idToken": {"idToken": "a", "type": "Central"}, "vatNumber": "v"}
    wrong = []
    for action in sorted(ours):
        try:
            answer = codec.default_answer(action, payload)
        except OcppError as error:
            answer = {"refused": error.code}
        if not _is_answered(told.get(action, "empty"), answer):
            wrong.append((action, answer))
    assert wrong == []
