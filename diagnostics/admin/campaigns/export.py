"""A campaign as a table: every station, what became of it and why."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from diagnostics.admin.searches.export import as_csv
from diagnostics.gateway import StationGateway, get_gateway
from diagnostics.models import Campaign, CampaignStation
from diagnostics.services.campaigns import visible_stations
from diagnostics.wording.campaigns import station_sentence

# Stations fetched at once.
BATCH = 1000

COLUMNS = ("station", "vendor", "model", "firmware", "wave", "state", "reason", "words", "attempt",
           "asked_at", "settled_at", "log_request")  # fmt: skip


def exported(campaign: Campaign, user: Any) -> Generator[bytes, None, None]:
    """CSV; times as ISO 8601."""
    return as_csv(_rows(campaign, user), COLUMNS)


def _rows(campaign: Campaign, user: Any) -> Iterator[list[dict[str, Any]]]:
    gateway, last = get_gateway(), 0
    rows = visible_stations(user).filter(campaign=campaign).order_by("pk")
    rows = rows.select_related("station", "station__diagnostics_info")
    while some := list(rows.filter(pk__gt=last)[:BATCH]):
        yield [_row(gateway, campaign, row) for row in some]
        last = some[-1].pk


def _row(gateway: StationGateway, campaign: Campaign, row: CampaignStation) -> dict[str, Any]:
    info = getattr(row.station, "diagnostics_info", None)
    return {
        "station": gateway.identity(row.station),
        "vendor": info.vendor if info else "",
        "model": info.model if info else "",
        "firmware": info.firmware_version if info else "",
        "wave": row.wave,
        "state": row.state,
        "reason": row.code,
        "words": station_sentence(row, campaign),
        "attempt": row.attempt,
        "asked_at": row.asked_at.isoformat() if row.asked_at else "",
        "settled_at": row.settled_at.isoformat() if row.settled_at else "",
        "log_request": row.log_request_id or "",
    }
