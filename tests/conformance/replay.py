"""Dialogues from text files, with the station's lines sent to the running project by hand.

A file has a line per frame: ``<`` says the station, ``>`` the project is to say. A call of the
project after ``>`` is asked for with the service an operator's page uses, after ``>>`` with
`place_call`. ``PUT ADDRESS NAME`` has the station upload a file. What the project makes up (message
ids, request ids, addresses, the time) need not be the same as in the file: it stands for it from
then on. A call that follows from an earlier one by itself stands after ``>=``.
"""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection

from diagnostics.services import calls
from diagnostics.services.calls import delivery
from stations.models import ChargingStation
from tests.conformance.asking import SERVICES
from tests.servers.processes import PATIENCE

FOLDER = Path(__file__).parent / "dialogues"

#: What the project makes up itself.
OWN = frozenset({"location", "remoteLocation", "requestId", "transactionId", "currentTime"})

#: Longest word of ours that a station refuses with.
_NOT_WANTED = "not in this dialogue"


@dataclass(frozen=True)
class Line:
    """One line of a file; `mark` is what stands before the text."""

    mark: str
    text: str


@dataclass(frozen=True)
class Dialogue:
    """A file: its name, the subprotocol, and its lines in order."""

    name: str
    subprotocol: str
    lines: tuple[Line, ...]


def read_dialogue(path: Path) -> Dialogue:
    """Read one file."""
    header, *rest = path.read_text().splitlines()
    version = re.match(r"# OCPP ([\d.]+)[: ]", header)
    assert version, header
    lines = tuple(Line(*line.split(" ", 1)) for line in rest if line)
    return Dialogue(path.stem, f"ocpp{version[1]}", lines)


DIALOGUES = [read_dialogue(path) for path in sorted(FOLDER.glob("*.txt"))]


class Replay:
    """Plays dialogues over one socket; `unasked` are calls of the project that no line has."""

    def __init__(self, connection: ClientConnection, station: ChargingStation) -> None:
        self._connection = connection
        self._station = station
        self._same: dict[Any, Any] = {}
        self._said: list[list[Any]] = []
        self._calls: list[list[Any]] = []

    def play(self, dialogue: Dialogue) -> None:
        """Say and hear every line; fails the test at the first that is another one."""
        for line in dialogue.lines:
            if line.mark == "<":
                self._connection.send(self._as_meant(line.text))
            elif line.mark == "PUT":
                self._upload(*line.text.split())
            else:
                self._expect(json.loads(line.text), line.mark)

    def unasked(self) -> list[str]:
        """The actions of what the project has sent without being asked to, so far."""
        return [frame[2] for frame in self._calls]

    def hears_nothing_more(self, seconds: float = 0.3) -> bool:
        """Whether the project keeps quiet for a while, but for calls of its own."""
        try:
            self._receive(seconds)
        except TimeoutError:
            return not self._said
        return False

    def _as_meant(self, text: str) -> str:
        try:
            return json.dumps(self._translated(json.loads(text)))
        except ValueError:
            return text

    def _translated(self, value: Any) -> Any:
        """The file's words with what the project has made up in their place."""
        if isinstance(value, dict):
            return {key: self._meant(key, one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._translated(one) for one in value]
        return self._same.get(("id", value), value) if isinstance(value, str) else value

    def _meant(self, key: str, value: Any) -> Any:
        known = self._same.get((key, value)) if key in OWN else None
        return self._translated(value) if known is None else known

    def _expect(self, wanted: list[Any], mark: str) -> None:
        if wanted[0] != 2:
            self._compare(self._next_answer(), wanted)
            return
        _, message_id, action, payload = wanted
        if mark == ">>":
            calls.place_call(station=self._station, action=action, payload=payload)
        elif mark == ">":
            SERVICES[action](self._station, payload)
        delivery.ring_waiting()
        heard = self._next_call(action)
        self._same["id", message_id] = heard[1]
        self._compare(heard, [2, heard[1], action, payload])

    def _compare(self, heard: Any, wanted: Any, key: str = "") -> None:
        if key in OWN:
            assert type(heard) is type(wanted), f"{key}: {heard}"
            self._same[key, wanted] = heard
        elif isinstance(wanted, dict) and isinstance(heard, dict):
            assert heard.keys() == wanted.keys()
            for name, value in wanted.items():
                self._compare(heard[name], value, name)
        elif isinstance(wanted, list) and isinstance(heard, list):
            assert len(heard) == len(wanted), heard
            for one, other in zip(heard, wanted, strict=True):
                self._compare(one, other)
        else:
            assert heard == wanted

    def _upload(self, address: str, name: str) -> None:
        known = (self._same.get((key, address)) for key in ("remoteLocation", "location"))
        url = next(found for found in known if found)
        request = urllib.request.Request(url + name, data=b"08:00 fan 1 stalled\n", method="PUT")
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            assert response.status == 200

    def _next_answer(self) -> list[Any]:
        while not self._said:
            self._receive(PATIENCE)
        return self._said.pop(0)

    def _next_call(self, action: str) -> list[Any]:
        """The call that was asked for; others are refused, so that it gets its turn."""
        while True:
            for frame in self._calls:
                if frame[2] == action:
                    self._calls.remove(frame)
                    return frame
            self._receive(PATIENCE, wanted=action)

    def _receive(self, timeout: float, wanted: str = "") -> None:
        frame = json.loads(self._connection.recv(timeout=timeout))
        if frame[0] != 2:
            self._said.append(frame)
            return
        self._calls.append(frame)
        if frame[2] != wanted:
            self._connection.send(json.dumps([4, frame[1], "NotSupported", _NOT_WANTED, {}]))
