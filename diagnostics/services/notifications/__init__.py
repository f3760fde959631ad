"""Who is told of what. Written down in the transaction that has something to tell, sent later.

    notify_about(Kind.CAMPAIGN, campaign, what={"name": campaign.name})

A target is told of one thing once, whatever routes lead to it, and those that tell at once first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from diagnostics.jobs import enqueue
from diagnostics.lifecycles.notification import DeliveryState, Digest, Kind
from diagnostics.models import (
    Alert,
    Delivery,
    GroupMember,
    Notification,
    NotificationRoute,
    NotificationTarget,
    Told,
)
from diagnostics.progress import publish_on_commit
from diagnostics.services.fleet.selections import stations_of

DELIVER = "diagnostics.tasks.deliver"
TOPIC = "notificationtarget"

# A storm: so many messages of one route to one target within `STORM`, and the rest comes together.
MOST_IN_STORM, STORM = 20, timedelta(minutes=10)
DAY = timedelta(days=1)
NOON = time(12)


@transaction.atomic
def notify_about(
    kind: str,
    row: Model,
    *,
    station: Any = None,
    severity: int | None = None,
    alert: Alert | None = None,
    what: dict[str, Any] | None = None,
    targets: Iterable[NotificationTarget] = (),
    now: datetime | None = None,
) -> Notification:
    """Tell of one thing, once: those whom routes name for it, and `targets`.

    `row` is what it is about, saved; people get a link to its page. `what` has codes and names for
    the sentence (`wording.notifications`), and nothing about customers. Call it in the transaction
    in which the thing happens, and it is told of exactly if that is committed.
    """
    now = now or timezone.now()
    told = recorded(
        kind,
        source=str(row._meta.model_name),
        source_id=str(row.pk),
        station=station,
        at=now,
        severity=severity,
        alert=alert,
        what=what or {},
    )
    for target in targets:
        queue(told, target, now=now)
    for route in routes_in_order():
        if kind in route.kinds and is_for(route, told) and in_hours(route, now):
            for target in route.targets.filter(enabled=True):
                queue(told, target, route=route, now=now)
    hurry(told)
    return told


def recorded(kind: str, *, source: str, source_id: str, **columns: Any) -> Notification:
    """The notification about a row: made, or the one that was made before."""
    key = {"kind": kind, "source": source, "source_id": source_id}
    return Notification.objects.get_or_create(**key, defaults=columns)[0]


def routes_in_order() -> list[NotificationRoute]:
    """All that are switched on; those that tell at once come first."""
    routes = NotificationRoute.objects.filter(enabled=True).select_related("group", "selection")
    return sorted(routes, key=lambda route: (route.digest != Digest.AT_ONCE, route.pk))


def is_for(route: NotificationRoute, told: Notification) -> bool:
    """Whether the station, and how bad it is, are what the route is for."""
    worst, severity = route.severity, told.severity
    if worst is not None and severity is not None and severity > worst:
        return False
    if route.group_id is None and route.selection is None:
        return True
    if told.station is None:
        return False
    if route.group_id is not None:
        members = GroupMember.objects.filter(group=route.group_id, station=told.station)
        return members.exists()
    selection: Any = route.selection
    return stations_of(selection).filter(pk=told.station.pk).exists()


def zone_of(route: NotificationRoute) -> tzinfo:
    """Its own time zone, else that of its group, else the server's."""
    name = route.time_zone or (route.group.time_zone if route.group is not None else "")
    return ZoneInfo(name) if name else timezone.get_default_timezone()


def in_hours(route: NotificationRoute, moment: datetime) -> bool:
    """Whether a moment lies in the hours and on the days of a route.

    Hours that go past midnight belong to the day on which they begin.
    """
    local = moment.astimezone(zone_of(route))
    begin, end = route.from_time or time.min, route.to_time or time.min
    at, day = local.time(), local
    if end <= begin:  # midnight, or past it
        inside = at >= begin or at < end
        if at < end:
            day = local - DAY
    else:
        inside = begin <= at < end
    return inside and (not route.weekdays or day.weekday() in route.weekdays)


def queue(
    told: Notification,
    target: NotificationTarget,
    *,
    now: datetime,
    route: NotificationRoute | None = None,
) -> None:
    """Put a notification into the queue of a target, unless it is there already."""
    if Told.objects.filter(target=target, notification=told).exists():
        return
    due_at = _together_at(route, target, now)
    if due_at is None:
        delivery = Delivery.objects.create(target=target, route=route, due_at=now, created_at=now)
    else:
        delivery = _collecting(route, target, due_at, now)
    Told.objects.create(delivery=delivery, target=target, notification=told)
    publish_on_commit(TOPIC, target.pk)


def _together_at(
    route: NotificationRoute | None, target: NotificationTarget, now: datetime
) -> datetime | None:
    """When the digest goes out that this belongs to; None for what is told at once."""
    if route is None:
        return None
    if route.digest == Digest.MINUTES:
        return now + timedelta(minutes=route.digest_minutes)
    if route.digest == Digest.DAILY:
        return next_at(route.digest_at or NOON, zone_of(route), now)
    lately = Delivery.objects.filter(route=route, target=target, created_at__gt=now - STORM)
    return now + STORM if lately.count() >= MOST_IN_STORM else None


def next_at(wanted: time, zone: tzinfo, now: datetime) -> datetime:
    """The next moment at which it is that time of the day there."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), wanted, tzinfo=zone)
    return today if today > local else datetime.combine(local.date() + DAY, wanted, tzinfo=zone)


def _collecting(
    route: NotificationRoute | None, target: NotificationTarget, due_at: datetime, now: datetime
) -> Delivery:
    """The digest that is being collected, held so that it does not go out meanwhile."""
    made, _created = Delivery.objects.get_or_create(
        route=route,
        target=target,
        state=DeliveryState.COLLECTING,
        defaults={"is_digest": True, "due_at": due_at, "created_at": now},
    )
    still = Delivery.objects.select_for_update().filter(pk=made.pk, state=DeliveryState.COLLECTING)
    return still.first() or _collecting(route, target, due_at, now)


def hurry(told: Notification) -> None:
    """Have what can go out at once do so after the commit; a sweep would find it, too."""
    waiting = Delivery.objects.filter(told__notification=told, state=DeliveryState.WAITING)
    for target_id in set(waiting.values_list("target", flat=True)):
        transaction.on_commit(partial(enqueue, DELIVER, target_id))


def test_target(target: NotificationTarget, *, now: datetime | None = None) -> Delivery:
    """Send a test to a target, ahead of what waits for it, paused or not."""
    now = now or timezone.now()
    with transaction.atomic():
        delivery = Delivery.objects.create(target=target, is_test=True, due_at=now, created_at=now)
        publish_on_commit(TOPIC, target.pk)
        transaction.on_commit(lambda: enqueue(DELIVER, target.pk))
    return delivery


def kinds_watched(route: NotificationRoute) -> list[Kind]:
    """The kinds of a route, known ones only."""
    return [Kind(kind) for kind in route.kinds if kind in Kind.values]
