"""Frames on their way into the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diagnostics.models.message import Direction

FROM, TO = Direction.FROM_STATION.value, Direction.TO_STATION.value


@dataclass(slots=True)
class Entry:
    """One frame as it was queued, with all that it holds; `text` is cut where it is too long.

    `checked` says that the text was read as a frame.
    """

    station_id: Any
    connection: str
    direction: str
    at: float
    size: int
    text: str
    outcome: str
    description: str
    checked: bool


@dataclass(slots=True)
class Exchange:
    """A station's CALL that was taken, and our answer without a word in it.

    Nearly all that fleets send is that. As one entry, neither need be read again.
    """

    station_id: Any
    connection: str
    at: float
    text: str
    message_id: str
    action: str
    answered_at: float
    answer: str

    @property
    def payload(self) -> str:
        """That of the call; that of the answer is {}."""
        return self.text[self.text.index("{") : self.text.rindex("}") + 1]

    @property
    def latency(self) -> float:
        """Milliseconds until the answer."""
        return max(0.0, round((self.answered_at - self.at) * 1000, 3))

    def entries(self) -> tuple[Entry, Entry]:
        """The same as two frames, where the call holds what must be hidden."""
        call, answer = self.text, self.answer
        return (
            Entry(self.station_id, self.connection, FROM, self.at, len(call), call, "", "", True),
            Entry(
                self.station_id,
                self.connection,
                TO,
                self.answered_at,
                len(answer),
                answer,
                "",
                "",
                True,
            ),
        )
