"""Tells open pages that a row changed. The only sender to the operators' channel groups.

Messages carry a kind, an id and a state; the page fetches the rest. A lost one costs a refresh.
"""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

from diagnostics.background import send_soon

# Seconds without announcements after one failed: an absent Redis is left alone for a while.
PAUSE = 5.0

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


def publish_on_commit(kind: str, pk: object, **state: Any) -> None:
    """Announce row `pk` of `kind` with its new state, once it is committed; nobody waits for it."""
    transaction.on_commit(lambda: _publish(kind, pk, state))


def _publish(kind: str, pk: object, state: dict[str, Any]) -> None:
    if time.monotonic() >= _quiet_until:
        send_soon(lambda: _send(kind, pk, state))


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
