"""Lists that are too long for one message: ItemsPerMessage and BytesPerMessage."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")

#: What a station is sent that announced no limit.
USUAL_ITEMS = 10

# [2,"36 characters","action",] around the payload: stations count the whole frame.
_FRAME = len('[2,"","",]') + 36


def split(
    items: Sequence[Item],
    *,
    action: str,
    payload: Callable[[Sequence[Item]], Any],
    most_items: int | None = None,
    most_bytes: int | None = None,
) -> list[list[Item]]:
    """Cut ``items`` into messages that keep both limits; ``payload`` writes one message.

    A limit below 1 is none; an item that is too long by itself gets a message of its own.
    """
    most = most_items if most_items and most_items > 0 else USUAL_ITEMS
    batches: list[list[Item]] = []
    for item in items:
        last = batches[-1] if batches else None
        if last and len(last) < most and _fits(action, payload([*last, item]), most_bytes):
            last.append(item)
        else:
            batches.append([item])
    return batches


def _fits(action: str, payload: Any, most_bytes: int | None) -> bool:
    if not most_bytes or most_bytes < 0:
        return True
    return _FRAME + len(action) + len(json.dumps(payload, separators=(",", ":"))) <= most_bytes
