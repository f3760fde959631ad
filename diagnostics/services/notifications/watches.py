"""What routes are told of, looked up after it was written: as automations look, see there."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.lifecycles.automation import Trigger
from diagnostics.lifecycles.notification import WATCHED, WITH_SEVERITY, Kind
from diagnostics.models import Automation, NotificationRoute, RouteWatch
from diagnostics.services.automations.facts import happening
from diagnostics.services.automations.settled import settled_until
from diagnostics.services.automations.sources import due, newest_key, reached, source_of
from diagnostics.services.notifications import (
    hurry,
    in_hours,
    queue,
    recorded,
    routes_in_order,
)

logger = logging.getLogger(__name__)

# Rows that one sweep looks at for one kind of one route; what is left comes with the next.
MOST_ROWS = 500


def settle_route(route: NotificationRoute, *, now: datetime | None = None) -> None:
    """Have a saved route look from now on, at each kind that it was not for before."""
    now = now or timezone.now()
    kinds = [kind for kind in WATCHED if kind in route.kinds and route.enabled]
    RouteWatch.objects.filter(route=route).exclude(kind__in=kinds).delete()
    known = set(RouteWatch.objects.filter(route=route).values_list("kind", flat=True))
    for kind in kinds:
        if kind not in known:
            position = newest_key(source_of(Automation(trigger=Trigger(kind.value))))
            RouteWatch.objects.create(route=route, kind=kind, position=position, position_at=now)


def watch_routes(now: datetime | None = None) -> None:
    """Let every route look once at each of its kinds. One that fails stops no other."""
    now = now or timezone.now()
    settled_at = settled_until(now)
    for route in routes_in_order():
        for watch in route.watches.all():
            try:
                _watch(route, watch, now, settled_at)
            except Exception:
                logger.exception("Route %s failed; it looks again with the next sweep", route)


def _watch(
    route: NotificationRoute, watch: RouteWatch, now: datetime, settled_at: datetime
) -> None:
    looking = _as_automation(route, watch)
    rows = list(due(looking, now)[:MOST_ROWS])
    for row in rows:
        _tell(route, looking, row, now)
    position, moment = reached(looking, rows, settled_at, is_full=len(rows) == MOST_ROWS)
    RouteWatch.objects.filter(pk=watch.pk).update(position=position, position_at=moment)


def _as_automation(route: NotificationRoute, watch: RouteWatch) -> Automation:
    """What waits for the same; it is never saved."""
    return Automation(
        trigger=Trigger(watch.kind),
        severity=route.severity if watch.kind in WITH_SEVERITY else None,
        away_minutes=route.away_minutes,
        group=route.group,
        selection=route.selection,
        position=watch.position,
        position_at=watch.position_at,
    )


@transaction.atomic
def _tell(route: NotificationRoute, looking: Automation, row: Any, now: datetime) -> None:
    heard = happening(looking, row)
    if not in_hours(route, heard.heard_at):
        return
    told = recorded(
        Kind(looking.trigger),
        source=source_of(looking).name,
        source_id=str(row.pk),
        station_id=row.station_id,
        at=heard.heard_at,
        severity=heard.what.get("severity"),
        what=heard.what,
        alert=heard.alert,
    )
    for target in route.targets.filter(enabled=True):
        queue(told, target, route=route, now=now)
    hurry(told)
