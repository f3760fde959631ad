"""Drives campaigns: one step that may run in any worker, twice, late or not at all.

A step holds the campaign's row, so no two work on the same one; another that comes meanwhile goes
on to the next campaign. What is made for a station and the row that says so are one transaction,
and a row leaves its state by compare-and-set: whoever dies in between has asked nobody. Stations
are looked after in batches by few statements, and there is no task for a station.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from diagnostics.exceptions import RequestClosed
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.campaign import (
    AWAY,
    NO_TURN,
    STOPPED,
    Advance,
    CampaignStatus,
    HeldBecause,
    StationState,
)
from diagnostics.lifecycles.notification import Kind
from diagnostics.models import Campaign, CampaignStation
from diagnostics.progress import publish_on_commit
from diagnostics.services import fleet
from diagnostics.services.calls import delivery
from diagnostics.services.campaigns.asking import ask_more, online, rows_of
from diagnostics.services.campaigns.operations import OPERATIONS
from diagnostics.services.campaigns.results import Outcome, calls_of, outcome_of, settled
from diagnostics.services.many_rows import update_each
from diagnostics.services.notifications import notify_about

logger = logging.getLogger(__name__)

# Seconds after which a worker lets other work go first.
SLICE = 4.0
# Rows judged, or withdrawn, in one transaction.
JUDGED = 500

# Reasons that another attempt would only hear again, or that somebody wanted.
FINAL = frozenset({"Canceled", "NotImplemented", "NotSupported", "NotSupportedAttributeType",
                   "UnknownComponent", "UnknownVariable", "Unsupported"})  # fmt: skip

S = StationState


def run_campaigns() -> None:
    """Take all campaigns as far as they go now, for some seconds at most."""
    until = time.monotonic() + SLICE
    keys = list(Campaign.objects.active().order_by("pk").values_list("pk", flat=True))
    while keys and time.monotonic() < until:
        keys = [pk for pk in keys if _went_on(pk)]


def _went_on(pk: int) -> bool:
    """`step`, where what one campaign trips over does not hold up the others."""
    try:
        return step(pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Campaign %s could not go on; it is tried again soon", pk)
        return False


def step(pk: int, now: datetime | None = None) -> bool:
    """Take one campaign a step further. False: nothing can be done before something happens."""
    now = now or timezone.now()
    with transaction.atomic():
        held = Campaign.objects.active().select_for_update(skip_locked=True)
        campaign = held.filter(pk=pk).first()
        if campaign is None:
            return False
        moved = _judge(campaign, now)
        if campaign.expires_at <= now and campaign.status not in STOPPED:
            moved += _give_up(campaign, now)
        elif campaign.status == CampaignStatus.CANCELED:
            moved += withdraw(campaign, S.CANCELED, now)
        elif campaign.status == CampaignStatus.RUNNING:
            moved += ask_more(campaign, now)
        moved += _look_at_waves(campaign)
        moved += _finish(campaign, now)
        if moved:
            publish_on_commit("campaign", campaign.pk, state=campaign.status)
    return bool(moved)


def _judge(campaign: Campaign, now: datetime) -> int:
    """Settle the rows whose work has ended, or have them tried again later."""
    ended = settled(rows_of(campaign).asked(), campaign.operation).order_by("pk")[:JUDGED]
    changes = {row.pk: _consequence(campaign, row, now) for row in ended}
    return len(update_each(CampaignStation, changes, only_if={"state": {S.ASKED}}))


def _consequence(campaign: Campaign, row: CampaignStation, now: datetime) -> dict[str, Any]:
    outcome = outcome_of(row, campaign.operation)
    said = {"code": outcome.code, "info": outcome.info}
    if _is_tried_again(campaign, row, outcome, now):
        delay = timedelta(minutes=campaign.retry_minutes * 2 ** (row.attempt - 1))
        return {**said, "state": S.WAITING.value, "due_at": now + delay, "settled_at": None}
    return {**said, "state": outcome.state.value, "due_at": None, "settled_at": now}


def _is_tried_again(
    campaign: Campaign, row: CampaignStation, outcome: Outcome, now: datetime
) -> bool:
    return (
        outcome.state == S.FAILED
        and OPERATIONS[campaign.operation].is_repeatable
        and FINAL.isdisjoint(outcome.code.split("."))
        and campaign.status != CampaignStatus.CANCELED
        and row.attempt < campaign.attempts
        and now < campaign.expires_at
    )


def _give_up(campaign: Campaign, now: datetime) -> int:
    """The time is over: who never was there, whose turn never came, and who left unasked.

    A station that failed and was to be asked again has failed.
    """
    waiting = rows_of(campaign).waiting()
    moved: int = waiting.filter(attempt__gt=0).update(state=S.FAILED, due_at=None, settled_at=now)
    if fleet.is_quick():
        away = waiting.exclude(station__in=online())
    else:
        away = waiting.exclude(due_at=None)  # it was looked for, and was not there
    moved += away.update(state=S.EXPIRED, code=AWAY, due_at=None, settled_at=now)
    moved += waiting.update(state=S.EXPIRED, code=NO_TURN, due_at=None, settled_at=now)
    return moved + withdraw(campaign, S.EXPIRED, now, code=AWAY)


def withdraw(campaign: Campaign, state: StationState, now: datetime, code: str = "") -> int:
    """Take back what was placed and not sent; what was sent goes on. Returns how many moved."""
    withdrawn = 0
    for row in _unsent(campaign)[:JUDGED]:
        try:
            with transaction.atomic():
                for call in calls_of(row).filter(status=CallStatus.PENDING):
                    delivery.withdraw(call)
                withdrawn += (
                    rows_of(campaign)
                    .asked()
                    .filter(pk=row.pk)
                    .update(state=state, code=code, due_at=None, settled_at=now)
                )
        except RequestClosed:
            continue  # it was sent just now
    return withdrawn


def _unsent(campaign: Campaign) -> Any:
    """Asked rows of which nothing has been sent."""
    pending = CallStatus.PENDING
    waits = (
        Q(call__status=pending)
        | Q(log_request__call__status=pending)
        | Q(report__call__status=pending)
        | Q(variable_request__calls__status=pending)
        | Q(monitors__call__status=pending)
    )
    return rows_of(campaign).asked().filter(waits).distinct().order_by("pk")


def _look_at_waves(campaign: Campaign) -> int:
    """Once the first wave is over: the next, or somebody is to decide."""
    rows = rows_of(campaign)
    if (
        campaign.status != CampaignStatus.RUNNING
        or not rows.filter(wave__gt=campaign.wave).exists()
    ):
        return 0
    if rows.unsettled().filter(wave__lte=campaign.wave).exists():
        return 0
    if campaign.advance == Advance.BY_RATE and success_rate(campaign) >= campaign.success_rate:
        campaign.wave += 1
    else:
        campaign.status = CampaignStatus.HELD
        by_rate = campaign.advance == Advance.BY_RATE
        campaign.held_because = HeldBecause.RATE if by_rate else HeldBecause.BY_HAND
    campaign.save(update_fields=["wave", "status", "held_because"])
    return 1


def success_rate(campaign: Campaign) -> float:
    """How many of a hundred that could be asked, up to the wave that is on, have succeeded."""
    rows = rows_of(campaign).filter(wave__lte=campaign.wave)
    good = rows.filter(state=S.SUCCEEDED).count()
    all_ = good + rows.filter(state__in=[S.FAILED, S.EXPIRED]).count()
    return 100 * good / all_ if all_ else 0.0


def _finish(campaign: Campaign, now: datetime) -> int:
    if rows_of(campaign).unsettled().exists():
        return 0
    if campaign.status != CampaignStatus.CANCELED:
        campaign.status = CampaignStatus.COMPLETE
    campaign.ended_at = now
    campaign.save(update_fields=["status", "ended_at"])
    _tell(campaign, now)
    return 1


def _tell(campaign: Campaign, now: datetime) -> None:
    """Whoever wants to hear that campaigns are over."""
    rows = rows_of(campaign)
    good = rows.filter(state=S.SUCCEEDED).count()
    what = {"name": str(campaign), "good": good, "count": rows.count()}
    notify_about(Kind.CAMPAIGN, campaign, what=what, now=now)
