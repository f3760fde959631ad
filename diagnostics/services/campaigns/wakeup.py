"""Has a worker go on with campaigns now, rather than at the next look."""

from __future__ import annotations

from django.db import transaction

from diagnostics.jobs import enqueue

TASK = "diagnostics.tasks.run_campaigns"


def wake_on_commit() -> None:
    """Once the change is durable; where the broker is away, the next look finds it."""
    transaction.on_commit(lambda: enqueue(TASK))
