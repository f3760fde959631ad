"""The part of a campaign's step that asks: how many now, which, and one by one."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from diagnostics.exceptions import DiagnosticsError
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.campaign import BROKEN, CANNOT, StationState
from diagnostics.models import Campaign, CampaignStation
from diagnostics.models.campaign import CampaignStationQuerySet
from diagnostics.services import fleet
from diagnostics.services.campaigns.operations import OPERATIONS

logger = logging.getLogger(__name__)

# Stations asked in one transaction.
BATCH = 50
# Starts per second that went unused are made up for no longer than this.
BURST = timedelta(seconds=5)
# A station that was asked and left keeps its place among those at once for so long.
PLACE_KEPT = timedelta(minutes=5)
# A gateway that is asked station by station is asked again for one that is away after this.
LOOKED_AT_AGAIN = timedelta(seconds=30)

S = StationState


def rows_of(campaign: Campaign) -> CampaignStationQuerySet:
    rows: CampaignStationQuerySet = CampaignStation.objects.filter(campaign=campaign)
    return rows


def online() -> QuerySet[Any]:
    """The keys of the stations that are connected, as a subquery; where `fleet.is_quick`."""
    model: Any = CampaignStation._meta.get_field("station").related_model
    return fleet.online(model._default_manager.order_by()).values("pk")


def ask_more(campaign: Campaign, now: datetime) -> int:
    """Ask as many stations as pace, places and hours allow now."""
    if not campaign.is_in_window(now):
        return 0
    busy = _busy(campaign, now)
    places = min(campaign.at_once - sum(busy.values()), _allowance(campaign, now), BATCH)
    asked = 0
    for row in _next(campaign, busy, now, places) if places > 0 else ():
        if campaign.at_once_per_group and row.pace_group_id is not None:
            if busy[row.pace_group_id] >= campaign.at_once_per_group:
                continue
            busy[row.pace_group_id] += 1
        _ask(campaign, row, now)
        asked += 1
    if asked and campaign.per_second:
        begun = max(campaign.paced_until or now, now - BURST)
        campaign.paced_until = begun + timedelta(seconds=asked / campaign.per_second)
        campaign.save(update_fields=["paced_until"])
    return asked


def _busy(campaign: Campaign, now: datetime) -> Counter[int | None]:
    """How many stations are at work, by the group they are paced with.

    One that was asked and left for long does not hold up the others.
    """
    asked = rows_of(campaign).asked()
    if fleet.is_quick():
        asked = asked.filter(Q(station__in=online()) | Q(asked_at__gt=now - PLACE_KEPT))
    return Counter(asked.values_list("pace_group_id", flat=True))


def _allowance(campaign: Campaign, now: datetime) -> int:
    """How many may be started now without going faster than so many in a second.

    The first is always due: a pace of less than one in a second would never begin.
    """
    if not campaign.per_second:
        return BATCH
    begun = campaign.paced_until
    if begun is None:
        return max(1, int(campaign.per_second))
    return int((now - max(begun, now - BURST)).total_seconds() * campaign.per_second)


def _next(
    campaign: Campaign, busy: Counter[int | None], now: datetime, places: int
) -> list[CampaignStation]:
    """Stations whose turn it is and that are connected; first those that were never asked."""
    due = Q(due_at=None) | Q(due_at__lte=now)
    waiting = rows_of(campaign).waiting().filter(due, wave__lte=campaign.wave)
    if most := campaign.at_once_per_group:
        full = [group for group, count in busy.items() if group is not None and count >= most]
        waiting = waiting.exclude(pace_group__in=full)
    waiting = waiting.select_related("station").order_by("attempt", "pk")
    if fleet.is_quick():
        return list(waiting.filter(station__in=online())[:places])
    return _looked_up(waiting, places, now)


def _looked_up(
    waiting: QuerySet[CampaignStation], places: int, now: datetime
) -> list[CampaignStation]:
    """The same where the gateway is asked one by one: those that are away are looked at later."""
    found: list[CampaignStation] = []
    away: list[CampaignStation] = []
    for row in waiting[: 4 * BATCH]:
        if len(found) == places:
            break
        (found if get_gateway().is_online(row.station) else away).append(row)
    keys = [row.pk for row in away]
    CampaignStation.objects.filter(pk__in=keys).update(due_at=now + LOOKED_AT_AGAIN)
    return found


def _ask(campaign: Campaign, row: CampaignStation, now: datetime) -> None:
    """Ask one station; what cannot be asked of it ends here, and stops nobody else."""
    columns: dict[str, Any] = {"attempt": row.attempt + 1, "asked_at": now, "due_at": None}
    try:
        with transaction.atomic():
            operation = OPERATIONS[campaign.operation]
            operation.check(row.station, campaign.params)  # it may have learnt or changed since
            made = operation.start(row.station, campaign.params, campaign.created_by)
            if "monitors" in made:
                row.monitors.set(made.pop("monitors"))
            columns |= {"state": S.ASKED, "code": "", "info": "", **made}
    except DiagnosticsError as error:
        columns |= {"state": S.SKIPPED, "code": CANNOT, "info": str(error)[:500]}
        columns["settled_at"] = now
    except (OperationalError, InterfaceError):
        raise  # the database is away, and the station not asked
    except Exception:  # one station must not stop ten thousand; the log has the whole story
        logger.exception("Campaign %s could not ask %s", campaign.pk, row.station)
        columns |= {"state": S.FAILED, "code": BROKEN, "settled_at": now}
    rows_of(campaign).waiting().filter(pk=row.pk).update(**columns)
