"""Times and levels of lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import re2

from diagnostics.texts.levels import level_of, sign_of
from diagnostics.texts.times import milliseconds, moment, time_of

ARRIVED = datetime(2026, 3, 3, 12, tzinfo=UTC)
EXPECTED = datetime(2026, 3, 2, 8, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02T08:00:07Z system started",
        "2026-03-02 08:00:07 INFO a",
        "[2026-03-02 09:00:07+01:00] a",
        "2026-03-02T03:00:07-0500 a",
        "2026/03/02 08:00:07 a",
        "20260302T080007Z a",
        "02.03.2026 08:00:07 a",
        '10.0.0.1 - - [02/Mar/2026:09:00:07 +0100] "GET /"',
        "Mon, 02 Mar 2026 08:00:07 GMT a",
        "Mon Mar  2 08:00:07 2026 a",
        "Mar  2 08:00:07 cs-1 ocppd[812]: a",
        "<34>Mar 2 08:00:07 cs-1 su: a",
        "<165>1 2026-03-02T08:00:07Z cs-1 evse - - - a",
        "03-02 08:00:07 I/Modem( 123): a",
        "1772438407 a",
        "[1772438407] a",
        '{"level":"info","ts":1772438407,"msg":"a"}',
        '{"timestamp":"2026-03-02T08:00:07Z"}',
        "INFO  2026-03-02 08:00:07 a",
        '2026-03-02 08:00:07 > [2,"19","StatusNotification",{"timestamp":"2025-01-01T00:00:00Z"}]',
        'RECV [2,"19","Heartbeat",{"timestamp":"2026-03-02T08:00:07Z"}]',
    ],
)
def test_the_time_of_a_line_is_read_in_many_formats(line: str) -> None:
    assert time_of(line, ARRIVED) == EXPECTED


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02T08:00:07.123Z a",
        "2026-03-02 08:00:07,123 a",
        "2026-03-02T08:00:07.123000000Z a",
        "1772438407123 a",
        "1772438407.123 a",
        "Mar  2 08:00:07.123 a",
    ],
)
def test_fractions_of_a_second_count(line: str) -> None:
    found = time_of(line, ARRIVED)
    assert found is not None
    assert milliseconds(found) == milliseconds(EXPECTED) + 123
    assert moment(milliseconds(found)) == found


@pytest.mark.parametrize(
    "line",
    ["", "no time", "2026-13-45T08:00:07Z", "[   12.345678] usb 1-1", "9772438407 a", "v1.2.3",
     "x" * 300 + "2026-03-02T08:00:07Z", "id 1772438407 in the middle", "2026-03-02T99:00:07Z"],
)  # fmt: skip
def test_what_is_no_time_is_none(line: str) -> None:
    assert time_of(line, ARRIVED) is None


def test_a_time_without_a_year_is_of_the_year_before_the_file_came() -> None:
    found = time_of("Dec 31 23:59:59 cs-1 a", ARRIVED)
    assert found is not None and found.year == 2025


LINES = [
    ("2026-03-02 08:00:07 ERROR rfid", "E"),
    ("kernel panic", "E"),
    ("[E] tag", "E"),
    ("03-02 08:00:07.123 E/Modem( 1): a", "E"),
    ("WARN x", "W"),
    ('{"level":"warning"}', "W"),
    ("2026-03-02T08:00:07Z INFO ocpp no ERROR", "I"),
    ("D/x", "D"),
    ("<34>Mar 2 08:00:07 su: a", "E"),
    ("<165>1 2026-03-02T08:00:07Z a", "I"),
    ("(c) somebody", ""),
    ("trace: a", "D"),
    ("terror and interrupt", ""),
    ("x" * 200 + " ERROR", ""),
    ("", ""),
]


@pytest.mark.parametrize(("line", "level"), LINES)
def test_the_level_is_the_first_word_of_one_near_the_beginning(line: str, level: str) -> None:
    assert level_of(line) == level


def test_a_sign_of_it_is_in_every_line_of_a_level() -> None:
    for line, level in LINES:
        if level:
            assert re2.search(sign_of(level), line) is not None
