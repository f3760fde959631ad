"""`manage.py simulate`: charging stations that are not there, over real sockets."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.carriers import SCHEMES
from diagnostics.testing.logs import LogForm
from diagnostics.testing.quirks import Quirk

try:
    from diagnostics.testing.fleet import Fleet, StationPlan
except ModuleNotFoundError as error:
    if error.name != "websockets":
        raise
    sys.exit("Simulated stations need the package websockets: install ocpp-diagnostics[simulator].")

#: With more stations than this, a summary takes the place of a line per event.
MOST_TOLD = 20

SUMMARY_INTERVAL = 5.0  # seconds

#: The multiples of it spread over 0 to 1 most evenly, however many there are.
GOLDEN = 0.6180339887498949

ALL = 100.0


class Command(BaseCommand):
    help = "Simulate charging stations, with the quirks of real ones, until Ctrl-C or --duration."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Let `--version` be the one of OCPP instead of Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="where stations connect, as ws://HOST:PORT/ocpp")
        parser.add_argument(
            "--version",
            default=OcppVersion.V201.value,
            type=_versions,
            metavar="VERSION[,VERSION]",
            help="the OCPP version they speak (default 2.0.1); of several they take turns",
        )
        parser.add_argument("--count", type=int, default=1, help="how many (default 1)")
        parser.add_argument(
            "--identity", default="SIM", help="the identity of one, the prefix of several"
        )
        parser.add_argument("--password", help="of security profile 1, the same for all")
        parser.add_argument(
            "--quirk",
            action="append",
            default=[],
            type=_share,
            metavar="QUIRK[=N%]",
            help="something all of them do differently, or so many of a hundred; may be repeated",
        )
        parser.add_argument("--list-quirks", action="store_true", help="explain them and end")
        parser.add_argument("--duration", type=float, help="seconds after which to end")
        parser.add_argument(
            "--connect-rate", type=float, default=50.0, help="connections a second (default 50)"
        )
        parser.add_argument(
            "--log-size", type=int, default=20_000, help="bytes of a log (default 20000)"
        )
        parser.add_argument(
            "--log-form",
            default=LogForm.TEXT.value,
            choices=[form.value for form in LogForm],
            help="how a diagnostics log is packed (default log: not at all)",
        )
        parser.add_argument(
            "--transfer",
            action="append",
            default=[],
            choices=SCHEMES,
            help="what they bring files by, and nothing else; may be repeated",
        )
        parser.add_argument(
            "--events",
            type=_rate,
            default=0.0,
            metavar="N/s",
            help="alerts, faults and their ends that each station tells in a second (default 0)",
        )
        parser.add_argument("--seed", type=int, help="for the same ids and logs each time")
        parser.add_argument("--quiet", action="store_true", help="only a summary")
        parser.add_argument("--account", metavar="FILE", help="write how often each was called")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list_quirks"]:
            for quirk in Quirk:
                self.stdout.write(f"{quirk.value:<29} {quirk.description}")
            return
        fleet = self._fleet(options)
        asyncio.run(self._run(fleet, options))

    def _fleet(self, options: dict[str, Any]) -> Fleet:
        """Plan the stations; ends the command for options that make no sense."""
        if not (options["url"] or "").startswith(("ws://", "wss://")):
            raise CommandError("Give --url ws://HOST:PORT/ocpp.", returncode=2)
        if options["count"] < 1 or options["connect_rate"] <= 0 or options["log_size"] < 0:
            raise CommandError("There is nothing to simulate with these numbers.", returncode=2)
        plans = [self._plan(*each, options) for each in enumerate(_identities(options), 1)]
        told = options["count"] <= MOST_TOLD and not options["quiet"]
        fleet = Fleet(
            plans,
            options["url"],
            connect_rate=options["connect_rate"],
            tell=self._tell if told else lambda identity, text: None,
        )
        try:
            fleet.check()
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        return fleet

    def _plan(self, number: int, identity: str, options: dict[str, Any]) -> StationPlan:
        versions = options["version"]
        return StationPlan(
            identity=identity,
            version=versions[number % len(versions)],
            quirks=_quirks(number, options["quirk"]),
            password=options["password"],
            log_size=options["log_size"],
            log_form=LogForm(options["log_form"]),
            seed=options["seed"],
            events=options["events"],
            transfers_by=tuple(options["transfer"]),
        )

    def _tell(self, identity: str, text: str) -> None:
        self.stdout.write(f"{identity}: {text}")

    async def _run(self, fleet: Fleet, options: dict[str, Any]) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        rng = random.Random(options["seed"])  # noqa: S311  for jitter
        summary = asyncio.create_task(self._summarize(fleet, options))
        try:
            await fleet.run(stop, options["duration"], rng=rng)
        finally:
            summary.cancel()
            if options["account"]:
                Path(options["account"]).write_text(json.dumps(fleet.accounts(), indent=1))
        self.stdout.write(f"Ended. {fleet.summary()}")

    async def _summarize(self, fleet: Fleet, options: dict[str, Any]) -> None:
        while options["quiet"] or options["count"] > MOST_TOLD:
            await asyncio.sleep(SUMMARY_INTERVAL)
            connected = f"{fleet.connected} of {options['count']} connected"
            self.stdout.write(f"{connected}. {fleet.summary()}")


def _rate(text: str) -> float:
    """Read a rate a second, as `5/s` or `0.2`; argparse tells what is wrong with others."""
    rate = float(text.removesuffix("/s"))
    if not 0 <= rate <= 1000:
        raise ValueError("a rate is 0 to 1000 a second")
    return rate


def _versions(text: str) -> list[OcppVersion]:
    try:
        return [OcppVersion(each) for each in text.split(",")]
    except ValueError as error:
        known = ", ".join(OcppVersion)
        raise ArgumentTypeError(f"{text} is no version of OCPP: there are {known}") from error


def _share(text: str) -> tuple[Quirk, float]:
    """A quirk, and of how many of a hundred: `silent` of all, `silent=5%` of every twentieth."""
    name, _, share = text.partition("=")
    if name not in list(Quirk):
        raise ArgumentTypeError(f"{name} is no quirk: --list-quirks names them")
    part = float(share.removesuffix("%") or ALL)
    if not 0 < part <= ALL:
        raise ArgumentTypeError(f"{share} is no part of a hundred")
    return Quirk(name), part


def _quirks(number: int, shares: list[tuple[Quirk, float]]) -> frozenset[Quirk]:
    """Those of the station with this number. It has no two that are for some of them only."""
    place, start, found = ALL * (number * GOLDEN % 1), 0.0, set()
    for quirk, share in shares:
        if share == ALL or start <= place < start + share:
            found.add(quirk)
        start += share % ALL
    return frozenset(found)


def _identities(options: dict[str, Any]) -> list[str]:
    """One identity as it is given, several with a number of as many digits as are needed."""
    prefix, count = options["identity"], options["count"]
    if count == 1:
        return [prefix]
    digits = max(3, len(str(count)))
    return [f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)]
