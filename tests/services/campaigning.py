"""Stations that campaigns ask: what each speaks, whether it is there, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from diagnostics.models import Campaign, CampaignStation
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import campaigns
from diagnostics.services.calls import delivery
from diagnostics.services.campaigns import driver as campaign_driver
from tests.services.conftest import TellingGateway, make_station


class OneByOneGateway:
    """Some stations are away, some speak another version."""

    spoken = OcppVersion.V201
    identity, find, send = TellingGateway.identity, TellingGateway.find, TellingGateway.send

    def __init__(self) -> None:
        self.rung: list[Any] = []
        self.away: set[Any] = set()
        self.others: dict[Any, OcppVersion] = {}

    def version(self, station: Any) -> OcppVersion | None:
        return self.others.get(station.pk, self.spoken)

    def is_online(self, station: Any) -> bool:
        return station.pk not in self.away


class FleetGateway(OneByOneGateway):
    """The same, asked for all stations at once."""

    def online(self, stations: QuerySet[Any]) -> QuerySet[Any]:
        return stations.exclude(pk__in=self.away)


@dataclass
class Fleet:
    gateway: Any
    stations: list[Any] = field(default_factory=list)

    def grow(self, count: int) -> Fleet:
        for number in range(len(self.stations) + 1, len(self.stations) + count + 1):
            self.stations.append(make_station(f"CS-{number:02}"))
        # As campaigns take them: the keys of a host need not grow.
        self.stations.sort(key=lambda station: station.pk)
        return self

    @property
    def all(self) -> QuerySet[Any]:
        model: Any = CampaignStation._meta.get_field("station").related_model
        return model._default_manager.filter(pk__in=[each.pk for each in self.stations])

    def campaign(self, operation: str = "Trigger", **wanted: Any) -> Campaign:
        params = wanted.pop("params", {"message": "Heartbeat"})
        return campaigns.start_campaign(
            name="Test", operation=operation, params=params, stations=self.all, **wanted
        )

    def takes(self, station: Any) -> Any:
        """The call that the station gets now, or None."""
        version = self.gateway.version(station)
        assert version is not None
        return delivery.next_call(station, version=version, connection=f"c{station.pk}")

    def answer(self, payload: dict[str, Any] | None = None, *, most: int | None = None) -> int:
        """Every station that is here takes its call and answers; how many did."""
        count = 0
        for station in self.stations:
            if self.gateway.is_online(station) and count != most and (call := self.takes(station)):
                answered = {"status": "Accepted"} if payload is None else payload
                delivery.record_answer(station, call.message_id, answered)
                count += 1
        return count


def run(campaign: Campaign, now: datetime | None = None) -> Campaign:
    """Take steps until nothing moves."""
    while campaign_driver.step(campaign.pk, now):
        pass
    campaign.refresh_from_db()
    return campaign


def counts(campaign: Campaign) -> dict[str, int]:
    return campaigns.tally([campaign.pk])[campaign.pk]


def reasons(campaign: Campaign) -> list[tuple[str, str]]:
    rows = CampaignStation.objects.filter(campaign=campaign).order_by("pk")
    return list(rows.values_list("state", "code"))
