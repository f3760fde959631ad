"""The port through which diagnostics reaches stations; the host gives the implementation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import QuerySet
from django.utils.module_loading import import_string

from diagnostics.conf import DiagnosticsSettings, current_settings
from diagnostics.ocpp.versions import OcppVersion

if TYPE_CHECKING:
    from diagnostics.models import OutboundCall


class StationGateway(Protocol):
    """What diagnostics asks of the host. `station` is an instance of DIAGNOSTICS_STATION_MODEL.

    All methods are called from synchronous code, in any process.
    """

    def identity(self, station: Any) -> str:
        """The identity in the station's connection URL, as people know it."""
        ...

    def version(self, station: Any) -> OcppVersion | None:
        """The version of its connection, or of its last one; None before the first."""
        ...

    def find(self, identity: str) -> Any | None:
        """The station with this identity, or None."""
        ...

    def is_online(self, station: Any) -> bool:
        """Whether a connection is open now, as far as the host knows."""
        ...

    def send(self, call: OutboundCall) -> None:
        """Ring the doorbell: the station has calls waiting. May do nothing, may be repeated.

        Asked after the commit, in a thread of the process that placed the call. Whoever holds the
        connection then takes them with `services.calls.delivery.next_call`.
        """
        ...


class FleetGateway(StationGateway, Protocol):
    """What a gateway may answer for many stations at once: none of it is required.

    `send_all` rings for many calls. The others take a queryset of stations and return it narrowed;
    `services.fleet` asks.
    """

    def send_all(self, calls: Sequence[OutboundCall]) -> None:
        """`send` for each; asked of stations that are offline too. May raise: a worker follows."""
        ...

    def online(self, stations: QuerySet[Any]) -> QuerySet[Any]:
        """Those that `is_online`."""
        ...

    def speaking(self, stations: QuerySet[Any], version: OcppVersion) -> QuerySet[Any]:
        """Those of this `version`."""
        ...

    def matching(self, stations: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those with the text in their identity, or in another name that people know them by."""
        ...


def get_gateway() -> StationGateway:
    """The gateway that `DIAGNOSTICS["GATEWAY"]` names, the same object each time."""
    return _gateway_of(current_settings())


@lru_cache(maxsize=1)
def _gateway_of(current: DiagnosticsSettings) -> StationGateway:
    gateway: StationGateway = import_string(current.gateway)()
    return gateway
