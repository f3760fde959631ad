"""Stations of the `ocpp` package that serve block N as a test tells them to, in both 2.x versions.

What they will answer is said before they are asked; what nobody said is NotSupported. Requests are
kept by action, in the wire's spelling.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ocpp import v21, v201
from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.exceptions import NotSupportedError
from ocpp.routing import on

from diagnostics.services.calls import delivery
from stations.models import ChargingStation
from tests.servers.processes import PATIENCE, comes_true

NOW = "2026-03-02T08:00:01Z"

ACTIONS = (
    "AdjustPeriodicEventStream",
    "ClearVariableMonitoring",
    "CustomerInformation",
    "GetBaseReport",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "GetMonitoringReport",
    "GetPeriodicEventStream",
    "GetReport",
    "GetVariables",
    "SendLocalList",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetVariableMonitoring",
    "SetVariables",
    "TriggerMessage",
)


class BlockN:
    """What both versions share; `words` is the version's package."""

    words: Any

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection, response_timeout=PATIENCE)  # type: ignore[call-arg]
        self._answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._asked: dict[str, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)

    def will(self, action: str, **answer: Any) -> None:
        """Answer the next request of this action with these fields, spelled as on the wire."""
        self._answers[action].append(answer)

    async def asked(self, action: str) -> dict[str, Any]:
        """The next request of this action, as it was on the wire."""
        return await asyncio.wait_for(self._asked[action].get(), PATIENCE)

    async def says(self, action: str, **message: Any) -> Any:
        """Send a message and return the payload of its answer."""
        kind = getattr(self.words.call, action)
        payload = camel_to_snake_case(message)
        return await self.call(kind(**payload), suppress=False)  # type: ignore[attr-defined]

    async def boots(self) -> None:
        """Send BootNotification and be accepted."""
        box = {"vendorName": "Nordlader", "model": "NL-22-Duo", "firmwareVersion": "3.8.2"}
        answer = await self.says("BootNotification", chargingStation=box, reason="PowerUp")
        assert answer.status == "Accepted"

    async def take(self, action: str, request: dict[str, Any]) -> Any:
        await self._asked[action].put(snake_to_camel_case(request))
        if not self._answers[action]:
            raise NotSupportedError
        answer = camel_to_snake_case(self._answers[action].pop(0))
        return getattr(self.words.call_result, action)(**answer)


def _handler(action: str) -> Callable[..., Any]:
    async def handle(self: BlockN, **request: Any) -> Any:
        return await self.take(action, request)

    handle.__name__ = f"on_{action}"  # the package finds handlers by the names of functions
    return on(action)(handle)


_HANDLERS = {f"on_{action}": _handler(action) for action in ACTIONS}
_ALSO_201 = {
    name: handler for name, handler in _HANDLERS.items() if "PeriodicEventStream" not in name
}

Station201: type[Any] = type("Station201", (BlockN, v201.ChargePoint), {"words": v201, **_ALSO_201})
Station21: type[Any] = type("Station21", (BlockN, v21.ChargePoint), {"words": v21, **_HANDLERS})

BOTH = [Station201, Station21]


async def act(service: Callable[..., Any], **wanted: Any) -> Any:
    """Call a service for the only station, and ring as the worker does."""

    def click() -> Any:
        found = service(station=ChargingStation.objects.get(), **wanted)
        delivery.ring_waiting()
        return found

    return await asyncio.to_thread(click)


async def becomes(row: Any, **facts: Any) -> None:
    """The row gets there; fails with what it has instead."""

    def found() -> dict[str, Any]:
        return {name: getattr(row, name) for name in facts}

    async def is_there() -> bool:
        await asyncio.to_thread(row.refresh_from_db)
        return found() == facts

    await comes_true(is_there, lambda: f"{found()} becomes {facts}")


async def counts(rows: Any, number: int) -> None:
    """A query comes to find this many rows."""

    async def are_there() -> bool:
        return bool(await rows.acount() == number)

    await comes_true(are_there, lambda: f"{rows.count()} rows become {number}")
