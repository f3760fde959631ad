"""Figures of the processes that hold the sockets."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q
from django.utils import timezone

from diagnostics.services.metrics import Metric, one, register
from stations.models import DEAD_AFTER, ServerProcess, StationConnection


@register
def metrics() -> Iterator[Metric]:
    """Server processes that are alive, and the sockets that they hold."""
    alive = ServerProcess.objects.filter(
        stopped_at=None, heartbeat_at__gt=timezone.now() - DEAD_AFTER
    )
    yield one(
        "stations_server_processes",
        "Server processes that have had a station and gave a sign of life in the last 30 s.",
        alive.count(),
    )
    sockets = StationConnection.objects.live().aggregate(
        yes=Count("pk", filter=Q(is_encrypted=True)), no=Count("pk", filter=Q(is_encrypted=False))
    )
    yield Metric(
        "stations_sockets_open",
        "Sockets of stations that are open now, by whether the line is encrypted.",
        {(encrypted,): count for encrypted, count in sockets.items()},
        ("encrypted",),
    )
