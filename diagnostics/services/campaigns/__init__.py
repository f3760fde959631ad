"""Campaigns: one operation over many stations. Started, paused, resumed, canceled, asked again.

`planning` decides who is asked, `driver` asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.exceptions import RequestClosed
from diagnostics.lifecycles.campaign import UNSUCCESSFUL, CampaignStatus, StationState
from diagnostics.models import Campaign, CampaignStation
from diagnostics.models.campaign import CampaignPlan, CampaignQuerySet
from diagnostics.progress import publish_on_commit
from diagnostics.services import access
from diagnostics.services.campaigns.planning import Survey, start_campaign, survey
from diagnostics.services.campaigns.wakeup import wake_on_commit

__all__ = [
    "Survey",
    "cancel_campaign",
    "go_on",
    "pause_campaign",
    "resume_campaign",
    "retry_failed",
    "run_again",
    "start_campaign",
    "survey",
    "tally",
    "visible_campaigns",
    "visible_stations",
]

Status = CampaignStatus
# State of a station -> how many are in it.
Counts = dict[str, int]


def visible_stations(user: Any) -> QuerySet[CampaignStation]:
    """The rows of campaigns that a user may see."""
    return access.visible(CampaignStation.objects.all(), user)


def visible_campaigns(user: Any) -> CampaignQuerySet:
    """The campaigns with a station that the user may see."""
    rows: CampaignQuerySet = Campaign.objects.all()
    if access.limit_of(user) is None:
        return rows
    return rows.filter(pk__in=visible_stations(user).values("campaign"))


def may_steer(campaign: Campaign, user: Any) -> bool:
    """Who is limited steers the campaigns that it started; those have no other stations."""
    return access.own(Campaign.objects.filter(pk=campaign.pk), user).exists()


def tally(campaigns: list[int], user: Any = None) -> dict[int, Counts]:
    """Campaign -> state -> how many of its stations the user may see are in it."""
    rows = visible_stations(user).filter(campaign__in=campaigns).order_by()
    found: dict[int, Counts] = {pk: {} for pk in campaigns}
    for pk, state, count in rows.values_list("campaign", "state").annotate(Count("pk")):
        found[pk][state] = count
    return found


@contextmanager
def _held(campaign: Campaign) -> Iterator[Campaign]:
    """Hold the campaign's row against the driver, save what is changed, and have it looked at."""
    with transaction.atomic():
        held = Campaign.objects.select_for_update().get(pk=campaign.pk)
        yield held
        held.save()
        publish_on_commit("campaign", held.pk, state=held.status)
        wake_on_commit()


def pause_campaign(campaign: Campaign) -> None:
    """Ask no further stations. Raises RequestClosed unless it runs."""
    with _held(campaign) as held:
        if held.status != Status.RUNNING:
            raise RequestClosed(_("Only a campaign that runs can be paused."))
        held.status = Status.PAUSED


def resume_campaign(campaign: Campaign) -> None:
    """Ask on. Raises RequestClosed unless it is paused."""
    with _held(campaign) as held:
        if held.status != Status.PAUSED:
            raise RequestClosed(_("Only a campaign that is paused can be resumed."))
        _set_off(held)


def _set_off(held: Campaign, now: datetime | None = None) -> None:
    """It runs, and has its whole time to reach those who are away."""
    until = (now or timezone.now()) + timedelta(hours=held.wait_hours)
    held.status, held.expires_at = Status.RUNNING, max(held.expires_at, until)


def go_on(campaign: Campaign) -> None:
    """Ask the stations after the first wave, whatever became of it. Raises RequestClosed."""
    with _held(campaign) as held:
        later = CampaignStation.objects.filter(campaign=held, wave__gt=held.wave)
        if not held.is_open or not later.exists():
            raise RequestClosed(_("There is no later wave."))
        held.wave += 1
        held.held_because = ""
        if held.status == Status.HELD:
            _set_off(held)


def cancel_campaign(campaign: Campaign) -> None:
    """Ask nobody any more, and take back what was not sent. Raises RequestClosed when it is over.

    Stations that were asked go on, and what becomes of them is still heard.
    """
    now = timezone.now()
    with _held(campaign) as held:
        if not held.is_open:
            raise RequestClosed(_("The campaign is over already."))
        held.status, held.held_because = Status.CANCELED, ""
        waiting = CampaignStation.objects.filter(campaign=held).waiting()
        waiting.update(state=StationState.CANCELED, due_at=None, settled_at=now)


def retry_failed(campaign: Campaign, *, now: datetime | None = None) -> int:
    """Ask those again that failed or were not reached; returns how many.

    Raises RequestClosed where there are none, or where the campaign was canceled.
    """
    now = now or timezone.now()
    with _held(campaign) as held:
        if held.status == Status.CANCELED:
            raise RequestClosed(_("It was canceled: run it again as a new campaign."))
        rows = CampaignStation.objects.filter(campaign=held, state__in=UNSUCCESSFUL)
        count = rows.update(
            state=StationState.WAITING, attempt=0, code="", info="", due_at=None, settled_at=None
        )
        if not count:
            raise RequestClosed(_("No station of it has failed."))
        held.ended_at = None
        if held.status in (Status.COMPLETE, Status.RUNNING):
            _set_off(held, now)
    return count


def run_again(campaign: Campaign, *, created_by: Any = None) -> Campaign:
    """The same as a new campaign, over the same stations as far as the user may see them.

    Raises RequestRefused where none of them can be asked.
    """
    model: Any = CampaignStation._meta.get_field("station").related_model
    rows = CampaignStation.objects.filter(campaign=campaign)
    stations = model._default_manager.filter(pk__in=rows.values("station"))
    plan = {each.name: getattr(campaign, each.name) for each in CampaignPlan._meta.fields}
    return start_campaign(
        name=campaign.name,
        stations=access.visible(stations, created_by),
        scope=campaign.scope,
        scope_name=campaign.scope_name,
        created_by=created_by,
        again_of=campaign,
        **plan,
    )
