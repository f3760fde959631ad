"""The door of this process: stations that come at the same time are let in together.

After a restart all of them do; and before it, all of them go.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from diagnostics.services.ingest import GroupCommit
from stations import auth, presence, refusals
from stations.auth import Admission, Arrival, Handshake, Refused
from stations.database import in_database
from stations.models import CloseReason


async def admit(handshake: Handshake, server_id: UUID) -> Admission:
    """Let a station in, on a socket that the server process holds.

    Raises Refused; a refusal is kept for the operator to see. Raises Busy.
    """
    try:
        return await _admitting.submit(Arrival(handshake, server_id))
    except Refused as refused:
        await in_database(refusals.record_refusal, handshake, refused)
        raise


async def leave(connection_id: int, reason: CloseReason) -> None:
    """The socket is gone; written even when nobody waits for it."""
    await _leaving.submit((connection_id, reason))


def close() -> None:
    """Let in who waits, and give the database connections back."""
    _admitting.close()
    _leaving.close()


def _leave(batch: Sequence[tuple[int, CloseReason]]) -> list[None]:
    presence.close_connections(dict(batch))
    return [None] * len(batch)


_admitting: GroupCommit[Arrival, Admission] = GroupCommit(auth.admit, name="admitting")
_leaving: GroupCommit[tuple[int, CloseReason], None] = GroupCommit(_leave, name="leaving")
