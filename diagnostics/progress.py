"""Tells open pages that a row changed. The only sender to the operators' channel groups.

Messages carry a kind, an id and a state; the page fetches the rest. A lost one costs a refresh.
"""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)


def topic(kind: str, pk: object = "all") -> str:
    """The channel group of one row, or of all rows of a kind."""
    return f"diagnostics.{kind}.{pk}"


def publish_on_commit(kind: str, pk: int, **state: Any) -> None:
    """Announce row `pk` of `kind` with its new state, once it is committed."""
    transaction.on_commit(lambda: _publish(kind, pk, state))


def _publish(kind: str, pk: int, state: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    message = {"type": "row.changed", "kind": kind, "id": pk, **state}
    try:
        send = async_to_sync(layer.group_send)
        send(topic(kind, pk), message)
        send(topic(kind), message)
    except Exception:  # whatever the layer's backend raises: the row is committed and safe
        logger.warning("Progress of %s %s was not announced", kind, pk, exc_info=True)
