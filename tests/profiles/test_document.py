"""What a profile may say, as YAML, and what is wrong with it at which line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.ocpp.monitoring import StreamParams
from diagnostics.profiles.changes import changes
from diagnostics.profiles.document import Document, Wanted
from diagnostics.profiles.yaml_text import DocumentRefused, dump, load

TEXT = """\
base: All
level: 7
enabled: true
monitors:
  - component: TemperatureSensor
    instance: "*"
    variable: Temperature
    type: UpperThreshold
    value: 75.5
    severity: 4
  - component: Connector
    evse: "*"
    connector: "*"
    variable: AvailabilityState
    type: Delta
  - component: EVSE
    evse: 1
    variable: Power
    type: Periodic
    value: 60
    transaction: yes
    stream: {interval: 10, values: 5}
    optional: true
"""


def test_a_profile_is_read_as_it_is_written() -> None:
    document = load(TEXT)
    assert (document.base, document.level, document.enabled) == ("All", 7, True)
    hot, state, power = document.monitors
    assert (hot.instance, hot.evse, hot.value, hot.severity) == ("*", None, 75.5, 4)
    assert (state.evse, state.connector, state.value, state.severity) == ("*", "*", 1, 5)
    assert power.stream == StreamParams(10, 5) and power.transaction and power.optional
    assert document.has_stars


def test_what_is_written_and_kept_reads_the_same_again() -> None:
    document = load(TEXT)
    assert load(dump(document, heading="Depot, version 3\n© Ops")) == document
    assert Document.read(document.plain()) == document
    assert load("level: 0") == Document(level=0)


WRONG = [
    ("", None, "empty"),
    ("just words", 1, "base: …"),
    ("base: Some", 1, "no such base"),
    ("level: ten", 1, "whole number"),
    ("level: 10", 1, "0 (only the worst)"),
    ("base: All\nbase: All", 2, "twice"),
    ("base: All\nmonitor: []", 2, "Nothing is called monitor"),
    ("monitors: some", 1, "a list"),
    ("monitors:\n  - some", 2, "component: …"),
    ("monitors:\n  - component: A\n    variable: B\n    type: Delta\n    evse: *", 5, "in quotes"),
    ("monitors:\n  - {component: &a A, variable: *a, type: Delta}", 2, "in quotes"),
    ("monitors:\n  - component: A\n    variable: '*'\n    type: Delta", 3, "cannot stand for"),
    ("monitors:\n  - component: A\n    type: Delta", 2, "Name the variable"),
    (
        "monitors:\n  - component: A\n    variable: B\n    type: Sideways\n    value: 1",
        4,
        "no such",
    ),
    ("monitors:\n  - component: A\n    variable: B\n    type: UpperThreshold", 2, "Give a value"),
    (
        "monitors:\n  - component: A\n    variable: B\n    type: Delta\n    value: -1",
        5,
        "direction",
    ),
    ("monitors:\n  - component: A\n    variable: B\n    type: Delta\n    value: .nan", 5, "number"),
    (
        "monitors:\n  - component: A\n    variable: B\n    connector: 1\n    type: Delta",
        2,
        "an EVSE",
    ),
    (
        "monitors:\n  - component: A\n    variable: B\n    type: Delta\n    severity: 10",
        5,
        "Severity",
    ),
    ("monitors:\n  - component: A\n    variable: B\n    type: Delta\n    stream: 5", 5, "A stream"),
    (
        "monitors:\n  - component: A\n    variable: B\n    type: UpperThreshold\n    value: 1\n"
        "    stream: {values: 5}",
        6,
        "cannot be streamed",
    ),
    (f"monitors:\n  - component: {'A' * 51}\n    variable: B\n    type: Delta", 2, "50 characters"),
    ("base: [", 1, "no YAML"),
    ("base: \x07", None, "no YAML"),
    ("[" * 5000, 1, "nested"),
    ("a: " + "x" * 200_001, None, "longer than"),
    ("base: !!python/object:os.system {}", 1, "one word"),
]


@pytest.mark.parametrize(("text", "line", "words"), WRONG)
def test_mistakes_are_sentences_at_their_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        load(text)
    said = [(flaw.line, flaw.sentence) for flaw in refused.value.flaws]
    assert any(words in sentence and at == line for at, sentence in said), said


def test_every_mistake_is_told_at_once_and_a_pair_names_its_twin() -> None:
    one = "  - {component: A, variable: B, type: Delta, severity: 3}\n"
    with pytest.raises(DocumentRefused) as refused:
        load(f"base: Some\nlevel: x\nmonitors:\n{one}{one}")
    assert [flaw.line for flaw in refused.value.flaws] == [1, 2, 5]
    assert "Monitor 1" in refused.value.flaws[2].sentence


@given(st.text(max_size=200))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        document = load(text)
    except DocumentRefused as refused:
        assert refused.flaws
    else:
        assert load(dump(document)) == document


def test_what_differs_between_two_versions_is_told_line_by_line() -> None:
    old = Document(base="All", monitors=(Wanted(component="A", variable="B", type="Delta"),))
    new = Document(base="FactoryDefault", monitors=old.monitors)
    said = [(change.sign, change.line) for change in changes(old, new)]
    assert ("-", "base: All") in said and ("+", "base: FactoryDefault") in said
    assert not list(changes(old, old))
