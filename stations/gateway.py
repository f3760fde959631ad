"""Reaches the process that holds a station's socket; the only sender to the stations' groups.

Messages only wake it up: what is to be done stands in the database, which every process also looks
at by itself every few seconds. Those that concern one connection go to the group of its process;
the doorbell, which names stations, goes to all processes, so that nobody looks up who holds them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db.models import Q, QuerySet

from diagnostics.background import send_now
from diagnostics.models import OutboundCall
from diagnostics.ocpp.versions import OcppVersion
from stations.models import ChargingStation, StationConnection

logger = logging.getLogger(__name__)


# The channel group in which all server processes listen.
ALL = "stations"


def group_of(server_id: UUID) -> str:
    """The channel group in which one server process listens."""
    return f"stations.{server_id}"


async def ring(stations: Collection[int]) -> None:
    """Have stations, by their primary keys, take their calls, whichever processes hold them.

    One message. Raises what the layer's backend raises.
    """
    await _send(ALL, stations=list(stations))


async def wake(server_id: UUID, connection_id: int) -> None:
    """Have the connection look at its row and its calls. Never raises: the rows are the truth."""
    try:
        await _send(group_of(server_id), connections=[connection_id])
    except Exception as error:  # whatever the layer's backend raises
        logger.warning("Connection %s was not woken: %s", connection_id, error)


async def _send(group: str, **woken: list[int]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        await layer.group_send(group, {"type": "wake", **woken})


class ChannelsGateway:
    """`diagnostics.gateway.StationGateway` for stations connected to this project."""

    def identity(self, station: ChargingStation) -> str:
        return station.identity

    def version(self, station: ChargingStation) -> OcppVersion | None:
        return OcppVersion(station.ocpp_version) if station.ocpp_version else None

    def find(self, identity: str) -> ChargingStation | None:
        return ChargingStation.objects.with_identity(identity).first()

    def is_online(self, station: ChargingStation) -> bool:
        return StationConnection.objects.live().filter(station=station).exists()

    # Of many at once: `diagnostics.gateway.FleetGateway`

    def online(self, stations: QuerySet[Any]) -> QuerySet[Any]:
        return stations.filter(pk__in=StationConnection.objects.live().values("station"))

    def speaking(self, stations: QuerySet[Any], version: OcppVersion) -> QuerySet[Any]:
        return stations.filter(ocpp_version=version.value)

    def matching(self, stations: QuerySet[Any], text: str) -> QuerySet[Any]:
        return stations.filter(Q(identity__icontains=text) | Q(name__icontains=text))

    def send(self, call: OutboundCall) -> None:
        self.send_all([call])

    def send_all(self, calls: Sequence[OutboundCall]) -> None:
        send_now(partial(ring, {call.station_id for call in calls}))
