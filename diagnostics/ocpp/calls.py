"""The two halves of a connection's memory: calls of ours, and calls of the other side."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OwnCall:
    """A call of ours, queued or in flight; ``timeout`` in seconds from when it is sent."""

    message_id: str
    action: str
    text: str
    timeout: float


class OwnCalls:
    """One call in flight, those queued behind it, and those that timed out.

    ``outgoing`` is the list that texts to send are appended to.
    """

    def __init__(self, outgoing: list[str], remembered: int) -> None:
        self._outgoing = outgoing
        self._remembered = remembered
        self._queue: deque[OwnCall] = deque()
        self._timed_out: OrderedDict[str, str] = OrderedDict()
        self.current: OwnCall | None = None
        self.deadline: float | None = None

    def __contains__(self, message_id: str) -> bool:
        return any(call.message_id == message_id for call in self._waiting())

    def add(self, call: OwnCall, now: float) -> None:
        """Send a call now, or as soon as those before it are settled."""
        self._queue.append(call)
        self._start_next(now)

    def settle(self, message_id: str, now: float) -> tuple[str | None, bool]:
        """Take an answer: its call's action (``None``: no such call), and whether it was late."""
        call = self.current
        if call is None or call.message_id != message_id:
            return self._timed_out.pop(message_id, None), True
        self.current = self.deadline = None
        self._start_next(now)
        return call.action, False

    def expire(self, now: float) -> OwnCall | None:
        """Give up the call in flight if its time has come, and return it."""
        call = self.current
        if call is None or self.deadline is None or now < self.deadline:
            return None
        _remember(self._timed_out, call.message_id, call.action, self._remembered)
        self.current = self.deadline = None
        self._start_next(now)
        return call

    def clear(self) -> tuple[OwnCall | None, list[OwnCall]]:
        """Forget the call in flight and the queued ones, and return them."""
        current, queued = self.current, list(self._queue)
        self.current = self.deadline = None
        self._queue.clear()
        return current, queued

    def _waiting(self) -> list[OwnCall]:
        return [*self._queue, self.current] if self.current else [*self._queue]

    def _start_next(self, now: float) -> None:
        if self.current is None and self._queue:
            self.current = self._queue.popleft()
            self.deadline = now + self.current.timeout
            self._outgoing.append(self.current.text)


class TheirCalls:
    """Which calls of the other side are being served, and what the answered ones got.

    A retry is told from another call by its text: an id alone does not do, since some stations
    start counting anew within a connection. Texts are kept as hashes.
    """

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._serving: dict[str, tuple[str, int]] = {}
        self._answered: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def is_served(self, message_id: str) -> bool:
        """Say whether a call with this id waits for its answer."""
        return message_id in self._serving

    def is_answered(self, message_id: str) -> bool:
        """Say whether a call with this id has been answered lately."""
        return message_id in self._answered

    def answer_to(self, message_id: str, text: str) -> str | None:
        """Return what the same call got before, if it is a retry."""
        fingerprint, answer = self._answered.get(message_id, (None, None))
        return answer if fingerprint == hash(text) else None

    def start(self, message_id: str, action: str, text: str) -> None:
        """Note that a call is being served."""
        self._serving[message_id] = (action, hash(text))

    def action(self, message_id: str) -> str:
        """Return the action of a call being served; raises LookupError."""
        return self._serving[message_id][0]

    def finish(self, message_id: str, answer: str) -> None:
        """Note the answer to a call being served; raises LookupError."""
        _, fingerprint = self._serving.pop(message_id)
        self._answered.pop(message_id, None)
        _remember(self._answered, message_id, (fingerprint, answer), self._remembered)

    def clear(self) -> None:
        """Forget the calls being served."""
        self._serving.clear()


def _remember(memory: OrderedDict[str, Any], message_id: str, value: object, limit: int) -> None:
    memory[message_id] = value
    while len(memory) > limit:
        memory.popitem(last=False)
