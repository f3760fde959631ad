"""Figures of log requests, uploads and what is examined of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from diagnostics.lifecycles.examination import Examination
from diagnostics.lifecycles.log_request import OPEN, SETTLED
from diagnostics.models import LogFile, LogRequest
from diagnostics.models.log_request import BYTES_ARE_RECENT
from diagnostics.services.logs.outcomes import all_of
from diagnostics.services.metrics.metric import Metric, one

HOUR = timedelta(hours=1)


def metrics() -> Iterator[Metric]:
    """Log requests that run, and those of the last hour by how they ended."""
    now = timezone.now()
    running = LogRequest.objects.open()
    yield Metric(
        "diagnostics_log_requests_open",
        "Log requests that have not ended, now.",
        _counts(running, OPEN),
        ("state",),
    )
    arriving = running.filter(receiving_at__gt=now - BYTES_ARE_RECENT)
    yield one("diagnostics_uploads_running", "Files that arrive now.", arriving.count())
    yield from _ended(now)
    unexamined = LogFile.objects.filter(examination__in=[Examination.WAITING, Examination.RUNNING])
    yield one(
        "diagnostics_files_unexamined",
        "Files that arrived and wait for a worker of the slow queue to look into them, now.",
        unexamined.count(),
    )


def _ended(now: datetime) -> Iterator[Metric]:
    ended = LogRequest.objects.filter(settled_at__gte=now - HOUR)
    yield Metric(
        "diagnostics_log_requests_ended_last_hour",
        "Log requests that ended within the last hour: a gauge over a moving window.",
        _counts(ended, SETTLED),
        ("outcome",),
    )
    figures = all_of(ended)
    times = {("0.5",): figures.median, ("0.95",): figures.slow}
    yield Metric(
        "diagnostics_log_request_seconds",
        "How long after asking files were here, of log requests that ended within the last hour; "
        "absent where none came.",
        {key: span.total_seconds() for key, span in times.items() if span is not None},
        ("quantile",),
    )


def _counts(rows: QuerySet[LogRequest], verdicts: Any) -> dict[tuple[str, ...], float]:
    found = dict(rows.filter(verdict__in=verdicts).values_list("verdict").annotate(Count("pk")))
    return {(verdict.value,): found.get(verdict, 0) for verdict in sorted(verdicts)}
