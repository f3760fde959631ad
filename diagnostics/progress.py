"""Tells open pages that a row changed. The only sender to the operators' channel groups.

Messages carry a kind, an id and a state; the page fetches the rest. A lost one costs a refresh.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

from diagnostics.background import send_soon

# Seconds without announcements after one failed: an absent Redis is left alone for a while.
PAUSE = 5.0

# Seconds that announcements gather after some were sent, how many of a kind one round sends, and
# how many wait for the rounds after it.
GATHER = 0.2
MOST_AT_ONCE = 50
MOST_WAITING = 5000

# What a group name of Channels may hold, and short enough with the rest.
SAFE = re.compile(r"[A-Za-z0-9_-]{1,60}")

_quiet_until = 0.0
_lock = threading.Lock()
_waiting: dict[tuple[str, Any], dict[str, Any]] = {}
_is_sending = False


def topic(kind: str, pk: object = "all") -> str:
    """The channel group of one row, or of all rows of a kind.

    A host's keys may be any text, and group names may not: such a key goes by its digest.
    """
    name = str(pk)
    if not SAFE.fullmatch(name):
        name = sha256(name.encode()).hexdigest()[:40]
    return f"diagnostics.{kind}.{name}"


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
        for pk, state in states.items():
            _waiting[kind, pk] = {**_waiting.get((kind, pk), {}), **state}
        while len(_waiting) > MOST_WAITING:
            del _waiting[next(iter(_waiting))]
        if not _is_sending:
            _is_sending = send_soon(_send_waiting)


async def _send_waiting() -> None:
    global _is_sending
    try:
        while gathered := _take_waiting():
            for (kind, pk), state in gathered:
                if time.monotonic() >= _quiet_until:
                    await _send(kind, pk, state)
            await asyncio.sleep(GATHER)
    except BaseException:
        _is_sending = False
        raise


def _take_waiting() -> list[tuple[tuple[str, Any], dict[str, Any]]]:
    global _is_sending
    with _lock:
        turns: Counter[str] = Counter()
        gathered = []
        for key in list(_waiting):
            turns[key[0]] += 1
            if turns[key[0]] <= MOST_AT_ONCE:
                gathered.append((key, _waiting.pop(key)))
        _is_sending = bool(gathered)
    return gathered


def _forget_after_fork() -> None:
    """A forked child sends for itself."""
    global _is_sending, _lock
    _lock, _is_sending = threading.Lock(), False
    _waiting.clear()


os.register_at_fork(after_in_child=_forget_after_fork)


async def _send(kind: str, pk: object, state: dict[str, Any]) -> None:
    """To those who follow the row, and to those who follow all rows of its kind."""
    global _quiet_until
    layer = get_channel_layer()
    if layer is None:
        return
    name = pk if isinstance(pk, int) else str(pk)
    message = {"type": "row.changed", "kind": kind, "id": name, **state}
    try:
        await layer.group_send(topic(kind, pk), message)
        await layer.group_send(topic(kind), message)
    except Exception:
        _quiet_until = time.monotonic() + PAUSE
        raise
