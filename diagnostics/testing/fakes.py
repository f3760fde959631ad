"""A gateway for tests: stations that are where the test says they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diagnostics.models import OutboundCall
from diagnostics.ocpp.versions import OcppVersion


@dataclass(slots=True)
class _Known:
    station: Any
    identity: str
    version: OcppVersion | None
    online: bool


class FakeGateway:
    """`StationGateway` from memory: `DIAGNOSTICS = {"GATEWAY": "diagnostics.testing.fakes…"}`.

    `get_gateway()` gives the instance, whose `put` places stations; one that was never placed has
    its primary key as identity, no version, and is offline. `rung` holds the ids of the calls
    whose doorbell was rung.
    """

    def __init__(self) -> None:
        self._known: dict[Any, _Known] = {}
        self.rung: list[int] = []

    def put(
        self,
        station: Any,
        *,
        identity: str | None = None,
        version: OcppVersion | str | None = OcppVersion.V201,
        online: bool = True,
    ) -> None:
        """Place a station, or place it anew."""
        found = None if version is None else OcppVersion(version)
        self._known[station.pk] = _Known(station, identity or str(station.pk), found, online)

    def identity(self, station: Any) -> str:
        known = self._known.get(station.pk)
        return known.identity if known else str(station.pk)

    def version(self, station: Any) -> OcppVersion | None:
        known = self._known.get(station.pk)
        return known.version if known else None

    def find(self, identity: str) -> Any | None:
        return next((k.station for k in self._known.values() if k.identity == identity), None)

    def is_online(self, station: Any) -> bool:
        known = self._known.get(station.pk)
        return known is not None and known.online

    def send(self, call: OutboundCall) -> None:
        self.rung.append(call.pk)
