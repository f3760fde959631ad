"""Calls placed in one process and answered through another, beside a bare Redis round trip.

    python -m benchmarks.placing IDENTITY…

Prints one JSON object per measurement: way, in_flight, rate (per second), latencies (seconds).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import django
import redis.asyncio as redis
import uvloop
from django.conf import settings

from benchmarks.echo import ANSWERED, ASKED

django.setup()

from diagnostics.models import OutboundCall  # noqa: E402
from diagnostics.services.calls import place_call, place_calls  # noqa: E402
from stations.models import ChargingStation  # noqa: E402

ROUNDS = 3
SECONDS = 2.0
# How many calls are on their way -> seconds between two looks at them; each look costs the core
# that PostgreSQL and the worker run on. Latencies come from the rows, and are exact all the same.
LOOK_AGAIN = {1: 0.002, 50: 0.02, 100: 0.02}
CALL: dict[str, Any] = {
    "action": "TriggerMessage",
    "payload": {"requestedMessage": "Heartbeat"},
}

Place = Callable[[Sequence[Any]], Sequence[OutboundCall]]


def one_by_one(stations: Sequence[Any]) -> list[OutboundCall]:
    """As operators do: a commit for each call."""
    return [place_call(station=station, **CALL) for station in stations]


def together(stations: Sequence[Any]) -> list[OutboundCall]:
    """As campaigns do: those that are free are called with one commit."""
    return place_calls(stations=stations, **CALL)


MEASURED: list[tuple[str, Place, int]] = [
    ("one by one", one_by_one, 1),
    ("one by one", one_by_one, 50),
    ("together", together, 100),
]


def call_stations(place: Place, stations: Sequence[Any], in_flight: int) -> list[float]:
    """Keep that many calls on their way for a while; returns placed-to-recorded, in seconds."""
    free = list(stations[:in_flight])
    waiting: dict[int, Any] = {}
    done: list[int] = []
    until = time.monotonic() + SECONDS
    while waiting or time.monotonic() < until:
        if free and time.monotonic() < until:
            waiting |= {call.pk: call.station for call in place(free)}
            free = []
        settled = OutboundCall.objects.filter(pk__in=waiting, status="Answered")
        for pk in settled.values_list("pk", flat=True):
            free.append(waiting.pop(pk))
            done.append(pk)
        time.sleep(LOOK_AGAIN[in_flight])
    times = OutboundCall.objects.filter(pk__in=done).values_list("created_at", "settled_at")
    return [(settled - created).total_seconds() for created, settled in times]


async def ask_redis(in_flight: int) -> list[float]:
    """Keep that many messages on their way to the echo and back for a while."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    latencies: list[float] = []
    until = time.perf_counter() + SECONDS
    async with client.pubsub() as subscription:
        await subscription.subscribe(ANSWERED)
        for _ in range(in_flight):
            await client.publish(ASKED, repr(time.perf_counter()))
        waiting = in_flight
        async for message in subscription.listen():
            if message["type"] != "message":
                continue
            latencies.append(time.perf_counter() - float(message["data"]))
            waiting -= 1
            if time.perf_counter() < until:
                await client.publish(ASKED, repr(time.perf_counter()))
                waiting += 1
            if not waiting:
                break
    await client.aclose()
    return latencies


def report(way: str, in_flight: int, latencies: Sequence[float], seconds: float) -> None:
    rate = len(latencies) / seconds
    print(json.dumps([way, in_flight, rate, sorted(latencies)]), flush=True)


def main(identities: Sequence[str]) -> None:
    """Measure both ways in turn, round after round."""
    stations = list(ChargingStation.objects.filter(identity__in=identities))
    for _ in range(ROUNDS):
        for way, place, in_flight in MEASURED:
            started = time.monotonic()
            bare = uvloop.run(ask_redis(in_flight))
            report("redis", in_flight, bare, time.monotonic() - started)
            started = time.monotonic()
            calls = call_stations(place, stations, in_flight)
            report(way, in_flight, calls, time.monotonic() - started)


if __name__ == "__main__":
    main(sys.argv[1:])
