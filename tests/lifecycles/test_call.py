"""The table of a call's life."""

import pytest

from diagnostics.lifecycles.call import (
    OPEN,
    TERMINAL,
    TRANSITIONS,
    CallEvent,
    CallStatus,
    sources_of,
    target_of,
)


def test_every_status_is_open_or_terminal_and_never_both() -> None:
    assert OPEN | TERMINAL == set(CallStatus)
    assert not OPEN & TERMINAL


def test_every_status_but_the_first_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) == set(CallStatus) - {CallStatus.PENDING}


def test_a_terminal_status_has_no_way_out_but_a_late_answer() -> None:
    ways_out = {source: target for (source, _), target in TRANSITIONS.items() if source in TERMINAL}
    assert set(ways_out) == {CallStatus.TIMED_OUT}
    assert {t for (s, _), t in TRANSITIONS.items() if s in TERMINAL} == {
        CallStatus.ANSWERED,
        CallStatus.REFUSED,
    }


@pytest.mark.parametrize("event", CallEvent)
def test_an_event_leads_to_one_status_from_wherever_it_may_happen(event: CallEvent) -> None:
    targets = {target for (_, other), target in TRANSITIONS.items() if other is event}
    assert targets == {target_of(event)}
    assert sources_of(event)


def test_what_was_sent_can_be_neither_canceled_nor_expired() -> None:
    assert sources_of(CallEvent.CANCEL) == {CallStatus.PENDING}
    assert sources_of(CallEvent.EXPIRE) == {CallStatus.PENDING}
