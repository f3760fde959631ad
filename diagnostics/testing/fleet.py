"""Many simulated stations in one process."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.client import StationClient
from diagnostics.testing.device import typical_device
from diagnostics.testing.logs import LogForm
from diagnostics.testing.quirks import Quirk
from diagnostics.testing.station import ScriptedStation

Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPlan:
    """One station to simulate; `log_size` in bytes, `events` in a second.

    `transfers_by` names the schemes that it brings files by; by default http and https.
    """

    identity: str
    version: OcppVersion = OcppVersion.V201
    quirks: frozenset[Quirk] = frozenset()
    password: str | None = field(default=None, repr=False)
    serial_number: str = ""
    log_size: int = 20_000
    log_form: LogForm = LogForm.TEXT
    seed: int | str | None = None
    events: float = 0.0
    transfers_by: tuple[str, ...] = ()

    def build(self, epoch: datetime) -> ScriptedStation:
        """Make the station; raises ValueError as it does."""
        seed = random.getrandbits(64) if self.seed is None else self.seed  # noqa: S311
        return ScriptedStation(
            self.version,
            device=typical_device(self.version, self.serial_number or self.identity),
            quirks=self.quirks,
            epoch=epoch,
            log_size=self.log_size,
            log_form=self.log_form,
            seed=f"{seed}/{self.identity}",
            events=self.events,
            transfers_by=self.transfers_by,
        )


class Fleet:
    """Stations that connect to one address, at most `connect_rate` of them a second."""

    def __init__(
        self,
        plans: Sequence[StationPlan],
        url: str,
        *,
        connect_rate: float = 50.0,
        tell: Tell = lambda identity, text: None,
    ) -> None:
        self._plans = plans
        self._url = url
        self._rate = connect_rate
        self._listener = tell
        self._clients: list[StationClient] = []
        self._told: Counter[str] = Counter()

    @property
    def connected(self) -> int:
        """How many stations have a connection now."""
        return sum(client.is_connected for client in self._clients)

    def accounts(self) -> list[dict[str, Any]]:
        """By station: `identity`, `version`, `quirks`, and how often it was `called`, by action."""
        return [
            {
                "identity": plan.identity,
                "version": plan.version.value,
                "quirks": sorted(plan.quirks),
                "called": dict(client.station.called),
            }
            for plan, client in zip(self._plans, self._clients, strict=True)
        ]

    def check(self) -> None:
        """Raise ValueError, with a sentence, for a station that cannot be."""
        for plan in self._plans:
            plan.build(datetime.now(UTC))

    def summary(self) -> str:
        """What has happened so far, counted by the first word of what was told."""
        return ", ".join(f"{word}: {count}" for word, count in sorted(self._told.items()))

    async def run(
        self,
        stop: asyncio.Event,
        duration: float | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """Connect everybody and stay until `stop` is set, or for `duration` seconds.

        `rng` gives the jitter of reconnections.
        """
        epoch = datetime.now(UTC) - timedelta(seconds=asyncio.get_running_loop().time())
        self._clients = [self._client(plan, epoch, rng) for plan in self._plans]
        tasks = [
            asyncio.create_task(self._start(client, number / self._rate))
            for number, client in enumerate(self._clients)
        ]
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({waiting, *tasks}, timeout=duration, return_when="FIRST_COMPLETED")
        for task in (waiting, *tasks):
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _start(self, client: StationClient, delay: float) -> None:
        await asyncio.sleep(delay)
        await client.run()

    def _client(
        self, plan: StationPlan, epoch: datetime, rng: random.Random | None
    ) -> StationClient:
        return StationClient(
            plan.build(epoch),
            self._url,
            plan.identity,
            password=plan.password,
            tell=self._tell,
            rng=rng,
        )

    def _tell(self, identity: str, text: str) -> None:
        self._told[text.partition(" ")[0].rstrip(":")] += 1
        self._listener(identity, text)
