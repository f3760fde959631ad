"""Timeline entries as lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import diagnostics
from diagnostics.models import TimelineEntry
from diagnostics.wording import entry_sentence
from diagnostics.wording.entries import SENTENCES

APP = Path(diagnostics.__file__).parent
TOPICS = sorted({kind.partition(".")[0] for kind in SENTENCES})
KIND = re.compile(rf'"((?:{"|".join(TOPICS)})\.[a-z_]+)"')


def test_every_kind_that_is_noted_has_a_sentence_and_every_sentence_a_use() -> None:
    noted = {
        kind for file in (APP / "services").rglob("*.py") for kind in KIND.findall(file.read_text())
    }
    assert noted == set(SENTENCES)


@pytest.mark.parametrize(
    ("kind", "data", "line"),
    [
        ("log.status", {"status": "Uploading"}, "Says Uploading"),
        (
            "log.status",
            {"status": "BadMessage", "reason": "RedirectNotAllowed"},
            "Says BadMessage: RedirectNotAllowed",
        ),
        ("log.answered", {"status": "Accepted", "filename": "a.zip"}, "Answered Accepted: a.zip"),
        (
            "upload.partial",
            {"name": "a.zip", "size": 1024, "declared": 4096},
            "A part of a file arrived: a.zip, 1.0 KB, announced as 4.0 KB",
        ),
        (
            "log.asked_again",
            {"legacy": True},
            "Put into the queue again: with GetDiagnostics this time",
        ),
        ("station.booted", {}, "Booted"),
        (
            "station.booted",
            {"reason": "PowerUp", "firmware": "3.8.2"},
            "Booted: PowerUp, firmware 3.8.2",
        ),
        ("station.connected", {"version": "2.0.1"}, "Connected: OCPP 2.0.1"),
        ("log.requested", {"log_type": "SecurityLog"}, "Security log requested"),
        (
            "report.settled",
            {"report": "FullInventory #3", "status": "Complete"},
            "Report Everything the station has #3: Complete",
        ),
        ("report.requested", {"report": "Monitoring #4"}, "Report requested: Monitoring report #4"),
        ("log.superseded", {"by": 7}, "Canceled by the station for request #7"),
        ("log.status", {}, "Says ?"),
        ("made.up", {"status": "x"}, "made.up"),
    ],
)
def test_an_entry_reads_as_a_line(kind: str, data: dict[str, object], line: str) -> None:
    assert entry_sentence(TimelineEntry(kind=kind, data=data)) == line


def test_a_stations_words_are_no_format_string() -> None:
    entry = TimelineEntry(kind="log.status", data={"status": "%(secret)s %s {x}"})
    assert entry_sentence(entry) == "Says %(secret)s %s {x}"
