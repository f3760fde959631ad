"""Pages of campaigns with a million stations in all; a part of `benchmarks.lists`."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from benchmarks.figures import number, ratio, table

CAMPAIGNS = 100

STATIONS = """
INSERT INTO diagnostics_campaignstation
  (campaign_id, station_id, wave, state, code, info, attempt, asked_at, settled_at)
SELECT campaign.id, station.id, 1,
  CASE station.id % 20 WHEN 0 THEN 'Failed' WHEN 1 THEN 'Expired' ELSE 'Succeeded' END,
  CASE station.id % 20 WHEN 0 THEN 'Rejected' WHEN 1 THEN 'Away' ELSE 'Received' END,
  '', 1, now(), now()
FROM diagnostics_campaign AS campaign
CROSS JOIN (SELECT id FROM stations_chargingstation ORDER BY id LIMIT {each}) AS station
ORDER BY campaign.id, station.id
"""

Timed = Callable[[Callable[[], Any]], float]
Opened = Callable[[Any, str], None]


def fill(rows: int) -> list[int]:
    """Campaigns that are over, and the last that runs, half done; returns their keys in order."""
    from django.db import connection  # needs Django to be set up
    from django.utils import timezone

    from diagnostics.models import Campaign, CampaignStation
    from stations.models import ChargingStation

    each, now = rows // CAMPAIGNS, timezone.now()
    ChargingStation.objects.bulk_create(
        ChargingStation(identity=f"FLEET-{number_of}", security_profile=0)
        for number_of in range(each - ChargingStation.objects.count())
    )
    over = {"operation": "Log", "created_at": now, "expires_at": now, "status": "Complete"}
    made = Campaign.objects.bulk_create(
        Campaign(name=f"Logs {number_of}", ended_at=now, **over) for number_of in range(CAMPAIGNS)
    )
    with connection.cursor() as cursor:
        cursor.execute(STATIONS.format(each=each))
    keys = [campaign.pk for campaign in made]
    Campaign.objects.filter(pk=keys[-1]).update(status="Running", ended_at=None)
    half = CampaignStation.objects.filter(campaign=keys[-1], station__gt=each // 2)
    half.update(state="Waiting", code="", attempt=0, asked_at=None, settled_at=None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE diagnostics_campaignstation")
    return keys


def pages_of(keys: list[int], each: int) -> dict[str, str]:
    """What people open, by name; of the first campaign, the middle one, and the one that runs."""
    from diagnostics.models import CampaignStation

    first, middle, last = keys[0], keys[len(keys) // 2], keys[-1]
    rows = CampaignStation.objects.filter(campaign=middle).order_by("pk")
    place = rows.values_list("pk", flat=True)[each // 2]
    stations = "campaignstation/?campaign="
    return {
        f"{min(len(keys), 25)} campaigns": "campaign/",
        "one that is over": f"campaign/{middle}/change/",
        "one that runs": f"campaign/{last}/change/",
        "its stations": f"{stations}{last}",
        "those of the first": f"{stations}{first}",
        "in the middle": f"{stations}{middle}&id__lt={place}",
        "that failed": f"{stations}{middle}&state=Failed",
        "for one reason": f"{stations}{middle}&state=Failed&reason=Rejected",
        "that were canceled: none": f"{stations}{middle}&state=Canceled",
        "of all campaigns": "campaignstation/",
    }


def exported(client: Any, key: int) -> None:
    """The beginning of the export."""
    response = client.get(f"/admin/diagnostics/campaign/{key}/export/")
    pieces = iter(response.streaming_content)
    assert b"station" in next(pieces) and next(pieces)
    response.close()


def measure(client: Any, floor: str, rows: int, rounds: int, timed: Timed, opened: Opened) -> None:
    """Each page in turn with the floor."""
    started = time.perf_counter()
    keys = fill(rows)
    print(f"\n{rows:,} stations of campaigns in {number(time.perf_counter() - started)} s\n")
    pages = {"one page in all": floor, **pages_of(keys, rows // CAMPAIGNS)}
    works = {name: partial(opened, client, url) for name, url in pages.items()}
    works["export, first thousand"] = partial(exported, client, keys[-1])
    turns = [[timed(work) for work in works.values()] for _ in range(rounds + 1)]
    times = [median(each) for each in zip(*turns[1:], strict=True)]
    cells = [
        [name, number(each), ratio(each, times[0])] for name, each in zip(works, times, strict=True)
    ]
    print(table(["pages of campaigns", "ms", "ratio"], cells))
