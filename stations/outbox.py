"""Calls to stations, and their answers, for all connections of this process together.

What stations are sent at the same time is taken from the database by a few statements for all of
them, and so are their answers recorded. What cannot be done for many is done by itself, in a thread
of `stations.database`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from diagnostics import inbound
from diagnostics.models import OutboundCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.calls import group_delivery
from diagnostics.services.calls.group_delivery import Alone, Answer, Taker
from diagnostics.services.ingest import GroupCommit
from stations import delivery
from stations.database import in_database
from stations.delivery import ConnectionEnded
from stations.models import ChargingStation


class _Connection(NamedTuple):
    """A connection that may take a call; without `takes` it only asks whether it is still open."""

    id: int
    takes: tuple[OcppVersion, str] | None


async def take_call(
    connection_id: int, version: OcppVersion, registration: str
) -> OutboundCall | None:
    """The call to send now, marked Sent. Raises ConnectionEnded."""
    taken = await _taking.submit(_Connection(connection_id, (version, registration)))
    if isinstance(taken, Alone):
        return await in_database(delivery.take_call, connection_id, version, registration)
    return taken


async def check_open(connection_id: int) -> None:
    """Raise ConnectionEnded where the socket is to be closed."""
    await _taking.submit(_Connection(connection_id, None))


async def record_answer(station: ChargingStation, message_id: str, payload: Any) -> bool:
    """A CALLRESULT came. False when it answers no call that was placed here."""
    recorded = await _answers.submit(Answer(station.pk, message_id, payload))
    if isinstance(recorded, Alone):
        return await in_database(inbound.receive_result, station, message_id, payload)
    return recorded


def close() -> None:
    """Finish what is under way, and give the database connections back."""
    _taking.close()
    _answers.close()


def _take(
    connections: Sequence[_Connection],
) -> list[OutboundCall | Alone | None | Exception]:
    found = delivery.stations_of([each.id for each in connections])
    takers = {
        each.id: Taker(found[each.id], each.takes[0], str(each.id), each.takes[1])
        for each in connections
        if each.takes and not isinstance(found[each.id], ConnectionEnded)
    }
    taken = dict(zip(takers, group_delivery.next_calls(list(takers.values())), strict=True))
    results: list[OutboundCall | Alone | None | Exception] = []
    for each in connections:
        is_over = isinstance(found[each.id], ConnectionEnded)
        results.append(found[each.id] if is_over else taken.pop(each.id, None))
    return results


_taking: GroupCommit[_Connection, OutboundCall | Alone | None] = GroupCommit(_take, name="taking")
_answers: GroupCommit[Answer, bool | Alone] = GroupCommit(
    group_delivery.record_answers, name="answers"
)
