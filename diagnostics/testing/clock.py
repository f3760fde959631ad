"""The clock of a simulated station, and how it writes times."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from diagnostics.ocpp.times import format_time
from diagnostics.testing.behaviour import Behaviour, Dates

#: The time of day when the clock of `now` shows 0, unless told otherwise.
EPOCH = datetime(2026, 3, 2, 8, tzinfo=UTC)

_NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Turns seconds of any clock into the station's times."""

    def __init__(self, behaviour: Behaviour, epoch: datetime, seed: int | str) -> None:
        self._epoch = _NEVER_SET if behaviour.clock_is_unset else epoch
        self._dates = behaviour.dates
        self._random = random.Random(f"{seed}")  # noqa: S311  for spellings of dates

    def read(self, now: float) -> datetime:
        """The time of day as the station believes it to be."""
        return self._epoch + timedelta(seconds=now)

    def text(self, now: float) -> str:
        """The time of day as the station writes it."""
        moment = self.read(now)
        if self._dates is Dates.UTC:
            return format_time(moment)
        ahead = moment + timedelta(hours=2)
        odd = (f"{moment:%Y-%m-%dT%H:%M:%S}", f"{ahead:%Y-%m-%dT%H:%M:%S}+02")
        return self._random.choice((*odd, f"{moment:%Y-%m-%dT%H:%M:%S.%f}123Z"))
