"""What the page of one campaign shows: the bar, what waits and why, failures by reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin import parts
from diagnostics.lifecycles.campaign import UNSUCCESSFUL, CampaignStatus, StationState
from diagnostics.lifecycles.schedule import RunOutcome
from diagnostics.models import Campaign, CampaignStation, ScheduleRun
from diagnostics.services import fleet
from diagnostics.services.campaigns import Counts, visible_stations
from diagnostics.services.campaigns.asking import online
from diagnostics.services.campaigns.schedules import visible_schedules
from diagnostics.wording.campaigns import (
    TONES,
    pace_words,
    reason_sentence,
    what_words,
    whom_words,
)

S = StationState
# The order in which the bar stacks them.
ORDER = (S.SUCCEEDED, S.FAILED, S.EXPIRED, S.ASKED, S.WAITING, S.CANCELED, S.SKIPPED)
# Reasons that the page names, and makes of stations with each.
REASONS, MAKES = 12, 4


@dataclass(frozen=True, slots=True)
class Part:
    """One state: a stretch of the bar, and a link into the list of stations."""

    state: str
    label: str
    tone: str
    mark: str
    count: int
    start: float  # of a hundred
    width: float
    url: str


def bar(campaign: Campaign, counts: Counts) -> list[Part]:
    """The states in order, with their shares of all stations."""
    total, start, found = sum(counts.values()) or 1, 0.0, []
    for state in ORDER:
        if count := counts.get(state, 0):
            width = 100 * count / total
            tone = TONES[state]
            url = stations_url(campaign, state=state)
            label, mark = str(state.label), parts.MARKS[tone]
            found.append(Part(state.value, label, tone, mark, count, start, width, url))
            start += width
    return found


def meter(campaign: Campaign, counts: Counts) -> SafeString:
    """The bar alone, for lists; the words beside it say the same."""
    return SafeString(
        render_to_string("diagnostics/campaigns/meter.html", {"parts": bar(campaign, counts)})
    )


def facts_of(campaign: Campaign, counts: Counts, user: Any) -> dict[str, Any]:
    """What the page of a campaign shows beside the bar."""
    return {
        "what": what_words(campaign),
        "whom": whom_words(campaign.scope, campaign.scope_name),
        "pace": pace_words(campaign),
        "reasons": reasons(campaign, user),
        "waiting": waiting(campaign, user),
        "failed": sum(counts.get(state, 0) for state in UNSUCCESSFUL),
        "all_url": stations_url(campaign),
        "run": ScheduleRun.objects.filter(
            campaign=campaign, outcome=RunOutcome.STARTED, schedule__in=visible_schedules(user)
        ).first(),
        "has_later": campaign.is_open and campaign.stations.filter(wave__gt=campaign.wave).exists(),
    }


def stations_url(campaign: Campaign, **query: str) -> str:
    """The list of the campaign's stations, narrowed."""
    base = reverse("admin:diagnostics_campaignstation_changelist")
    return f"{base}?{urlencode({'campaign': str(campaign.pk), **query})}"


@dataclass(slots=True)
class Reason:
    """Stations that came to the same end: how many, why in words, and of which makes they are."""

    tone: str
    label: str
    words: str
    code: str
    count: int
    url: str
    makes: list[tuple[str, int]] = field(default_factory=list)


def reasons(campaign: Campaign, user: Any) -> list[Reason]:
    """Why stations failed, were not reached or were left out; the most frequent first."""
    rows = visible_stations(user).filter(campaign=campaign).order_by()
    ended = rows.filter(state__in=[S.FAILED, S.EXPIRED, S.SKIPPED])
    counted = list(_counted(ended.filter(state=S.SKIPPED), "info"))
    counted += list(_counted(ended.exclude(state=S.SKIPPED)))
    counted.sort(key=lambda each: -each["count"])
    return [_reason(campaign, ended, each) for each in counted[:REASONS]]


def _counted(rows: QuerySet[CampaignStation], *more: str) -> Iterator[dict[str, Any]]:
    """A sentence of ours tells apart those who were left out; what stations add does not."""
    yield from rows.values("state", "code", *more).annotate(count=Count("pk"))


def _reason(campaign: Campaign, ended: QuerySet[CampaignStation], group: dict[str, Any]) -> Reason:
    state, code, info = group["state"], group["code"], group.get("info", "")
    query = {"state": state, "reason": code, **({"info": info} if info else {})}
    same = ended.filter(state=state, code=code)
    return Reason(
        tone=TONES[StationState(state)],
        label=str(StationState(state).label),
        words=reason_sentence(campaign.operation, state, code, info),
        code="" if info else code,
        count=group["count"],
        url=stations_url(campaign, **query),
        makes=_makes(same.filter(info=info) if info else same),
    )


def _makes(rows: QuerySet[CampaignStation]) -> list[tuple[str, int]]:
    """ "NL-22-Duo 3.8.2" -> how many; what no boot has told yet is "not known"."""
    info = "station__diagnostics_info"
    names = (f"{info}__vendor", f"{info}__model", f"{info}__firmware_version")
    counted = rows.values_list(*names).annotate(count=Count("pk")).order_by("-count", *names)
    return [
        (" ".join(filter(None, make)) or _("not known"), count) for *make, count in counted[:MAKES]
    ]


def waiting(campaign: Campaign, user: Any) -> list[tuple[int, str, str]]:
    """Count, why, and a link: what is still to come, and what it waits for."""
    if campaign.ended_at is not None:
        return []
    now = timezone.now()
    rows = visible_stations(user).filter(campaign=campaign)
    still, asked = rows.filter(state=S.WAITING), rows.filter(state=S.ASKED)
    later, again = Q(wave__gt=campaign.wave), Q(attempt__gt=0, due_at__gt=now)
    # A gateway that is asked one by one was asked when their turn came: see `asking`.
    away = ~Q(station__in=online()) if fleet.is_quick() else Q(attempt=0, due_at__gt=now)
    gone = still.filter(away).exclude(again).exclude(later)
    still = still.exclude(away & ~again & ~later)
    counts = [
        (asked, _("asked, and not over yet"), S.ASKED),
        (still.exclude(again).exclude(later), _turn(campaign, now), S.WAITING),
        (gone, _("away: asked when they return"), S.WAITING),
        (rows.filter(again, state=S.WAITING), _("failed once, to be asked again"), S.WAITING),
        (still.filter(later).exclude(again), _("wait for the first wave"), S.WAITING),
    ]
    return [
        (count, words, stations_url(campaign, state=state))
        for each, words, state in counts
        if (count := each.count())
    ]


def _turn(campaign: Campaign, now: Any) -> str:
    if campaign.status == CampaignStatus.PAUSED:
        return _("wait until the campaign is resumed")
    if not campaign.is_in_window(now):
        hour = campaign.window_from.strftime("%H:%M") if campaign.window_from else ""
        return _("wait until %(hour)s (%(zone)s)") % {"hour": hour, "zone": campaign.zone}
    return _("wait for their turn")
