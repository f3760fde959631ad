"""A day in the life of a simulated station, one event after the other, for as long as one likes.

An alert, what follows from it, a fault that no monitor has noticed, and the end of all three. With
the monitors a station is sold with, each step is one event; a 1.6 station has its connector's
error instead.
"""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.testing.event_desk import EventDesk
from diagnostics.testing.faults import FaultDesk
from diagnostics.testing.host import Host
from diagnostics.testing.inventory import CABINET
from diagnostics.testing.model import VariableName

_EVSE = VariableName("EVSE", "AvailabilityState", evse=1)
_CONVERTER = VariableName("AcDcConverter", "Problem", evse=1)

_NAME = "course"


class Course:
    """Takes a step every 1 / `rate` seconds."""

    def __init__(self, host: Host, events: EventDesk, faults: FaultDesk, rate: float) -> None:
        self._host = host
        self._events = events
        self._faults = faults
        self._rate = rate
        self._cause: int | None = None
        self._taken = 0
        self._steps = self._steps_16() if host.dialect.has_faults else self._steps_2()

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if self._rate > 0:
            self._host.later(_NAME, 1 / self._rate, self._due)

    def step(self) -> None:
        """Let the next thing happen."""
        action = self._steps[self._taken % len(self._steps)]
        self._taken += 1
        action()

    def _due(self) -> None:
        self.start()
        self.step()

    def _steps_2(self) -> list[Callable[[], None]]:
        return [
            self._overheat,
            lambda: self._change(_EVSE, "Faulted"),
            lambda: self._problem(True),
            lambda: self._change(CABINET, "65.0"),
            lambda: self._change(_EVSE, "Available"),
            lambda: self._problem(False),
        ]

    def _steps_16(self) -> list[Callable[[], None]]:
        fault, vendor = "HighTemperature", "F017"
        return [
            lambda: self._faults.fault(1, error=fault, info="cabinet 78 C", vendor_code=vendor),
            lambda: self._faults.recover(1),
        ]

    def _overheat(self) -> None:
        told = self._events.change({CABINET: "78.0"})
        self._cause = told[0] if told else None

    def _change(self, name: VariableName, value: str) -> None:
        is_effect = value == "Faulted"
        self._events.change({name: value}, cause=self._cause if is_effect else None)

    def _problem(self, exists: bool) -> None:
        cause = self._cause if exists else None
        self._events.problem(_CONVERTER, exists, code="0x4F12", info="derating", cause=cause)
