"""A log, from the service's call to the file, in a CSMS that is not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from csms.models import ChargeBox

from diagnostics.models import LogRequest, StationInfo
from diagnostics.services import logs
from diagnostics.storage import get_log_store
from tests.hostcsms.stations import FILE, Old, Secured16, Station21, Station201, running
from tests.servers.processes import wait_until


def becomes(row: LogRequest, verdict: str) -> None:
    def is_there() -> bool:
        row.refresh_from_db()
        return row.verdict == verdict

    wait_until(is_there, f"{row} becomes {verdict}")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        pytest.param(Old, ["GetLog", "GetDiagnostics"], id="1.6"),
        pytest.param(Secured16, ["GetLog"], id="1.6 with the security extension"),
        pytest.param(Station201, ["GetLog"], id="2.0.1"),
        pytest.param(Station21, ["GetLog"], id="2.1"),
    ],
)
def test_a_log_asked_of_a_foreign_station_is_received(
    kind: Any, asked: list[str], box: ChargeBox, sockets: str, public_url: str, tmp_path: Path
) -> None:
    with running(kind, f"{sockets}/{box.box_id}", tmp_path / "box.log"):
        row = logs.request_log(station=box)
        becomes(row, "Received")
    file = row.best_file
    assert file is not None
    assert file.name == "box.log"
    assert b"".join(get_log_store().read(file.key)) == FILE
    assert [call.wire_action for call in row.calls.order_by("pk")] == asked
    assert StationInfo.objects.get(station=box).vendor == "Nordlader"


def test_a_request_waits_until_the_station_is_there(
    box: ChargeBox, sockets: str, public_url: str, tmp_path: Path
) -> None:
    row = logs.request_log(station=box)
    assert row.verdict == "Queued"
    with running(Station201, f"{sockets}/{box.box_id}", tmp_path / "box.log"):
        becomes(row, "Received")
