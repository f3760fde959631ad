"""The part of docs/lifecycles.md on monitors; see `make_lifecycles`."""

from __future__ import annotations

from diagnostics.lifecycles import monitor
from diagnostics.lifecycles.monitor import MonitorEvent, MonitorStatus

MONITOR = """## A monitor

Each monitor has a state of its own: that a station takes some of a call and refuses others is
normal. A refusal is kept in the station's own word. `Refused` means that the whole call was
answered with a CALLERROR, `Unanswered` that nobody knows what came of it, `NotAsked` that the call
was never sent. `Lost` monitors were missing in a complete report. What is `Unanswered`, `Lost` or
`NotFound` becomes `Active` again when a report shows it.

"""

EVENTS = {
    MonitorEvent.ACCEPT: "the station took it",
    MonitorEvent.UNKNOWN_COMPONENT: "the station's word",
    MonitorEvent.UNKNOWN_VARIABLE: "the station's word",
    MonitorEvent.UNSUPPORTED_TYPE: "the station's word",
    MonitorEvent.REJECT: "the station's word",
    MonitorEvent.DUPLICATE: "the station's word",
    MonitorEvent.REFUSE: "the call was answered with a CALLERROR",
    MonitorEvent.TIME_OUT: "no answer, or none for this monitor",
    MonitorEvent.GIVE_UP: "the call expired, was canceled, or the version has no monitors",
    MonitorEvent.CLEAR: "somebody asks to clear it",
    MonitorEvent.CLEARED: "the station cleared it, or a base wiped it",
    MonitorEvent.NOT_FOUND: "the station has no such id",
    MonitorEvent.KEEP: "the station keeps it, or did not say",
    MonitorEvent.REPLACE: "another one took its id",
    MonitorEvent.LOSE: "a complete report lacks it, or its id is used by another",
    MonitorEvent.REPORT: "a report shows it",
}


def section() -> str:
    """Return the heading with what is below it."""
    states = "".join(
        f"| `{status.value}` | {status.label} | {_standing(status)} |\n" for status in MonitorStatus
    )
    ways = "".join(
        f"| {words} | {_list(monitor.sources_of(event))} | `{monitor.target_of(event).value}` |\n"
        for event, words in EVENTS.items()
    )
    return (
        f"{MONITOR}| status | shown as | |\n| --- | --- | --- |\n{states}\n"
        f"| what happens | from | to |\n| --- | --- | --- |\n{ways}"
    )


def _list(statuses: frozenset[MonitorStatus]) -> str:
    return ", ".join(f"`{status.value}`" for status in MonitorStatus if status in statuses)


def _standing(status: MonitorStatus) -> str:
    if status in monitor.OPEN:
        return "running, being asked" if status in monitor.LIVE else "being asked"
    if status in monitor.LIVE:
        return "running"
    return "gone" if status in monitor.GONE else "not set"
