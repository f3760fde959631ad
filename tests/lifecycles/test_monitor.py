"""The table of a monitor's life."""

import pytest

from diagnostics.lifecycles.monitor import (
    CLEAR_RESULTS,
    FAILED,
    GONE,
    LIVE,
    OPEN,
    SET_RESULTS,
    TRANSITIONS,
    MonitorEvent,
    MonitorStatus,
    sources_of,
    target_of,
)

S, E = MonitorStatus, MonitorEvent


def test_every_status_is_named_in_a_set() -> None:
    assert OPEN | LIVE | GONE | FAILED == set(MonitorStatus)
    assert not LIVE & GONE and not LIVE & FAILED and not GONE & FAILED
    assert OPEN & LIVE == {S.CLEARING}


def test_every_status_but_the_first_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) == set(MonitorStatus) - {S.PENDING}


@pytest.mark.parametrize("event", MonitorEvent)
def test_an_event_leads_to_one_status_from_wherever_it_may_happen(event: MonitorEvent) -> None:
    targets = {target for (_, other), target in TRANSITIONS.items() if other is event}
    assert targets == {target_of(event)}
    assert {source for source, other in TRANSITIONS if other is event} == sources_of(event)


def test_each_word_of_the_station_is_a_status_of_its_own() -> None:
    """N04: partial success is normal, so each result stands alone."""
    statuses = {word: target_of(event) for word, event in SET_RESULTS.items()}
    assert statuses.pop("Accepted") == S.ACTIVE
    assert statuses == {word: S(word) for word in statuses}


@pytest.mark.parametrize(
    ("word", "status"),
    [("Accepted", S.CLEARED), ("NotFound", S.NOT_FOUND), ("Rejected", S.ACTIVE)],
)
def test_what_clearing_comes_to(word: str, status: MonitorStatus) -> None:
    """N06.FR.01 to .03."""
    assert target_of(CLEAR_RESULTS[word]) == status
    assert S.CLEARING in sources_of(CLEAR_RESULTS[word])


def test_a_late_answer_counts_and_a_certain_refusal_stays() -> None:
    assert S.UNANSWERED in sources_of(E.ACCEPT)
    refusals = FAILED - {S.UNANSWERED}
    assert not {source for source, _ in TRANSITIONS} & refusals


def test_what_seemed_gone_may_turn_up_in_a_report_but_what_was_cleared_may_not() -> None:
    assert sources_of(E.REPORT) == {S.UNANSWERED, S.LOST, S.NOT_FOUND}
