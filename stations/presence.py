"""Who is connected, in the database: true for every process, and after the death of any.

A connection counts as open while its row is, and the process that holds the socket says that it is
alive. Whoever may close a row does it by compare-and-set, so that each end is told once.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics import inbound
from diagnostics.models import OutboundCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.calls import delivery
from stations.models import (
    DEAD_AFTER,
    ChargingStation,
    CloseReason,
    ServerProcess,
    StationConnection,
)

# Rows named in one statement, and dead connections closed in one sweep.
BATCH = 1000
KEPT_SERVERS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a connection came from; all text comes from outside, and is bounded."""

    remote_address: str
    user_agent: str
    is_encrypted: bool


class Opening(NamedTuple):
    """A connection that a server process has, and that is to be known."""

    station: ChargingStation
    server_id: UUID
    version: OcppVersion
    peer: Peer

    def row(self, now: datetime) -> StationConnection:
        return StationConnection(
            station=self.station,
            server_id=self.server_id,
            ocpp_version=self.version,
            remote_address=self.peer.remote_address,
            user_agent=self.peer.user_agent,
            is_encrypted=self.peer.is_encrypted,
            opened_at=now,
        )


class Opened(NamedTuple):
    """A connection that is known now, and (server, id) of the older ones, whose sockets are to be
    closed."""

    connection_id: int
    replaced: list[tuple[UUID, int]]


@dataclass(frozen=True, slots=True)
class State:
    """What a server process should know of its connections, by their ids."""

    open: frozenset[int]
    waiting: frozenset[int]


def start_server(server_id: UUID) -> None:
    """Make this process known as one that holds sockets."""
    now = timezone.now()
    ServerProcess.objects.create(
        id=server_id, host=socket.gethostname(), pid=os.getpid(), started_at=now, heartbeat_at=now
    )


def stop_server(server_id: UUID) -> None:
    """This process lets go of its sockets."""
    now = timezone.now()
    ServerProcess.objects.filter(pk=server_id).update(stopped_at=now, heartbeat_at=now)


def beat(server_id: UUID, seen: Collection[int], held: Collection[int]) -> State:
    """Say that the process is alive, and which stations it heard of; learn what is to be done.

    A process that was held up until others took it for dead is alive again with this. `held` are
    the connections whose sockets it has: rows that lost theirs, since the database was away when
    it closed, are closed here.
    """
    now = timezone.now()
    if not ServerProcess.objects.filter(pk=server_id).update(heartbeat_at=now, stopped_at=None):
        start_server(server_id)
    record_seen(seen, now)
    _close_strays(server_id, held, now)
    mine = StationConnection.objects.open().filter(server=server_id, station__is_active=True)
    calls = OutboundCall.objects.pending().filter(station__in=mine.values("station"))
    waiting = mine.filter(station__in=calls.values("station"))
    return State(
        open=frozenset(mine.values_list("pk", flat=True)),
        waiting=frozenset(waiting.values_list("pk", flat=True)),
    )


def _close_strays(server_id: UUID, held: Collection[int], now: datetime) -> None:
    """Young rows are left alone: their sockets may not be in `held` yet."""
    rows = StationConnection.objects.open().filter(server=server_id, opened_at__lt=now - DEAD_AFTER)
    strays = set(rows.values_list("pk", flat=True)).difference(held)
    close_connections(dict.fromkeys(strays, CloseReason.LOST))


def record_seen(station_ids: Collection[int], now: datetime) -> None:
    """Note when stations were last heard of; exact to the interval in which this is called."""
    ids = iter(sorted(station_ids))
    while batch := list(islice(ids, BATCH)):
        ChargingStation.objects.filter(pk__in=batch).update(last_seen_at=now)


