"""`manage.py demo`: something to see. An operator's account, stations, and a log asked of each."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from config.environment import kept_secret
from diagnostics.lifecycles.log_request import UploadStatus
from diagnostics.models import LogRequest
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.logs import request_log
from diagnostics.testing.fleet import Fleet, StationPlan
from diagnostics.testing.logs import LogForm
from diagnostics.testing.quirks import Quirk
from stations.models import ChargingStation, SecurityProfile
from stations.passwords import new_password
from stations.services import register_station, set_password

USERNAME = "admin"
STRANGER = "DEMO-NEWCOMER"

#: Seconds to wait for the logs before the login is printed.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A station of the demonstration, and what can be seen on it."""

    identity: str
    name: str
    version: OcppVersion
    quirks: frozenset[Quirk] = frozenset()
    log_form: LogForm = LogForm.TEXT
    log_size: int = 200_000


STATIONS = (
    Shown(
        "DEMO-16-CORE",
        "Harbour, OCPP 1.6 without security extension",
        OcppVersion.V16,
        frozenset({Quirk.NO_GET_LOG, Quirk.OPENEVSE_MULTIPART}),
    ),
    Shown("DEMO-16", "Town hall, OCPP 1.6 with security extension", OcppVersion.V16),
    Shown("DEMO-201", "Railway station, OCPP 2.0.1", OcppVersion.V201, log_form=LogForm.ZIP),
    Shown(
        "DEMO-21",
        "Motorway, OCPP 2.1",
        OcppVersion.V21,
        log_form=LogForm.GZIP,
        log_size=3_000_000,
    ),
    Shown(
        "DEMO-CLAIMS",
        "Says it uploaded, but sends nothing",
        OcppVersion.V201,
        frozenset({Quirk.UPLOADED_WITHOUT_FILE}),
    ),
    Shown("DEMO-REJECTS", "Refuses to give its log", OcppVersion.V201, frozenset({Quirk.REJECTS})),
    Shown(
        "DEMO-WEAK",
        "Loses its uplink in the middle of a file",
        OcppVersion.V21,
        frozenset({Quirk.CUTS_OFF_MIDWAY}),
    ),
)


class Command(BaseCommand):
    help = (
        "Make an operator's account (password from DEMO_PASSWORD, or made up), connect simulated "
        "stations to the running server and ask each for its log. Runs until Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default=settings.PUBLIC_URL, help="where the server answers (PUBLIC_URL)"
        )

    def handle(self, *, url: str, **options: Any) -> None:
        operator, login = make_operator()
        plans = [register(shown) for shown in STATIONS]
        plans.append(StationPlan(identity=STRANGER))
        requests = [ask(shown.identity, operator) for shown in STATIONS]
        fleet = Fleet(plans, f"{url.replace('http', 'ws', 1)}/ocpp")
        greeting = f"Operators: {url}/admin/\nLogin:     {login}"
        asyncio.run(self._run(fleet, requests, greeting))

    async def _run(self, fleet: Fleet, requests: list[int], greeting: str) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        reporting = asyncio.create_task(self._report(fleet, requests, greeting))
        try:
            await fleet.run(stop)
        finally:
            reporting.cancel()

    async def _report(self, fleet: Fleet, requests: list[int], greeting: str) -> None:
        """Wait for the logs, then say what there is to see and how to get in."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        waiting, verdicts = await asyncio.to_thread(standing_of, requests)
        while waiting and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.5)
            waiting, verdicts = await asyncio.to_thread(standing_of, requests)
        logs = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        self.stdout.write(f"Simulated stations connected: {fleet.connected}. Their logs: {logs}.")
        self.stdout.write(f"{STRANGER} knocks and is not registered: adopt it under Stations.")
        self.stdout.write(greeting)


def make_operator() -> tuple[Any, str]:
    """The operator's account, and what to tell about its password; one that exists is kept."""
    given = os.environ.get("DEMO_PASSWORD")
    password = given or kept_secret(settings.VAR_DIR / "demo_password")[:16]
    users = get_user_model()._default_manager
    operator = users.filter(**{get_user_model().USERNAME_FIELD: USERNAME}).first()
    if operator is None:
        operator = users.create_superuser(USERNAME, password=password)
    known = operator.check_password(password)
    return operator, f"{USERNAME} / {password if known else '(the password it already had)'}"


def register(shown: Shown) -> StationPlan:
    """Make the station known, or give it another password, and plan its simulation."""
    password = new_password()
    station = ChargingStation.objects.with_identity(shown.identity).first()
    if station is None:
        station, _ = register_station(shown.identity, password=password, name=shown.name)
    elif station.security_profile == SecurityProfile.BASIC:
        set_password(station, password)
    return StationPlan(
        identity=station.identity,
        version=shown.version,
        quirks=shown.quirks,
        password=password,
        log_size=shown.log_size,
        log_form=shown.log_form,
        events=0.05,  # now and then, so that pages have something to show
    )


def ask(identity: str, operator: Any) -> int:
    """Ask for the station's log; the request waits until it connects. Returns its id."""
    station = ChargingStation.objects.with_identity(identity).get()
    return request_log(station=station, requested_by=operator).pk


def standing_of(requests: list[int]) -> tuple[bool, Counter[str]]:
    """Whether more will follow soon, and how many requests stand where; for a thread of its own.

    A station that claims its upload is believed for a while: nobody waits for that here.
    """
    try:
        rows = LogRequest.objects.filter(pk__in=requests)
        waiting = rows.open().exclude(station_status=UploadStatus.UPLOADED).exists()
        return waiting, Counter(rows.values_list("verdict", flat=True))
    finally:
        connections.close_all()
