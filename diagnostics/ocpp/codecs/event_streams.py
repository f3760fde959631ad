"""Periodic event streams (N11 to N15). New in 2.1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from diagnostics.ocpp.codecs.base import Codec
from diagnostics.ocpp.codecs.fields import given, inner, text, whole
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.times import parse_time

GET = "GetPeriodicEventStream"
ADJUST = "AdjustPeriodicEventStream"
OPEN = "OpenPeriodicEventStream"

#: StreamDataElementType.v, and how many elements are read of one message.
LONGEST_VALUE = 2500
MOST_SAMPLES = 5000
_LONGEST_OFFSET = 10 * 366 * 86400


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """ConstantStreamData: a stream, the monitor it belongs to, and its pace.

    ``interval`` is in seconds, ``values`` is how many values make a message.
    """

    stream_id: int
    monitor_id: int | None
    interval: int | None = None
    values: int | None = None


@dataclass(frozen=True, slots=True)
class StreamData:
    """One NotifyPeriodicEventStream; ``samples`` have absolute times.

    ``unread`` counts those that were left out: without a time, or not readable at all.
    """

    stream_id: int
    pending: int
    samples: Sequence[tuple[datetime, str]] = field(default_factory=tuple)
    unread: int = 0


def encode_get_streams(codec: Codec) -> WireCall:
    """Ask which streams are open (N12). Raises UnsupportedAction before 2.1."""
    codec.check_call(GET, {})
    return WireCall(GET, {})


def encode_adjust_stream(
    codec: Codec, stream_id: int, *, interval: int | None, values: int | None
) -> WireCall:
    """Change the pace of a stream (N14). Raises UnsupportedAction before 2.1, InvalidPayload."""
    payload = {"id": stream_id, "params": given(interval=interval, values=values)}
    codec.check_call(ADJUST, payload)
    return WireCall(ADJUST, payload)


def decode_stream(payload: Any) -> StreamFacts | None:
    """Read one ConstantStreamData; ``None`` without an id."""
    stream_id, params = whole(payload, "id"), inner(payload, "params")
    if stream_id is None:
        return None
    return StreamFacts(
        stream_id,
        whole(payload, "variableMonitoringId"),
        _natural(params, "interval"),
        _natural(params, "values"),
    )


def _natural(params: Mapping[str, Any], name: str) -> int | None:
    found = whole(params, name)
    return None if found is None or found < 0 else found


def decode_open_stream(payload: Mapping[str, Any]) -> StreamFacts | None:
    """Read OpenPeriodicEventStream."""
    return decode_stream(inner(payload, "constantStreamData"))


def decode_streams(payload: Mapping[str, Any]) -> list[StreamFacts]:
    """Read the answer to GetPeriodicEventStream: no list is no stream."""
    listed = payload.get("constantStreamData")
    entries = listed if isinstance(listed, list) else []
    return [found for each in entries[:MOST_SAMPLES] if (found := decode_stream(each))]


def decode_stream_data(payload: Mapping[str, Any]) -> StreamData | None:
    """Read NotifyPeriodicEventStream; ``None`` without an id.

    ``t`` counts seconds from basetime. Part 4 of 2.1 prints an example without basetime whose t
    are date-times: such a t is read as a time of its own.
    """
    stream_id = whole(payload, "id")
    if stream_id is None:
        return None
    base = parse_time(payload.get("basetime"))
    listed = payload.get("data")
    entries = listed[:MOST_SAMPLES] if isinstance(listed, list) else []
    samples = [
        (at, text(entry, "v", LONGEST_VALUE))
        for entry in entries
        if isinstance(entry, dict) and (at := _time_of(entry.get("t"), base)) is not None
    ]
    pending = max(whole(payload, "pending") or 0, 0)
    return StreamData(stream_id, pending, samples, unread=len(entries) - len(samples))


def _time_of(t: Any, base: datetime | None) -> datetime | None:
    if isinstance(t, str):
        return parse_time(t)
    if base is None or isinstance(t, bool) or not isinstance(t, int | float):
        return None
    if not math.isfinite(t) or abs(t) > _LONGEST_OFFSET:
        return None
    try:
        return base + timedelta(seconds=t)
    except OverflowError:
        return None
