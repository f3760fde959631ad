"""The port through which diagnostics reaches stations; the host gives the implementation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from diagnostics.conf import DiagnosticsSettings, current_settings
from diagnostics.jobs import enqueue
from diagnostics.ocpp.versions import OcppVersion

if TYPE_CHECKING:
    from diagnostics.models import OutboundCall

DISPATCH_TASK = "diagnostics.tasks.dispatch_call"


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

        Whoever holds the connection then takes them with `services.delivery.next_call`.
        """
        ...


class FleetGateway(StationGateway, Protocol):
    """What a gateway may answer for many stations at once: none of it is required.

    Each takes a queryset of stations and returns it narrowed. `services.fleet` asks.
    """

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


def dispatch_on_commit(call: OutboundCall) -> None:
    """Hand the call to Celery once its row is durable.

    The row is the truth and this only hurries it: when the broker is away the sweep delivers.
    """
    transaction.on_commit(lambda: enqueue(DISPATCH_TASK, call.pk))
