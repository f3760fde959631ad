"""A campaign over connected stations, beside as many bare calls; and one over ten thousand, begun.

    python -m benchmarks.campaign [--stations 2000] [--at-once 500] [--rounds 3] [--begun 10000]

Both go over the same sockets to the same stations, which answer at once. The bare calls are placed
by few statements and nobody looks after them; the campaign asks each station in its turn, at most
so many at once, and settles it. What goes to the broker and over the channel layer is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import django
import uvloop
from redis import Redis

from benchmarks import cores, servers
from benchmarks.figures import number, ratio, table
from benchmarks.round_trips import PASSWORD
from benchmarks.stations import connect

LONGEST_SECONDS = 540
LOOK_AGAIN = 0.02


def register(first: int, count: int) -> list[str]:
    """Stations that may connect and have booted; returns their identities."""
    from stations.models import ChargingStation, Registration  # needs Django to be set up
    from stations.passwords import hash_password

    hashed = hash_password(PASSWORD)
    identities = [f"BENCH-{number:05d}" for number in range(first, first + count)]
    ChargingStation.objects.bulk_create(
        ChargingStation(
            identity=identity,
            password_hash=hashed,
            registration=Registration.ACCEPTED,
            ocpp_version="2.0.1",
        )
        for identity in identities
    )
    return identities


def timed(work: Callable[[], Any]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def messages() -> tuple[int, int]:
    """How many went to the broker's queues so far, and how many over the channel layer."""
    with Redis.from_url(os.environ["REDIS_URL"]) as client:
        stats: Any = client.info("commandstats")
    return tuple(  # type: ignore[return-value]
        stats.get(f"cmdstat_{command}", {}).get("calls", 0) for command in ("lpush", "publish")
    )


def bare(stations: Sequence[Any]) -> None:
    """As many calls, placed at once; until every one is answered."""
    from diagnostics.models import OutboundCall
    from diagnostics.services.calls import place_calls

    payload = {"requestedMessage": "Heartbeat"}
    placed = place_calls(stations=stations, action="TriggerMessage", payload=payload)
    first = min(call.pk for call in placed)
    while OutboundCall.objects.filter(pk__gte=first).exclude(status="Answered").exists():
        time.sleep(LOOK_AGAIN)


def begin(at_once: int) -> Any:
    """Write a campaign over all stations."""
    from diagnostics.services import campaigns
    from stations.models import ChargingStation

    return campaigns.start_campaign(
        name="Measured",
        operation="Trigger",
        params={"message": "Heartbeat"},
        stations=ChargingStation.objects.all(),
        at_once=at_once,
    )


def campaign(at_once: int) -> None:
    """From its start until it is over, with a worker that looks after it all the time."""
    from diagnostics.models import Campaign
    from diagnostics.services import campaigns
    from diagnostics.services.campaigns import driver as campaign_driver

    row = begin(at_once)
    while not Campaign.objects.filter(pk=row.pk, status="Complete").exists():
        campaign_driver.run_campaigns()
        time.sleep(LOOK_AGAIN)
    counts = campaigns.tally([row.pk])[row.pk]
    if counts != {"Succeeded": row.stations.count()}:
        raise RuntimeError(f"not every station succeeded: {counts}")


def measure(at_once: int, rounds: int) -> None:
    """Bare calls and a campaign in turns."""
    from stations.models import ChargingStation

    stations = list(ChargingStation.objects.all())
    bare(stations[:50])  # warm
    alone, whole, sent = [], [], (0, 0)
    for _ in range(rounds):
        alone.append(timed(lambda: bare(stations)))
        before = messages()
        whole.append(timed(lambda: campaign(at_once)))
        sent = tuple(now - then for now, then in zip(messages(), before, strict=True))
    calls, asked = statistics.median(alone), statistics.median(whole)
    per_station = [number(each / len(stations)) for each in sent]
    cells = [number(calls), number(asked), ratio(asked, calls), number(len(stations) / asked)]
    head = ["stations", "bare calls s", "campaign s", "ratio", "stations/s"]
    head += ["broker messages each", "channel layer each"]
    print(table(head, [[number(len(stations)), *cells, *per_station]]))


def measure_beginning(count: int, at_once: int) -> None:
    """Over many stations, of which most are away: nobody is asked, and nothing waits for them."""
    from diagnostics.models import OutboundCall
    from diagnostics.services import campaigns
    from diagnostics.services.campaigns import driver as campaign_driver
    from stations.models import ChargingStation

    register(ChargingStation.objects.count(), count - ChargingStation.objects.count())
    begun, before = [], messages()
    written = timed(lambda: begun.append(begin(at_once)))
    to_broker = messages()[0] - before[0]
    step = timed(lambda: campaign_driver.step(begun[0].pk))
    waiting = OutboundCall.objects.pending().count()
    canceled = timed(lambda: campaigns.cancel_campaign(begun[0]))
    head = ["stations", "begun s", "broker messages", "a step s", "calls that wait", "canceled s"]
    cells = [number(each) for each in (count, written, to_broker, step, waiting, canceled)]
    print(f"\n{table(head, [cells])}")


async def run(arguments: argparse.Namespace, identities: list[str]) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(servers.our_server(arguments.directory))
        await connect(server.port, server.prefix, identities, PASSWORD)
        await asyncio.sleep(1)
        await asyncio.to_thread(measure, arguments.at_once, arguments.rounds)
        await asyncio.to_thread(measure_beginning, arguments.begun, arguments.at_once)


def main() -> None:
    """Set up, measure, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=2000, help="connected stations")
    parser.add_argument("--at-once", type=int, default=500, help="stations asked and not ended")
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken over these")
    parser.add_argument("--begun", type=int, default=10_000, help="stations of one that is begun")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, cores.OTHERS)
    # Ended from outside, it still stops PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with servers.prepared_environment() as arguments.directory:
        # Stations are asked nothing of their own accord.
        os.environ["READ_STATIONS"] = "0"
        django.setup()
        servers.prepare_database()
        identities = register(0, arguments.stations)
        uvloop.run(asyncio.wait_for(run(arguments, identities), LONGEST_SECONDS))


if __name__ == "__main__":
    main()
