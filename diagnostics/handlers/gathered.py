"""Actions that come in masses: each message is read by itself, and many are written at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from diagnostics.ocpp.versions import OcppVersion

#: (station's primary key, version, payload, time of arrival) -> what `write` takes some of.
Read = Callable[[Any, OcppVersion, dict[str, Any], datetime], Any]


class Gathered(NamedTuple):
    """How messages of one action are read, and how a batch of them is committed, all or none.

    `is_answered` is false where the answer is the host's.
    """

    read: Read
    write: Callable[[Sequence[Any]], None]
    is_answered: bool = True

    @property
    def answer(self) -> dict[str, Any] | None:
        return {} if self.is_answered else None

    def handle(
        self, station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
    ) -> dict[str, Any] | None:
        """A handler as the others, for transports that write one message at a time."""
        self.write([self.read(station.pk, version, payload, timezone.now())])
        return self.answer