@transaction.atomic
def open_connections(openings: Sequence[Opening]) -> list[Opened]:
    """New connections, each of another station, take the place of every older one (the newest is
    right: a station that lost its network does not close its socket).

    By few statements for all.
    """
    now, stations = timezone.now(), [each.station for each in openings]
    # First, since these locks put two connections at once in order; by their keys, so that no two
    # processes wait for each other.
    _lock(ChargingStation.objects.filter(pk__in=[station.pk for station in stations]))
    for version in {each.version for each in openings}:
        speak = [each.station.pk for each in openings if each.version == version]
        ChargingStation.objects.filter(pk__in=speak).update(ocpp_version=version, last_seen_at=now)
    replaced = _replace(stations, now)
    made = StationConnection.objects.bulk_create(each.row(now) for each in openings)
    for each in openings:
        each.station.ocpp_version = each.version
    inbound.stations_connected(
        [
            (each.station, {"version": each.version, "remote": each.peer.remote_address})
            for each in openings
        ]
    )
    return [Opened(row.pk, replaced.get(row.station_id, [])) for row in made]


def _replace(stations: Collection[Any], now: datetime) -> dict[int, list[tuple[UUID, int]]]:
    """Close what is open of these stations; returns by station (server, id) of their sockets."""
    older = StationConnection.objects.open().filter(station__in=stations)
    replaced: dict[int, list[tuple[UUID, int]]] = {}
    locked = older.select_for_update(no_key=True).order_by("pk")  # as `_close_rows` does
    rows = locked.values_list("station_id", "server_id", "pk")
    for station_id, server_id, connection_id in rows:
        if server_id is not None:
            replaced.setdefault(station_id, []).append((server_id, connection_id))
    if rows:
        older.update(closed_at=now, close_reason=CloseReason.REPLACED)
    return replaced


def _lock(rows: QuerySet[Any]) -> set[int]:
    locked = rows.select_for_update(no_key=True).order_by("pk")
    return set(locked.values_list("pk", flat=True))


def close_connections(ended: Mapping[int, CloseReason]) -> None:
    """Sockets are gone, each for a reason. Says nothing about stations of which a newer connection
    took the place, and nothing about those that were deleted."""
    now = timezone.now()
    rows = list(StationConnection.objects.select_related("station").filter(pk__in=ended))
    closed = _close_rows(rows, ended, now)
    record_seen([row.station_id for row in rows if row.pk in closed], now)
    others = [(row.station, str(row.pk)) for row in rows if row.pk not in closed]
    delivery.connections_lost(others)


@transaction.atomic
def _close_rows(
    rows: Sequence[StationConnection], reasons: Mapping[int, CloseReason], now: datetime
) -> set[int]:
    """Returns the keys of those that were open until now."""
    closed = _lock(StationConnection.objects.open().filter(pk__in=[row.pk for row in rows]))
    for reason in {reasons[pk] for pk in closed}:
        these = StationConnection.objects.filter(pk__in=[p for p in closed if reasons[p] == reason])
        these.update(closed_at=now, close_reason=reason)
    ended = [row for row in rows if row.pk in closed]
    inbound.stations_disconnected(
        [(row.station, str(row.pk), {"reason": str(reasons[row.pk])}) for row in ended]
    )
    return closed


def sweep(now: datetime | None = None) -> int:
    """Close the connections of processes that died, and forget these. Returns how many closed.

    Whoever is silent is taken for stopped first, and may say that he lives (`beat`).
    """
    now = now or timezone.now()
    silent = ServerProcess.objects.filter(heartbeat_at__lte=now - DEAD_AFTER, stopped_at=None)
    silent.update(stopped_at=now)
    orphaned = list(StationConnection.objects.orphaned(now).select_related("station")[:BATCH])
    reasons = dict.fromkeys([row.pk for row in orphaned], CloseReason.SERVER_DIED)
    closed = _close_rows(orphaned, reasons, now)
    ServerProcess.objects.filter(heartbeat_at__lt=now - KEPT_SERVERS).delete()
    return len(closed)
