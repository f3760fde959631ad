"""The door of this process: stations that come at the same time are let in together.

After a restart all of them do.
"""

from __future__ import annotations

from uuid import UUID

from diagnostics.services.ingest import GroupCommit
from stations import auth
from stations.auth import Admission, Arrival, Handshake, Refused
from stations.database import in_database


async def admit(handshake: Handshake, server_id: UUID) -> Admission:
    """Let a station in, on a socket that the server process holds.

    Raises Refused; a refusal is kept for the operator to see. Raises Busy.
    """
    try:
        return await _admitting.submit(Arrival(handshake, server_id))
    except Refused as refused:
        await in_database(auth.record_refusal, handshake, refused)
        raise


def close() -> None:
    """Let in who waits, and give the database connection back."""
    _admitting.close()


_admitting: GroupCommit[Arrival, Admission] = GroupCommit(auth.admit, name="admitting")
