"""What automations look at: the rows that tell of each trigger, and the conditions on them.

Nothing is asked of those who write these rows: automations read them afterwards, so stations are
answered as fast with a hundred automations as with none. A row may become visible after one with a
higher key; so each look begins where all was visible the last time (`settled`), and a row
fires once (a unique constraint says so).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from diagnostics.lifecycles.alert import DEFAULT_SEVERITY, AlertSource
from diagnostics.lifecycles.automation import Trigger
from diagnostics.lifecycles.log_request import FAILED
from diagnostics.models import (
    Alert,
    Automation,
    GroupMember,
    LogRequest,
    SecurityEvent,
    StationEvent,
    TimelineEntry,
)
from diagnostics.services.fleet.selections import stations_of

BOOTED, DISCONNECTED, CONNECTED = (
    "station.booted",
    "station.disconnected",
    "station.connected",
)
_ALERT_KINDS = {
    Trigger.ALERT_OPENED: "alert.opened",
    Trigger.ALERT_CLEARED: "alert.cleared",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that tell of a trigger; `moment` is the column of when we heard of it.

    `by_key`: later rows have higher keys. Else `moment` has an index, and rows are read by it.
    """

    model: type[Model]
    moment: str
    narrow: Callable[[Automation], QuerySet[Any]]
    by_key: bool = True

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)


def source_of(automation: Automation) -> Source:
    """Where to look for what the automation waits for."""
    return SOURCES[Trigger(automation.trigger)]


def matching(automation: Automation) -> QuerySet[Any]:
    """All rows that meet the conditions but the number of times, in no order."""
    source = source_of(automation)
    rows = source.narrow(automation).order_by()
    if automation.group_id is not None:
        members = GroupMember.objects.filter(group=automation.group_id)
        rows = rows.filter(station__in=members.values("station"))
    elif automation.selection is not None:
        rows = rows.filter(station__in=stations_of(automation.selection).values("pk"))
    heard: QuerySet[Any] = rows.annotate(heard_at=F(source.moment))
    return heard


def due(automation: Automation, now: datetime) -> QuerySet[Any]:
    """Those that were not looked at yet, and the last ones that were, oldest first."""
    source, rows = source_of(automation), matching(automation)
    since = automation.position_at
    if since is None:
        return rows.none()
    if source.by_key:
        rows = rows.filter(pk__gt=automation.position, heard_at__gte=since - waits(automation))
        order = ["pk"]
    else:
        rows = rows.filter(heard_at__gt=since)
        order = ["heard_at", "pk"]
    return rows.filter(heard_at__lte=now - waits(automation)).order_by(*order)


def waits(automation: Automation) -> timedelta:
    """How long after a row was written it counts: a station that stays away does so for a while."""
    if automation.trigger != Trigger.AWAY:
        return timedelta()
    return timedelta(minutes=automation.away_minutes or 1)


def reached(
    automation: Automation, rows: list[Any], settled_at: datetime, *, is_full: bool
) -> tuple[int, datetime]:
    """From where to look the next time, after a look at `rows`; `is_full`: there may be more.

    Not from the very end: what was written by `settled_at` could be seen, the rest may be seen only
    now. Rows that are read by key leave `position_at` where it was, when the automation was
    switched on.
    """
    source, until = source_of(automation), settled_at - waits(automation)
    moment = automation.position_at or settled_at
    if source.by_key:
        settled = _settled_until(source, until)
        key = min(settled, rows[-1].pk) if is_full else settled
        return max(key, automation.position), moment
    return 0, max(moment, min(until, rows[-1].heard_at) if is_full else until)


def _settled_until(source: Source, until: datetime) -> int:
    """The highest key among rows that were heard of before."""
    rows = source.model._default_manager.filter(**{f"{source.moment}__lte": until})
    newest = rows.order_by("-pk").values_list("pk", flat=True)[:1]
    return next(iter(newest), 0)


def newest_key(source: Source) -> int:
    """The highest key that there is, if keys tell the order."""
    if not source.by_key:
        return 0
    return source.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0


def first_key_since(source: Source, moment: datetime) -> int:
    """The lowest key of rows heard of since `moment`; by halving, since there is no index of it."""
    rows = source.model._default_manager.order_by("pk").values_list("pk", source.moment)
    low, high = 0, newest_key(source) + 1
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return low


