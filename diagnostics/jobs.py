"""Work handed to Celery after it was written down: rows are the truth, and this only hurries it."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app

from diagnostics.conf import app_settings

logger = logging.getLogger(__name__)


def enqueue(task: str, *arguments: Any, slow: bool = False) -> None:
    """Have a worker run the task soon. When the broker is away, a sweep has to find the work.

    What is `slow` has a queue of its own, where the project has set one: no call to a station waits
    behind a file of a gigabyte.
    """
    queue = {"queue": app_settings.slow_queue} if slow and app_settings.slow_queue else {}
    try:
        current_app.signature(task, args=arguments).apply_async(retry=False, **queue)
    except Exception as error:  # whatever the transport of the broker raises
        logger.warning("Not handed over, a sweep will do %s for %s: %s", task, arguments, error)
