"""Figures of what is to be done, and of whether anybody does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.campaign import OPEN, CampaignStatus
from diagnostics.models import (
    Alert,
    Campaign,
    DoomedObject,
    Housekeeping,
    LogRequest,
    OutboundCall,
    SecurityEvent,
    StationEvent,
    TaskPulse,
)
from diagnostics.services import fleet
from diagnostics.services.metrics.metric import Kind, Metric, one

# Tables that only grow at one end: the number of the newest row is a counter for nothing.
_NUMBERED: dict[str, Any] = {
    "diagnostics_events": StationEvent,
    "diagnostics_security_events": SecurityEvent,
    "diagnostics_log_requests": LogRequest,
    "diagnostics_calls": OutboundCall,
}


def metrics() -> Iterator[Metric]:
    """Calls, alerts, campaigns, what is counted by its number, and work in the background."""
    now = timezone.now()
    yield from _calls(now)
    yield _alerts()
    yield _campaigns()
    for name, model in _NUMBERED.items():
        help_text = (
            f"{str(model._meta.verbose_name_plural).capitalize()} ever written, by the number of "
            "the newest. A little too many: what comes twice takes a number each time."
        )
        newest = model.objects.aggregate(newest=Max("pk"))["newest"] or 0
        yield one(name, help_text, newest, Kind.COUNTER)
    yield from _background(now)


def _calls(now: datetime) -> Iterator[Metric]:
    """Those of absent stations may wait for a day; those of connected ones should not wait."""
    pending, waiting = OutboundCall.objects.pending(), {("unknown",): OutboundCall.objects.none()}
    if fleet.is_quick():
        stations: Any = OutboundCall._meta.get_field("station").related_model
        here = Q(station__in=fleet.online(stations._default_manager.order_by()).values("pk"))
        waiting = {("connected",): pending.filter(here), ("away",): pending.exclude(here)}
    else:
        waiting = {("unknown",): pending}
    found = {
        key: rows.aggregate(count=Count("pk"), oldest=Min("created_at"))
        for key, rows in waiting.items()
    }
    yield Metric(
        "diagnostics_calls_waiting",
        "Calls that wait to be sent, now, by whether their station is connected.",
        {key: each["count"] for key, each in found.items()},
        ("station",),
    )
    yield Metric(
        "diagnostics_call_oldest_waiting_seconds",
        "How long the oldest of them has waited; 0 where there is none.",
        {key: _seconds(each["oldest"], now) for key, each in found.items()},
        ("station",),
    )
    in_flight = OutboundCall.objects.in_flight().count()
    yield one("diagnostics_calls_unanswered", "Calls sent and not answered yet, now.", in_flight)


def _seconds(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0


def _alerts() -> Metric:
    rows = Alert.objects.open().order_by()
    unseen = Count("pk", filter=Q(acknowledged_at=None))
    values: dict[tuple[str, ...], float] = {
        (str(severity), state): 0
        for severity in Severity.values
        for state in ("unseen", "acknowledged")
    }
    for severity, every, new in rows.values_list("severity").annotate(Count("pk"), new=unseen):
        values[str(severity), "unseen"] = new
        values[str(severity), "acknowledged"] = every - new
    help_text = "Alerts that are open now, by severity (0 is the worst)."
    return Metric("diagnostics_alerts_open", help_text, values, ("severity", "state"))


def _campaigns() -> Metric:
    rows = Campaign.objects.filter(status__in=OPEN).order_by()
    found = dict(rows.values_list("status").annotate(Count("pk")))
    return Metric(
        "diagnostics_campaigns",
        "Campaigns that are not over, now.",
        {(status.value,): found.get(status, 0) for status in CampaignStatus if status in OPEN},
        ("status",),
    )


def _background(now: datetime) -> Iterator[Metric]:
    pulses = list(TaskPulse.objects.values_list("task", "ended_at", "seconds"))
    yield Metric(
        "diagnostics_task_ended_timestamp_seconds",
        "When a task that runs by itself last came to its end, as Unix time. Where it stands "
        "still, the scheduler or the workers do.",
        {(task,): at.timestamp() for task, at, _ in pulses},
        ("task",),
    )
    yield Metric(
        "diagnostics_task_seconds",
        "How long it took then.",
        {(task,): seconds for task, _, seconds in pulses},
        ("task",),
    )
    yield from _housekeeping(now)


def _housekeeping(now: datetime) -> Iterator[Metric]:
    late = Q(due_at__lt=now - timedelta(minutes=10))
    kept = Housekeeping.objects.aggregate(
        unfinished=Count("pk", filter=Q(unfinished=True)),
        failing=Count("pk", filter=~Q(problem="")),
        late=Count("pk", filter=late),
        ended=Min("ended_at"),
    )
    yield Metric(
        "diagnostics_housekeeping_rules",
        "Rules of housekeeping that are behind now: more to delete than a turn of theirs could, "
        "rows that could not be deleted, or nobody who begins.",
        {(state,): kept[state] for state in ("unfinished", "failing", "late")},
        ("state",),
    )
    yield one(
        "diagnostics_housekeeping_ended_timestamp_seconds",
        "When the rule that waits longest was last applied, as Unix time.",
        kept["ended"].timestamp() if kept["ended"] else None,
    )
    yield one(
        "diagnostics_store_objects_to_delete",
        "Objects in the log store whose rows are gone, and which are still to be deleted, now.",
        DoomedObject.objects.count(),
    )
