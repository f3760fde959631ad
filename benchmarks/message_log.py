"""What recording a message costs beside reading it: `python -m benchmarks.message_log`.

Interleaved rounds of `message_log.record` and of `Connection.receive_text` with the same frames;
the table has medians in microseconds. "rows" is what the writer's thread does for one frame before
the database. Nothing is written: no server is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from statistics import median
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.figures import number, table  # noqa: E402
from diagnostics import message_log  # noqa: E402
from diagnostics.message_log.queue import MessageLog  # noqa: E402
from diagnostics.message_log.rows import Scribe  # noqa: E402
from diagnostics.ocpp.connection import Connection  # noqa: E402
from diagnostics.ocpp.versions import OcppVersion  # noqa: E402

FRAMES = 2_000
NOW = "2026-03-02T08:00:00Z"
EVENT = {
    "eventId": 7, "timestamp": NOW, "trigger": "Delta", "actualValue": "41.5",
    "eventNotificationType": "CustomMonitor", "variableMonitoringId": 7,
    "component": {"name": "ChargingStation", "evse": {"id": 1, "connectorId": 1}},
    "variable": {"name": "Temperature", "instance": "Inlet"},
}  # fmt: skip
MESSAGES: dict[str, tuple[str, Any]] = {
    "StatusNotification": (
        "StatusNotification",
        {"timestamp": NOW, "connectorStatus": "Faulted", "evseId": 2, "connectorId": 1},
    ),
    "NotifyEvent, 1 event": (
        "NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [EVENT]}
    ),
    "NotifyEvent, 10 events": (
        "NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [EVENT] * 10}
    ),
    "Authorize (redacted)": (
        "Authorize", {"idToken": {"idToken": "04A2B3C4D5E680", "type": "ISO14443"}}
    ),
}  # fmt: skip


def timed(work: Callable[..., object], *arguments: Any) -> float:
    """Microseconds for one of FRAMES frames."""
    started = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - started) / FRAMES * 1e6


def read(texts: list[str]) -> None:
    connection = Connection(OcppVersion.V201)
    for text in texts:
        connection.receive_text(text, 0.0)


def record(texts: list[str]) -> None:
    station = SimpleNamespace(pk=1)
    for text in texts:
        message_log.record(station, text, message_log.FROM_STATION, checked=True)


class Unwritten(MessageLog):
    """What is queued stays there."""

    def _start(self) -> None:
        pass


def measured(action: str, payload: Any, rounds: int) -> tuple[float, float, float]:
    """Medians for reading, recording, and making rows of, the same frames."""
    found: list[tuple[float, float, float]] = []
    for turn in range(rounds):
        texts = [json.dumps([2, f"{turn}-{n}", action, payload]) for n in range(FRAMES)]
        message_log.LOG = log = Unwritten()
        seconds = timed(read, texts), timed(record, texts)
        found.append((*seconds, timed(Scribe().rows, log._take())))
    reads, records, writes = zip(*found, strict=True)
    return median(reads), median(records), median(writes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="medians are taken over these")
    rounds = parser.parse_args().rounds
    rows = []
    for name, (action, payload) in MESSAGES.items():
        read, recorded, written = measured(action, payload, rounds)
        rows.append(
            [name, number(read), number(recorded), f"{recorded / read:.2f}", number(written)]
        )
    print(table(["frame", "receive_text µs", "record µs", "ratio", "rows µs"], rows))


if __name__ == "__main__":
    main()
