"""What time does, one step after another: each is tried, whatever became of those before it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from django.db import Error as DatabaseError
from django.db import connection

logger = logging.getLogger(__name__)

Step: TypeAlias = Callable[[datetime], Any]


def take_steps(steps: Sequence[Step], now: datetime) -> None:
    """Take every step. What one raises is logged, and costs those behind it nothing.

    Raises what the database raises when it is away: then the next sweep has all of it to do.
    """
    for step in steps:
        try:
            step(now)
        except DatabaseError as error:
            if not connection.is_usable():
                raise
            logger.warning("%s failed, and is tried again soon: %s", _name(step), error)
        except Exception:
            logger.exception("%s failed, and is tried again soon", _name(step))


def _name(step: Step) -> str:
    return f"{step.__module__.removeprefix('diagnostics.services.')}.{step.__qualname__}"
