"""Announced reports in numbered parts, with all that goes wrong with parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics.testing.behaviour import PartOrder
from diagnostics.testing.host import Host, Payload

#: Entries in one part of any report.
PART_SIZE = 10


def as_written(host: Host, entries: Any) -> Any:
    """Entries of a list as this station writes them: the last one badly, if it is of that kind."""
    if not host.behaviour.spoils_entries or not isinstance(entries, list):
        return entries
    return [*entries[:-1], {name: each for name, each in entries[-1].items() if name != "variable"}]


class PartSender:
    """Sends what a request has announced, after its answer."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._will_boot = host.behaviour.boots_between_parts

    def answer(self, action: str, request_id: int, field: str, items: Sequence[Any]) -> Payload:
        """Answer the request for a report of these items; none is an empty result."""
        if not items:
            return {"status": "EmptyResultSet"}
        chunks = [items[start : start + PART_SIZE] for start in range(0, len(items), PART_SIZE)]
        self.announce(action, request_id, field, chunks)
        return {"status": "Accepted"}

    def announce(self, action: str, request_id: int, field: str, chunks: Sequence[Any]) -> None:
        """Send the parts with this action once the call being served is answered."""
        self._host.afterwards(lambda: self._send(action, request_id, field, chunks))

    def _send(self, action: str, request_id: int, field: str, chunks: Sequence[Any]) -> None:
        parts = [
            self._part(request_id, seq_no, seq_no + 1 < len(chunks), field, chunk)
            for seq_no, chunk in enumerate(chunks)
        ]
        if self._will_boot and len(parts) > 1:
            self._will_boot = False
            self._host.say(action, parts[0], lambda answer: self._host.reboot("Watchdog"))
            return
        for part in self._as_sent(parts):
            self._host.say(action, part)

    def _part(
        self, request_id: int, seq_no: int, is_followed: bool, field: str, chunk: Any
    ) -> Payload:
        # EVerest loops over the first part's bounds: later ones come out empty (13.3).
        is_empty = self._host.behaviour.empties_later_parts and seq_no > 0
        part = {
            "requestId": request_id,
            "generatedAt": self._host.time_text(),
            "seqNo": seq_no,
            field: type(chunk)() if is_empty else as_written(self._host, chunk),
        }
        return {**part, "tbc": True} if is_followed else part

    def _as_sent(self, parts: list[Payload]) -> list[Payload]:
        order = self._host.behaviour.part_order
        if order is PartOrder.LAST_MISSING:
            return parts[:-1]
        if order is PartOrder.REVERSED:
            return parts[::-1]
        if order is PartOrder.TWICE:
            return [part for part in parts for _ in range(2)]
        return parts
