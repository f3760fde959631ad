"""The door for transports on an event loop: what comes in masses is written in groups.

    answer = await ingest.submit(station.pk, version, action, payload)

takes what `inbound.receive_call` takes, and writes the same, for the actions in ACTIONS. Committed
when it returns; one message at a time of each station keeps its answers in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.utils import timezone

from diagnostics.handlers.registry import GATHERED
from diagnostics.ocpp.requests import Requests, Side
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.event_rows import Received
from diagnostics.services.events import record_reports
from diagnostics.services.ingest import GroupCommit

# What may be handed over here; the rest goes through `inbound`.
ACTIONS = frozenset(GATHERED)


class Ingest:
    """One writer; a process needs one (`ingest.submit`), whatever number of event loops it has."""

    def __init__(self) -> None:
        self._commits: GroupCommit[Received, dict[str, Any]] = GroupCommit(_write)

    def submit(
        self,
        station_id: Any,
        version: OcppVersion | str,
        action: str,
        payload: dict[str, Any],
        *,
        checked: bool = False,
    ) -> asyncio.Future[dict[str, Any]]:
        """Keep a CALL of one of ACTIONS; to be awaited for the payload to answer with.

        `checked` says that the payload was read by `diagnostics.ocpp.connection` just now. Raises
        OcppError where nothing can be made of it, and, awaited, what the database raises.
        """
        if not checked:
            payload = _requests(OcppVersion(version)).read(action, payload)[1]
        report = GATHERED[action](payload)
        return self._commits.submit(Received(station_id, report, timezone.now()))

    def close(self) -> None:
        """Write what waits, and give the database connection back."""
        self._commits.close()


def _write(batch: Sequence[Received]) -> list[dict[str, Any]]:
    record_reports(batch)
    return [{} for _ in batch]


@cache
def _requests(version: OcppVersion) -> Requests:
    return Requests(version, Side.CSMS)


_ingest = Ingest()
submit = _ingest.submit
close = _ingest.close
