"""Nobody writes lines into the log but the server."""

from __future__ import annotations

import logging
import sys

from django.conf import settings
from django.utils.module_loading import import_string

FORGED = "Late\n2026-01-01 00:00:00 ERROR root: all is lost\r\x1b[2J\x9b1m\u2028\tü"


def written(record: logging.LogRecord) -> str:
    given = dict(settings.LOGGING["formatters"]["line"])
    return str(import_string(given.pop("()"))(**given).format(record))


def test_what_a_station_says_stays_within_its_line() -> None:
    record = logging.LogRecord("s", logging.INFO, "", 0, "CS-1 said %s", (FORGED,), None)
    line = written(record)
    assert "CS-1 said Late\\n2026-01-01" in line and line.endswith("\\u2028\tü")
    assert not set(line) & set("\n\r\x1b\x9b\u2028")


def test_a_traceback_has_its_lines_and_moves_no_terminal() -> None:
    try:
        raise ValueError(FORGED)
    except ValueError:
        record = logging.LogRecord("s", logging.ERROR, "", 0, "broken", (), sys.exc_info())
    assert "Traceback" in written(record).splitlines()[1]
    assert "\x1b" not in written(record)
