"""What time does, one step after another: each is tried, whatever became of those before it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from threading import Lock
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


_at_the_store = Lock()


@contextmanager
def turn_at_the_store() -> Iterator[bool]:
    """Whether it is ours: False while another sweep of this process asks the log store.

    One that hangs keeps whoever asks it for minutes. So it keeps one thread, and not, sweep by
    sweep, all that a worker has.
    """
    is_ours = _at_the_store.acquire(blocking=False)
    try:
        yield is_ours
    finally:
        if is_ours:
            _at_the_store.release()


def at_the_store(step: Step) -> Step:
    """The step, left out where somebody is at the store: it does not matter when it is done."""

    @wraps(step)
    def taken_in_turn(now: datetime) -> Any:
        with turn_at_the_store() as is_ours:
            return step(now) if is_ours else None

    return taken_in_turn


def _name(step: Step) -> str:
    return f"{step.__module__.removeprefix('diagnostics.services.')}.{step.__qualname__}"
