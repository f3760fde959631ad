"""Work handed to Celery after it was written down: rows are the truth, and this only hurries it."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue(task: str, *arguments: Any) -> None:
    """Have a worker run the task soon. When the broker is away, a sweep has to find the work."""
    try:
        current_app.signature(task, args=arguments).apply_async(retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("Broker away, a sweep will do %s for %s: %s", task, arguments, error)
