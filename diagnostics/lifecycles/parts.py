"""Messages that come in parts: which are missing, and whether the set is closed.

Parts are numbered from 0 by `seqNo`; the one without `tbc` ("to be continued") is the last. They
may come twice, in any order, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# A number far beyond what was received is a mistake, not a gap to be listed.
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one set: the numbers received, and the last one's, None while unknown."""

    received: frozenset[int]
    last: int | None

    @classmethod
    def of(cls, parts: Iterable[tuple[int, bool]]) -> Parts:
        """Read pairs of (seq_no, tbc). Two that claim to be the last: the higher one is."""
        pairs = list(parts)
        return cls(
            frozenset(seq_no for seq_no, _ in pairs),
            max((seq_no for seq_no, tbc in pairs if not tbc), default=None),
        )

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers below the highest known one that did not come, up to MOST_LISTED."""
        end = max((*self.received, self.last or 0), default=0)
        return tuple(n for n in range(min(end, MOST_LISTED)) if n not in self.received)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to come: the last part is here, and all before it are."""
        if self.last is None or self.last < 0:
            return False
        return sum(1 for n in self.received if 0 <= n <= self.last) == self.last + 1
