"""What a simulated station will do later, by name."""

from __future__ import annotations

from collections.abc import Callable


class Agenda:
    """Things to do at a time, in seconds of any clock; one thing per name."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, Callable[[], None]]] = {}

    def set(self, name: str, due: float, action: Callable[[], None]) -> None:
        """Enter something; what had this name before is replaced."""
        self._entries[name] = (due, action)

    def forget(self, name: str) -> None:
        """Take something off, if it is there."""
        self._entries.pop(name, None)

    def clear(self) -> None:
        """Take everything off."""
        self._entries.clear()

    def next_due(self) -> float | None:
        """When the first entry is due."""
        return min((due for due, _ in self._entries.values()), default=None)

    def run(self, now: float) -> None:
        """Do what is due, in order; what that enters for now or earlier waits for the next run."""
        due = [(entry[0], name) for name, entry in self._entries.items() if entry[0] <= now]
        for moment, name in sorted(due):
            entry = self._entries.get(name)
            if entry is not None and entry[0] == moment:
                del self._entries[name]
                entry[1]()
