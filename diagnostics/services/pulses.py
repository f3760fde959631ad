"""Signs of life of the tasks that run by themselves: without them nothing ends and nothing goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from diagnostics.models import TaskPulse

SWEEP = "sweep"
# The sweep runs every ten seconds; nobody is called for one that takes its time.
STANDSTILL = timedelta(minutes=2)


def beat(task: str, *, began_at: datetime) -> None:
    """A task has come to its end."""
    now = timezone.now()
    columns = {"ended_at": now, "seconds": (now - began_at).total_seconds()}
    if not TaskPulse.objects.filter(task=task).update(**columns):
        TaskPulse.objects.update_or_create(task=task, defaults=columns)


def stands_still_since(task: str, now: datetime) -> datetime | None:
    """When a task last came to its end, where that is too long ago; None for one that never ran."""
    late = TaskPulse.objects.filter(task=task, ended_at__lt=now - STANDSTILL)
    return late.values_list("ended_at", flat=True).first()
