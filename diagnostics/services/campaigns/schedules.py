"""Schedules: campaigns that start by themselves, from rows of our own.

Each look takes the schedules that are due, one in a transaction: what it starts, the note of it and
the next time are written together. So it may be looked at by any process, twice or late; what was
due while nothing ran is made up for once, and named.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.exceptions import DiagnosticsError
from diagnostics.lifecycles.schedule import Recurrence, RunOutcome
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models import Campaign, CampaignStation, GroupMember, Schedule, ScheduleRun
from diagnostics.models.campaign import CampaignPlan
from diagnostics.progress import publish_on_commit
from diagnostics.services import access
from diagnostics.services.campaigns.planning import start_campaign
from diagnostics.services.fleet.selections import stations_of

logger = logging.getLogger(__name__)

# Schedules taken by one look, and missed times that are counted.
BATCH, MOST_MISSED = 50, 1000


def visible_schedules(user: Any) -> QuerySet[Schedule]:
    """All, or for who is limited to groups those that it made."""
    return access.own(Schedule.objects.all(), user)


def save_schedule(schedule: Schedule, *, now: datetime | None = None) -> None:
    """Save a schedule that is new or was changed, and find when it is due next."""
    schedule.next_at = schedule.timetable.next_after(now or timezone.now())
    if not schedule.enabled:
        schedule.next_at = None
    if schedule.created_by is not None:
        schedule.by_limited = access.limit_of(schedule.created_by) is not None
    schedule.save()
    publish_on_commit("schedule", schedule.pk)


def switch(schedule: Schedule, *, on: bool) -> None:
    """Switch it on or off. What it has started goes on."""
    schedule.enabled = on
    save_schedule(schedule)


def stations_for(schedule: Schedule) -> QuerySet[Any]:
    """The stations it would ask now: none where its group or selection is gone."""
    model: Any = CampaignStation._meta.get_field("station").related_model
    stations: QuerySet[Any] = model._default_manager.all()
    if schedule.by_limited and schedule.created_by is None:
        return stations.none()  # nobody knows any more whose these are
    mine = access.visible(stations, schedule.created_by)
    if schedule.scope == StationScope.GROUP:
        members = GroupMember.objects.filter(group=schedule.group_id)
        return mine.filter(pk__in=members.values("station"))
    if schedule.scope == StationScope.SELECTION:
        chosen = schedule.selection
        return stations_of(chosen, schedule.created_by) if chosen else mine.none()
    return mine if schedule.scope == StationScope.ALL else mine.none()


def run_schedules(now: datetime) -> None:
    """Start what is due."""
    for pk in Schedule.objects.due(now).order_by("next_at").values_list("pk", flat=True)[:BATCH]:
        _run_due(pk, now)


@transaction.atomic
def _run_due(pk: int, now: datetime) -> None:
    held = Schedule.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    schedule = held.select_related("group", "selection", "created_by").filter(pk=pk).first()
    if schedule is None or schedule.next_at is None:
        return
    table = schedule.timetable
    late = table.due_between(schedule.next_at, now, MOST_MISSED)
    due = late[-1] if late else schedule.next_at
    _run(schedule, due, now, missed=len(late))
    schedule.next_at = None if schedule.recurrence == Recurrence.ONCE else table.next_after(now)
    schedule.save(update_fields=["next_at"])


def run_now(schedule: Schedule, *, started_by: Any = None) -> ScheduleRun:
    """Start it at once; when it is due next stays as it is."""
    now = timezone.now()
    with transaction.atomic():
        held = Schedule.objects.select_for_update().get(pk=schedule.pk)
        return _run(held, now, now, started_by=started_by)


def _run(
    schedule: Schedule, due: datetime, now: datetime, *, missed: int = 0, started_by: Any = None
) -> ScheduleRun:
    run = ScheduleRun(schedule=schedule, due_at=due, at=now, missed=missed, started_by=started_by)
    before = Campaign.objects.active().filter(schedule_runs__schedule=schedule).first()
    if before is not None:
        run.outcome, run.campaign = RunOutcome.OVERLAP, before
    else:
        _start(schedule, run, now)
    run.save()
    publish_on_commit("schedule", schedule.pk)
    return run


def _start(schedule: Schedule, run: ScheduleRun, now: datetime) -> None:
    plan = {each.name: getattr(schedule, each.name) for each in CampaignPlan._meta.fields}
    plan["time_zone"] = str(schedule.zone)
    try:
        with transaction.atomic():
            run.campaign = start_campaign(
                name=schedule.name,
                stations=stations_for(schedule),
                scope=schedule.scope,
                scope_name=schedule.scope_name,
                created_by=run.started_by or schedule.created_by,
                now=now,
                **plan,
            )
        run.outcome = RunOutcome.STARTED
    except DiagnosticsError as error:
        run.outcome, run.info = RunOutcome.REFUSED, str(error)[:500]
    except Exception:  # one schedule must not stop the others; the log has the whole story
        logger.exception("Schedule %s could not start", schedule.pk)
        run.outcome = RunOutcome.BROKEN
