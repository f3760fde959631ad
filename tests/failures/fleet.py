"""A log campaign over a fleet of any size, with processes that die under it, and what came of it.

Stations of three versions hang on two ASGI servers; some never answer, some refuse, and a tenth is
away and returns. One worker is killed, and the ASGI server of half of them is killed and started
again. Who was asked how often is told by the stations themselves.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.campaign import UNSETTLED
from diagnostics.lifecycles.log_request import SUCCEEDED
from diagnostics.models import Campaign, CampaignStation, OutboundCall
from diagnostics.services import campaigns
from diagnostics.testing import Quirk
from stations.models import ChargingStation, Registration, StationConnection
from tests.failures.watching import OpenPage
from tests.servers.processes import ServerProcess, wait_until
from tests.servers.product import Product

# Seconds between two looks at how it stands, and between two lines on it.
LOOK_AGAIN, TOLD_EVERY = 0.1, 15.0
ORDERS = ("GetLog", "GetDiagnostics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`percent` of the stations never answer, as many refuse; `longest` is seconds in
    which nothing moves."""

    stations: int
    percent: int = 5
    at_once: int = 20
    connect_rate: float = 50.0
    longest: float = 120.0

    @property
    def away(self) -> int:
        return self.stations // 10


@dataclass(slots=True)
class Findings:
    """`ends` counts (what the stations were, how they ended); lists name what should not be."""

    seconds: float = 0.0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    # How often a station heard the question -> how many stations.
    heard: Counter[int] = field(default_factory=Counter)
    asked_needlessly: list[str] = field(default_factory=list)
    looks: int = 0
    lies: list[str] = field(default_factory=list)


@contextmanager
def started(
    environment: Mapping[str, str], directory: Path, *, patience: float
) -> Iterator[Product]:
    """The product of a `Run`, which gives stations so many seconds for an answer."""
    impatient = {
        "DJANGO_SETTINGS_MODULE": "tests.failures.impatient",
        "PATIENCE": str(patience),
        "READ_STATIONS": "0",
    }
    product = Product({**environment, **impatient}, directory)
    try:
        product.start("web", "web-2", "worker", "worker-2", "beat")
        yield product
    finally:
        product.stop()


class Simulated:
    """`manage.py simulate` with some of the fleet, `A001`, `A002` and so on, which it registers."""

    def __init__(self, product: Product, plan: Plan, letter: str, count: int, web: str) -> None:
        self._account = product.directory / f"{letter}.json"
        self._called: Counter[str] = Counter()
        self.quirks: dict[str, list[str]] = {}
        argv = [sys.executable, "manage.py", "simulate", "--identity", letter]
        argv += ["--url", product.url_of(web).replace("http", "ws", 1) + "/ocpp"]
        argv += ["--count", str(count), "--connect-rate", str(plan.connect_rate / 2)]
        argv += ["--version", "1.6,2.0.1,2.1"]
        argv += ["--quirk", f"{Quirk.SILENT}={plan.percent}%"]
        argv += ["--quirk", f"{Quirk.REJECTS}={plan.percent}%"]
        argv += ["--log-size", "2000", "--seed", "7", "--quiet", "--account", str(self._account)]
        log = product.directory / f"{letter}.log"
        self._process = ServerProcess(argv, log=log, environment=product.environment)
        register(letter, count)

    @contextmanager
    def sailing(self) -> Iterator[None]:
        """Connected while the block runs; then the stations give account."""
        self._process.start(lambda: True)
        try:
            yield
        finally:
            self._process.stop(timeout=30)
        for row in json.loads(self._account.read_text()):
            self.quirks[row["identity"]] = row["quirks"]
            self._called[row["identity"]] += sum(row["called"].get(each, 0) for each in ORDERS)

    def heard(self, identity: str) -> int:
        """How often a station was asked for its log."""
        return self._called[identity]


def register(letter: str, count: int) -> None:
    digits = max(3, len(str(count)))
    ChargingStation.objects.bulk_create(
        ChargingStation(identity=f"{letter}{number:0{digits}}", security_profile=0)
        for number in range(1, count + 1)
    )


