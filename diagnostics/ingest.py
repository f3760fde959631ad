"""The door for transports on an event loop: what comes in masses is written in groups.

    answer = await ingest.submit(station.pk, version, action, payload)

takes what `inbound.receive_call` takes, and writes the same, for the actions in ACTIONS. Committed
when it returns; one message at a time of each station keeps its answers in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, TypeAlias

from diagnostics.handlers.gathered import Gathered
from diagnostics.handlers.registry import GATHERED
from diagnostics.ocpp.requests import Requests, Side
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.ingest import GroupCommit

# What may be handed over here; the rest goes through `inbound`.
ACTIONS = frozenset(GATHERED)

Answer: TypeAlias = dict[str, Any] | None


class Ingest:
    """The writers of a process, which needs no more, whatever number of event loops it has."""

    def __init__(self) -> None:
        self._commits = {
            action: GroupCommit[Any, Answer](partial(_write, gathered), name=action)
            for action, gathered in GATHERED.items()
        }

    def submit(
        self,
        station_id: Any,
        version: OcppVersion | str,
        action: str,
        payload: dict[str, Any],
        *,
        checked: bool = False,
    ) -> asyncio.Future[Answer]:
        """Keep a CALL of one of ACTIONS; to be awaited for the payload to answer with.

        None means that the answer is the host's. `checked` says that the payload was read by
        `diagnostics.ocpp.connection` just now. Raises OcppError where nothing can be made of it,
        and, awaited, what the database raises.
        """
        if not isinstance(version, OcppVersion):
            version = OcppVersion(version)
        if not checked:
            payload = _requests(version).read(action, payload)[1]
        item = GATHERED[action].read(station_id, version, payload, datetime.now(UTC))
        return self._commits[action].submit(item)

    def close(self) -> None:
        """Write what waits, and give the database connections back."""
        for each in self._commits.values():
            each.close()


def _write(gathered: Gathered, batch: Sequence[Any]) -> list[Answer]:
    gathered.write(batch)
    return [gathered.answer for _ in batch]


@cache
def _requests(version: OcppVersion) -> Requests:
    return Requests(version, Side.CSMS)


_ingest = Ingest()
submit = _ingest.submit
close = _ingest.close
