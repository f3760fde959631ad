"""Celery tasks of the stations' connections."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from diagnostics.services import pulses
from stations import presence


@shared_task(ignore_result=True)
def sweep_presence() -> None:
    """Close the connections of server processes that died. Run it every few seconds."""
    began_at = timezone.now()
    presence.sweep()
    pulses.beat("sweep_presence", began_at=began_at)