class Run:
    """One campaign over the fleet, with the product as `started`; `tell` hears how it goes."""

    def __init__(self, product: Product, plan: Plan, tell: Callable[[str], Any] = print) -> None:
        self._product, self._plan, self._tell = product, plan, tell
        self._began = time.monotonic()
        half = (plan.stations - plan.away) // 2
        self._here = [
            Simulated(product, plan, "A", plan.stations - plan.away - half, "web"),
            Simulated(product, plan, "B", half, "web-2"),
        ]
        self._away = Simulated(product, plan, "C", plan.away, "web-2")

    def go(self) -> Findings:
        """To its end, and what came of it. Raises TimeoutError where nothing moves any more."""
        with ExitStack() as stack:
            for fleet in self._here:
                stack.enter_context(fleet.sailing())
            with self._away.sailing():
                self._until("booted", _booted, self._plan.stations)
            self._until("away", lambda: self._plan.stations - _connected(), self._plan.away)
            campaign = _start(self._plan)
            page = stack.enter_context(OpenPage(campaign, self._product.url))
            self._have_some_die(campaign, stack)
            self._until("over", lambda: _over(campaign), self._plan.stations)
            ended = Campaign.objects.filter(pk=campaign.pk, ended_at__isnull=False)
            wait_until(ended.exists, "the campaign is over")
            wait_until(lambda: page.shown == _counts(campaign), "the page shows the end")
        return _find_out(campaign, [*self._here, self._away], page)

    def _have_some_die(self, campaign: Campaign, stack: ExitStack) -> None:
        self._until("over", lambda: _over(campaign), self._plan.stations * 0.15)
        self._product.kill("worker")
        self._told("a worker was killed, the other one goes on")
        self._until("over", lambda: _over(campaign), self._plan.stations * 0.3)
        self._product.kill("web-2")
        self._told("an ASGI server was killed, to which those return that were away")
        stack.enter_context(self._away.sailing())
        self._product.start("web-2")
        self._told("it is back")

    def _until(self, what: str, counted: Callable[[], int], wanted: float) -> None:
        """Wait until so many are; say now and then how many there are."""
        patient_until = time.monotonic() + self._plan.longest
        said_at, before = time.monotonic(), -1
        while (count := counted()) < wanted:
            if count > before:
                patient_until, before = time.monotonic() + self._plan.longest, count
            if time.monotonic() > patient_until:
                raise TimeoutError(f"{count} stations are {what}, and no more")
            if time.monotonic() > said_at + TOLD_EVERY:
                self._told(f"{count} stations are {what}")
                said_at = time.monotonic()
            time.sleep(LOOK_AGAIN)
        self._told(f"{count} stations are {what}")

    def _told(self, what: str) -> None:
        self._tell(f"{time.monotonic() - self._began:4.0f} s: {what}")


def _booted() -> int:
    return ChargingStation.objects.filter(registration=Registration.ACCEPTED).count()


def _connected() -> int:
    live: Any = StationConnection.objects.live()
    found: int = live.count()
    return found


def _over(campaign: Campaign) -> int:
    """Stations that have come to their end."""
    return CampaignStation.objects.filter(campaign=campaign).exclude(state__in=UNSETTLED).count()


def _start(plan: Plan) -> Campaign:
    with transaction.atomic():
        campaign = campaigns.start_campaign(
            name="All logs",
            operation="Log",
            params={"log_type": "DiagnosticsLog"},
            stations=ChargingStation.objects.all(),
            at_once=plan.at_once,
            attempts=2,
        )
        # At once, which nobody may choose: a proof need not wait.
        campaign.retry_minutes = 0
        campaign.save(update_fields=["retry_minutes"])
    return campaign


def _counts(campaign: Campaign) -> dict[str, int]:
    return campaigns.tally([campaign.pk])[campaign.pk]


def _find_out(campaign: Campaign, fleets: list[Simulated], page: OpenPage) -> Findings:
    campaign.refresh_from_db()
    assert campaign.ended_at
    lasted = campaign.ended_at - campaign.created_at
    found = Findings(lasted.total_seconds(), looks=page.looks, lies=page.lies)
    quirks = {name: each for fleet in fleets for name, each in fleet.quirks.items()}
    heard = {name: fleet.heard(name) for fleet in fleets for name in fleet.quirks}
    failed = _failed_calls()
    for row in CampaignStation.objects.filter(campaign=campaign).select_related("station"):
        name = row.station.identity
        kind, right = _right_end(quirks[name])
        end = f"{row.state} {row.code}".strip()
        found.ends[kind, end] += 1
        found.heard[heard[name]] += 1
        if not end.startswith(right):
            found.wrong.append(f"{name}, {kind}: {end} {row.info}")
        # Whoever is asked again has failed before.
        if heard[name] > 1 + failed.get(row.station_id, 0) - (row.state != "Succeeded"):
            found.asked_needlessly.append(f"{name}: {heard[name]} times")
    return found


def _failed_calls() -> Counter[Any]:
    """Station -> how often it was asked, and nothing came of it.

    Within one request too: one of 1.6 that is silent is asked in the older way (GetDiagnostics).
    """
    asked = OutboundCall.objects.filter(action="GetLog").exclude(wire_action="")
    lost = Q(status__in=[CallStatus.TIMED_OUT, CallStatus.REFUSED])
    failed = asked.filter(lost | ~Q(log_request__verdict__in=SUCCEEDED))
    return Counter(failed.values_list("station_id", flat=True))


def _right_end(quirks: list[str]) -> tuple[str, str]:
    """What a station is, and how it has to end."""
    if Quirk.REJECTS in quirks:
        return "refuses", "Failed Rejected"
    return ("silent", "Failed Lost") if Quirk.SILENT in quirks else ("good", "Succeeded Received")
