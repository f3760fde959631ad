"""Logs made up for simulated stations."""

import csv
import gzip
import io
import zipfile
from datetime import UTC, datetime

import pytest

from diagnostics.ocpp.times import parse_time
from diagnostics.testing import KNOWN_LINE, LogForm, make_diagnostics_log, make_security_log
from diagnostics.testing.logs import pack

SPAN = {"oldest": datetime(2026, 3, 1, tzinfo=UTC), "latest": datetime(2026, 3, 2, tzinfo=UTC)}


@pytest.mark.parametrize("size", [0, 1, 79, 80, 1000, 123_457])
def test_a_log_has_the_size_asked_for(size):
    assert len(make_diagnostics_log(**SPAN, size=size)) == size
    assert len(make_security_log(**SPAN, size=size)) == size


def test_the_lines_of_a_log_lie_in_its_span_in_order():
    lines = make_diagnostics_log(**SPAN, size=50_000).decode().splitlines()
    times = [parse_time(line.partition(" ")[0]) for line in lines[:-1]]
    assert times == sorted(times)
    assert SPAN["oldest"] <= times[0] and times[-1] <= SPAN["latest"]
    assert (times[-1] - times[0]).total_seconds() > 20 * 3600
    assert {line.split()[1] for line in lines[:-1]} == {"DEBUG", "INFO", "WARN", "ERROR"}
    assert lines[1].endswith(KNOWN_LINE)


def test_a_log_is_the_same_for_the_same_seed():
    logs = [make_diagnostics_log(**SPAN, size=5000, seed=seed) for seed in (1, 1, 2)]
    assert logs[0] == logs[1] != logs[2]


def test_a_security_log_is_a_table():
    text = make_security_log(**SPAN, size=5000).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {"StartupOfTheDevice", "TamperDetectionActivated"} <= {row["type"] for row in rows}


def test_a_log_can_be_packed():
    content = make_diagnostics_log(**SPAN, size=5000)
    assert pack(content, LogForm.TEXT, "a.log") == content
    assert gzip.decompress(pack(content, LogForm.GZIP, "a.log")) == content
    with zipfile.ZipFile(io.BytesIO(pack(content, LogForm.ZIP, "a.log"))) as archive:
        assert archive.read("a.log") == content
