"""Tells open pages that a row changed. The only sender to the operators' channel groups.

Messages carry a kind, an id and a state; the page fetches the rest. A lost one costs a refresh.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

# Seconds without announcements after one failed: an absent Redis must not slow down the work.
PAUSE = 5.0

# Seconds that announcements of `publish_soon` gather, and how many of them one round sends.
GATHER = 0.2
MOST_AT_ONCE = 100

# What a group name of Channels may hold, and short enough with the rest.
SAFE = re.compile(r"[A-Za-z0-9_-]{1,60}")

_quiet_until = 0.0


def topic(kind: str, pk: object = "all") -> str:
    """The channel group of one row, or of all rows of a kind.

    A host's keys may be any text, and group names may not: such a key goes by its digest.
    """
    name = str(pk)
    if not SAFE.fullmatch(name):
        name = sha256(name.encode()).hexdigest()[:40]
    return f"diagnostics.{kind}.{name}"


def publish_on_commit(kind: str, pk: int, **state: Any) -> None:
    """Announce row `pk` of `kind` with its new state, once it is committed."""
    transaction.on_commit(lambda: _publish(kind, pk, state))


def publish_soon(kind: str, states: Mapping[int, Mapping[str, Any]]) -> None:
    """Announce many rows of `kind` after they are committed, by a thread of its own.

    For writers that must not wait for the channel layer. Repeated changes of a row count once, and
    what is too much for a round is left out: pages look again by themselves.
    """
    if states:
        transaction.on_commit(lambda: _announcer.add(kind, states))


class _Announcer:
    """The thread behind `publish_soon`: lives while there is something to announce."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, int], Mapping[str, Any]] = {}
        self._runs = False

    def add(self, kind: str, states: Mapping[int, Mapping[str, Any]]) -> None:
        with self._lock:
            self._waiting.update({(kind, pk): state for pk, state in states.items()})
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="announcer", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(GATHER)
            with self._lock:
                waiting, self._waiting = self._waiting, {}
                if not waiting:
                    self._runs = False
                    return
            for (kind, pk), state in list(waiting.items())[:MOST_AT_ONCE]:
                _publish(kind, pk, dict(state))


_announcer = _Announcer()


def _publish(kind: str, pk: int, state: dict[str, Any]) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        async_to_sync(_send)(kind, pk, state)
    except Exception as error:  # whatever the layer's backend raises: the row is committed and safe
        _quiet_until = time.monotonic() + PAUSE
        logger.warning("Progress is not announced for %s s: %s", PAUSE, error)


async def _send(kind: str, pk: int, state: dict[str, Any]) -> None:
    """To those who follow the row, and to those who follow all rows of its kind."""
    layer = get_channel_layer()
    if layer is None:
        return
    message = {"type": "row.changed", "kind": kind, "id": pk, **state}
    await layer.group_send(topic(kind, pk), message)
    await layer.group_send(topic(kind), message)