# The conditions of each trigger


def like(column: str, pattern: str) -> Q:
    """Whether a text is like a pattern, in which a star stands for any letters; "" says nothing."""
    if not pattern:
        return Q()
    if "*" not in pattern:
        return Q(**{f"{column}__iexact": pattern})
    letters = (".*" if each == "*" else _literal(each) for each in pattern)
    return Q(**{f"{column}__iregex": f"^{''.join(letters)}$"})


def _literal(letter: str) -> str:
    plain = letter.isalnum() or letter in " _" or not letter.isascii()
    return letter if plain else f"\\{letter}"


def _of_variable(automation: Automation) -> Q:
    wanted = like("component", automation.component) & like("variable", automation.variable)
    wanted &= like("tech_code", automation.code) | like("event_notification_type", automation.code)
    return wanted & _at_least_as_bad(automation)


def _at_least_as_bad(automation: Automation) -> Q:
    """Events of 2.0.1 tell no severity; the alert that they open does."""
    worst = automation.severity
    if worst is None:
        return Q()
    wanted = Q(severity__lte=worst)
    return wanted | Q(severity=None) if worst >= DEFAULT_SEVERITY else wanted


def _events(automation: Automation) -> QuerySet[Any]:
    told = StationEvent.objects.filter(_of_variable(automation))
    return told.filter(source=AlertSource.NOTIFY_EVENT)


def _faults(automation: Automation) -> QuerySet[Any]:
    faults = StationEvent.objects.filter(source=AlertSource.STATUS, cleared=False)
    return faults.filter(like("tech_code", automation.code), _at_least_as_bad(automation))


def _alerts(automation: Automation) -> QuerySet[Any]:
    """The entries of the timeline: an alert has one row, and may be cleared long after it."""
    kind = _ALERT_KINDS[Trigger(automation.trigger)]
    entries = TimelineEntry.objects.filter(kind=kind).annotate(
        alert_id=Cast(KeyTextTransform("alert", "data"), BigIntegerField())
    )
    wanted = Alert.objects.filter(_of_variable(automation), pk=OuterRef("alert_id"))
    return entries.filter(Exists(wanted))


def _security_events(automation: Automation) -> QuerySet[Any]:
    return SecurityEvent.objects.filter(like("type", automation.code))


def _boots(automation: Automation) -> QuerySet[Any]:
    entries = TimelineEntry.objects.filter(kind=BOOTED).annotate(
        code=Cast(KeyTextTransform("reason", "data"), TextField())
    )
    return entries.filter(like("code", automation.code))


def _absences(automation: Automation) -> QuerySet[Any]:
    """Disconnections, after which the station did not come back in time."""
    back = TimelineEntry.objects.filter(
        station=OuterRef("station"),
        pk__gt=OuterRef("pk"),
        kind=CONNECTED,
        at__lte=OuterRef("at") + waits(automation),
    )
    return TimelineEntry.objects.filter(~Exists(back), kind=DISCONNECTED)


def _failed_logs(automation: Automation) -> QuerySet[Any]:
    """What automations had asked for makes none ask again: it would ask for ever."""
    failed = LogRequest.objects.filter(verdict__in=FAILED, settled_at__isnull=False)
    if automation.pull_log:
        failed = failed.filter(firings__isnull=True)
    return failed.filter(like("verdict", automation.code) | like("reason", automation.code))


SOURCES: dict[Trigger, Source] = {
    Trigger.ALERT_OPENED: Source(TimelineEntry, "at", _alerts),
    Trigger.ALERT_CLEARED: Source(TimelineEntry, "at", _alerts),
    Trigger.EVENT: Source(StationEvent, "received_at", _events),
    Trigger.FAULT: Source(StationEvent, "received_at", _faults),
    Trigger.SECURITY_EVENT: Source(SecurityEvent, "received_at", _security_events),
    Trigger.BOOT: Source(TimelineEntry, "at", _boots),
    Trigger.AWAY: Source(TimelineEntry, "at", _absences),
    Trigger.LOG_FAILED: Source(LogRequest, "settled_at", _failed_logs, by_key=False),
}
