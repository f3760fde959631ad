"""Dialogues as text files: ``<`` is what the station says, ``>`` what the CSMS says."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostics.ocpp.versions import OcppVersion

FOLDER = Path(__file__).parent / "dialogues"


@dataclass(frozen=True)
class Line:
    by_station: bool
    text: str

    @property
    def frame(self) -> list[Any]:
        return json.loads(self.text)


@dataclass(frozen=True)
class Dialogue:
    name: str
    version: OcppVersion
    lines: list[Line]

    def action_of(self, line: Line) -> str:
        """Return the action of a call, or of the call that an answer belongs to."""
        if line.frame[0] in (2, 6):
            return line.frame[2]
        calls = [other.frame for other in self.lines if other.by_station != line.by_station]
        return next(call[2] for call in calls if call[0] == 2 and call[1] == line.frame[1])


def read_dialogue(path: Path) -> Dialogue:
    header, *rest = path.read_text().splitlines()
    version = re.match(r"# OCPP ([0-9.]+?)[: ]", header)
    assert version, header
    lines = [Line(line[0] == "<", line[2:]) for line in rest if line]
    return Dialogue(path.stem, OcppVersion(version[1]), lines)


DIALOGUES = [read_dialogue(path) for path in sorted(FOLDER.glob("*.txt"))]
