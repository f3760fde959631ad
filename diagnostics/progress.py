"""Tells open pages that a row changed. The only sender to the operators' channel groups.

Messages carry a kind, and the ids and states of some rows; pages take those they show, and fetch
the rest. A lost one costs a refresh.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Mapping
from itertools import islice
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

from diagnostics.background import send_soon

# Seconds without announcements after one failed: an absent Redis is left alone for a while.
PAUSE = 5.0

# Seconds that announcements gather after some were sent, how many rows of a kind one message names,
# and how many of them wait for the next one.
GATHER = 0.2
MOST_AT_ONCE = 200
MOST_WAITING = 5000

States = dict[Any, dict[str, Any]]

_quiet_until = 0.0
_lock = threading.Lock()
_waiting: dict[str, States] = {}
_is_sending = False


def topic(kind: str) -> str:
    """The channel group of all who follow rows of a kind."""
    return f"diagnostics.{kind}"


def publish_on_commit(kind: str, pk: object, **state: Any) -> None:
    """Announce row `pk` of `kind` with its new state, once it is committed; nobody waits for it."""
    transaction.on_commit(lambda: _publish(kind, {pk: state}))


def publish_soon(kind: str, states: Mapping[Any, Mapping[str, Any]]) -> None:
    """`publish_on_commit` for many rows."""
    if states:
        transaction.on_commit(lambda: _publish(kind, states))


def _publish(kind: str, states: Mapping[Any, Mapping[str, Any]]) -> None:
    """At once when it is quiet. Else they gather: changes of one row count once, one kind does
    not wait for many of another, and where far too many wait the oldest are left out."""
    global _is_sending
    if time.monotonic() < _quiet_until:
        return
    with _lock:
        waiting = _waiting.setdefault(kind, {})
        for pk, state in states.items():
            waiting[pk] = {**waiting.get(pk, {}), **state}
        while len(waiting) > MOST_WAITING:
            del waiting[next(iter(waiting))]
        if not _is_sending:
            _is_sending = send_soon(_send_waiting)


async def _send_waiting() -> None:
    global _is_sending
    try:
        while gathered := _take_waiting():
            for kind, states in gathered.items():
                if time.monotonic() >= _quiet_until:
                    await _send(kind, states)
            await asyncio.sleep(GATHER)
    except BaseException:
        _is_sending = False
        raise


def _take_waiting() -> dict[str, States]:
    global _is_sending
    with _lock:
        gathered = {
            kind: {pk: states.pop(pk) for pk in list(islice(states, MOST_AT_ONCE))}
            for kind, states in _waiting.items()
            if states
        }
        _is_sending = bool(gathered)
    return gathered


def _forget_after_fork() -> None:
    """A forked child sends for itself."""
    global _is_sending, _lock
    _lock, _is_sending = threading.Lock(), False
    _waiting.clear()


os.register_at_fork(after_in_child=_forget_after_fork)


async def _send(kind: str, states: States) -> None:
    """To all who follow rows of the kind: there are few of them, and each knows what it shows."""
    global _quiet_until
    layer = get_channel_layer()
    if layer is None:
        return
    rows = [[pk if isinstance(pk, int) else str(pk), state] for pk, state in states.items()]
    try:
        await layer.group_send(topic(kind), {"type": "rows.changed", "kind": kind, "rows": rows})
    except Exception:
        _quiet_until = time.monotonic() + PAUSE
        raise
