"""Monitors as operators read them."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.monitor import MonitorStatus, MonitorType
from diagnostics.models import Monitor, OutboundCall
from diagnostics.ocpp.monitoring import Watchable
from diagnostics.wording.monitors import (
    answer_words,
    condition,
    monitor_sentence,
    monitor_tone,
    severity_words,
)


@pytest.mark.parametrize(
    ("kind", "value", "known", "words"),
    [
        ("UpperThreshold", 75.5, {"unit": "Celsius"}, "above 75.5 Celsius"),
        ("LowerThreshold", -20, {}, "below -20"),
        ("Delta", 3, {"data_type": "decimal", "unit": "W"}, "on a change of more than 3 W"),
        ("Delta", 1, {"data_type": "OptionList"}, "on any change"),
        ("Delta", 60, {"data_type": "dateTime"}, "on a change of more than 60 s"),
        ("Periodic", 60, {"unit": "W"}, "every 60 s"),
        ("PeriodicClockAligned", 900, {}, "every 900 s, by the clock"),
        ("TargetDelta", 2, {"unit": "A"}, "more than 2 A off its target"),
        ("TargetDeltaRelative", 0.1, {}, "more than 10 % of its target off"),
        ("MadeUp", 2, {}, "MadeUp 2"),
    ],
)
def test_when_a_monitor_fires(kind: str, value: float, known: dict[str, Any], words: str) -> None:
    assert condition(Monitor(type=kind, value=value), Watchable(**known)) == words


@pytest.mark.parametrize("kind", MonitorType)
def test_every_type_has_words(kind: str) -> None:
    assert kind not in condition(Monitor(type=kind, value=1))


@pytest.mark.parametrize("status", MonitorStatus)
def test_every_state_has_a_look_and_a_sentence_that_takes_the_stations_reason(status: str) -> None:
    assert monitor_tone(status) in ("good", "busy", "quiet", "bad")
    row = Monitor(status=status, reason_code="Unspecified", reason_info="100 %(x)s")
    assert "(Unspecified" in monitor_sentence(row)


def test_severities_have_a_number_and_a_word() -> None:
    assert severity_words(0) == "0 Danger"
    assert severity_words(42) == "42"
    assert all(severity_words(each) for each in Severity.values)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, ""),
        ({"status": "NotSupported"}, "NotSupported"),
        ({"status": 7}, ""),
        (
            {"setMonitoringResult": [{"status": "Accepted"}, {"status": "Accepted"}, {}, 5]},
            "2 Accepted, 1 ?",
        ),
        ({"clearMonitoringResult": [{"status": "NotFound"}]}, "1 NotFound"),
    ],
)
def test_answers_are_counted(answer: Any, words: str) -> None:
    assert answer_words(OutboundCall(answer=answer)) == words
