"""`manage.py campaign`: ask many stations for the same, and wait until all have ended."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.campaign import Operation, StationState
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.management.asking import (
    FAILED,
    INTERRUPTED,
    STILL_WAITING,
    USAGE,
    ProgressLine,
    at_least,
    find_station,
    wait_until,
)
from diagnostics.models import Campaign, GroupMember, StationGroup, StationSelection
from diagnostics.services import campaigns
from diagnostics.services.fleet.selections import stations_of
from diagnostics.wording.campaigns import campaign_sentence


class Command(BaseCommand):
    help = (
        "Ask many stations for the same. With --wait, exit 0 only when every station that can has "
        "succeeded; 1: some failed or were not reached; 2: wrong use; 3: still waiting when "
        "--timeout was over, the campaign goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operation", choices=Operation.values, help="what to ask of them")
        parser.add_argument(
            "params", nargs="?", default="{}", help="its details as JSON, see docs/campaigns.md"
        )
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--all", action="store_true", help="all stations")
        whom.add_argument("--group", help="the stations of the group with this name")
        whom.add_argument("--selection", help="the stations of the selection with this name")
        whom.add_argument("--station", nargs="+", metavar="IDENTITY", help="these stations")
        parser.add_argument("--name", default="", help="what to call it")
        parser.add_argument("--at-once", type=at_least(1), default=20, help="stations at a time")
        parser.add_argument("--hours", type=at_least(1), default=24, help="to wait for those away")
        parser.add_argument(
            "--attempts", type=at_least(1), default=2, help="where repeating does no harm"
        )
        parser.add_argument("--wait", action="store_true", help="stay until all have ended")
        parser.add_argument("--timeout", type=float, help="seconds to wait at most")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = self._start(options)
            count = row.stations.count()
            self.stdout.write(f"Campaign {row.pk}: {count} station{'' if count == 1 else 's'}.")
            if options["wait"]:
                self._wait(row, options["timeout"])
        except KeyboardInterrupt:
            sentence = "The campaign goes on without this command; the admin shows it."
            raise CommandError(sentence, returncode=INTERRUPTED) from None

    def _start(self, options: dict[str, Any]) -> Campaign:
        stations, scope, name = _whom(options)
        try:
            return campaigns.start_campaign(
                name=options["name"] or str(Operation(options["operation"]).label),
                operation=options["operation"],
                params=_params(options["params"]),
                stations=stations,
                scope=scope,
                scope_name=name,
                at_once=options["at_once"],
                wait_hours=options["hours"],
                attempts=options["attempts"],
            )
        except RequestRefused as error:
            raise CommandError(str(error), returncode=USAGE) from error

    def _wait(self, row: Campaign, timeout: float | None) -> None:
        line = ProgressLine(self.stderr)

        def is_over() -> bool:
            row.refresh_from_db()
            line.show(campaign_sentence(row, _counts(row)))
            return row.ended_at is not None

        try:
            over = wait_until(is_over, timeout)
        finally:
            line.end()
        if not over:
            sentence = f"Still waiting after {timeout:g} s. Campaign {row.pk} goes on."
            raise CommandError(sentence, returncode=STILL_WAITING)
        counts = _counts(row)
        if any(counts.get(state) for state in _BAD):
            raise CommandError(campaign_sentence(row, counts), returncode=FAILED)


_BAD = (StationState.FAILED, StationState.EXPIRED, StationState.CANCELED)


def _counts(row: Campaign) -> campaigns.Counts:
    return campaigns.tally([row.pk])[row.pk]


def _params(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"The details are no JSON: {error}", returncode=USAGE) from error
    if not isinstance(found, dict):
        raise CommandError("The details are an object: write {…}.", returncode=USAGE)
    return found


def _whom(options: dict[str, Any]) -> tuple[QuerySet[Any], str, str]:
    model: Any = GroupMember._meta.get_field("station").related_model
    stations = model._default_manager.all()
    if options["all"]:
        return stations, StationScope.ALL, ""
    if options["station"]:
        keys = [find_station(identity).pk for identity in options["station"]]
        name = options["station"][0] if len(keys) == 1 else ""
        return stations.filter(pk__in=keys), StationScope.STATIONS, name
    if options["group"]:
        group = _named(StationGroup, options["group"])
        members = GroupMember.objects.filter(group=group).values("station")
        return stations.filter(pk__in=members), StationScope.GROUP, group.name
    selection = _named(StationSelection, options["selection"])
    return stations_of(selection), StationScope.SELECTION, selection.name


def _named(model: Any, name: str) -> Any:
    found = model.objects.filter(name__iexact=name).first()
    if found is None:
        raise CommandError(f"There is no {model._meta.verbose_name} {name}.", returncode=USAGE)
    return found
