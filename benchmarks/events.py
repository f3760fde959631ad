"""Durable events per second: NotifyEvent answered when it is committed, beside two peers.

    python -m benchmarks.events [--rounds 3] [--seconds 1.5] [--stations 1000]

The peers run in turn with ours: `ocpp` on `websockets`, which stores nothing, and stock Channels
with one save() per event on the same PostgreSQL, fsync on. Ours runs once more without its log of
messages, which the peers have not either. Each server is one process, and has one core for itself
while it is measured; stations, PostgreSQL and Valkey share the other. Takes under four minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack

import django
import psycopg
import uvloop

from benchmarks import cores, servers
from benchmarks.figures import Measured, measured, median, number, ratio, table
from benchmarks.round_trips import PASSWORD, register
from benchmarks.servers import Server
from benchmarks.stations import Message, Station, connect, load, paced

STATIONS = 1000
WARM_UP_SECONDS = 0.4
SETTLING_SECONDS = 3.0
LONGEST_SECONDS = 230
LONGEST_ROUNDS = 190

ENTRY = (
    b'{"eventId":%d,"timestamp":"2026-03-02T08:00:00Z","trigger":"%s","actualValue":"41.5",'
    b'"eventNotificationType":"CustomMonitor","variableMonitoringId":7,'
    b'"component":{"name":"ChargingStation","evse":{"id":1,"connectorId":1}},'
    b'"variable":{"name":"Temperature","instance":"Inlet"}}'
)
HEAD = b'[2,"%d","NotifyEvent",{"generatedAt":"2026-03-02T08:00:00Z","seqNo":0,"eventData":[%s]}]'


def notify_event(events: int, trigger: bytes = b"Delta") -> Message:
    """A message maker; no two events of a run are the same."""

    def make(number: int) -> bytes:
        first = number * events % 2**31
        entries = (ENTRY % (first + index, trigger) for index in range(events))
        return HEAD % (number, b",".join(entries))

    return make


ONE, TEN, ALERTS = "1 event", "10 events", "1 alerting"
MESSAGES = {ONE: notify_event(1), TEN: notify_event(10), ALERTS: notify_event(1, b"Alerting")}
# What is measured with how many stations on which servers. A thousand stations that send ten events
# each to the peers would have to be waited for, at their pace, longer than all the rest takes.
ALL = ("ours", "no log", "ocpp", "stock")
CASES = [
    (ONE, 100, ALL),
    (ONE, STATIONS, ("ours", "ocpp", "stock")),
    (TEN, 100, ALL),
    (TEN, STATIONS, ("ours",)),
    (ALERTS, STATIONS, ("ours",)),
]
FEW = 100
# The stations of each server; a station has one connection, so both of ours have stations of their
# own.
SERVERS = [
    (servers.our_server, slice(STATIONS)),
    (servers.our_server_without_log, slice(STATIONS, STATIONS + FEW)),
    (servers.peer, slice(STATIONS)),
    (servers.stock, slice(STATIONS)),
]

NOT_MEASURED = Measured(0.0, 0.0, 0.0)

Rounds = dict[tuple[str, int, str], list[Measured]]


async def closed_loop(
    server: Server, stations: Sequence[Station], message: Message, seconds: float
) -> Measured:
    """As fast as the server answers: each station sends its next message on the answer."""
    await load(stations, message, WARM_UP_SECONDS)
    clocks = [(time.perf_counter(), server.cpu_seconds())]
    latencies = await load(
        stations,
        message,
        seconds,
        at_end=lambda: clocks.append((time.perf_counter(), server.cpu_seconds())),
    )
    (started, used_before), (ended, used_after) = clocks
    return measured(latencies, ended - started, used_after - used_before)


async def measure(arguments: argparse.Namespace, identities: list[str]) -> None:
    """Run everything on servers that are prepared, and print it."""
    started = time.perf_counter()
    with ExitStack() as stack:
        connected = {}
        for make, which in SERVERS:
            server = stack.enter_context(make(arguments.directory))
            some = identities[which][: arguments.stations]
            stations = await connect(server.port, server.prefix, some, PASSWORD)
            connected[server.name] = (server, stations)
        print(f"All are connected after {time.perf_counter() - started:.0f} s", flush=True)
        found: Rounds = defaultdict(list)
        began = time.perf_counter()
        for number_of_round in range(arguments.rounds):
            took = (time.perf_counter() - began) / max(number_of_round, 1)
            if time.perf_counter() - started + took > LONGEST_ROUNDS and number_of_round:
                break  # a busy machine: fewer rounds rather than none
            await one_round(connected, found, arguments)
        print_rates(found, arguments.stations)
        await half_of_it(*connected["ours"], found, arguments)
    check_stored()


async def one_round(
    connected: dict[str, tuple[Server, list[Station]]], found: Rounds, arguments: argparse.Namespace
) -> None:
    """Each case on each server that takes part in it, one after the other."""
    for case, count, names in CASES:
        for name in names:
            server, stations = connected[name]
            some = stations[: min(count, arguments.stations)]
            one = await closed_loop(server, some, MESSAGES[case], arguments.seconds)
            found[case, count, name].append(one)


async def half_of_it(
    server: Server, stations: list[Station], found: Rounds, arguments: argparse.Namespace
) -> None:
    """All stations at half of the load that was the most, and steadily.

    The log of messages is behind after the most: it is given time at that pace before.
    """
    rate = median(found[ONE, STATIONS, "ours"]).rate / 2
    await paced(stations, MESSAGES[ONE], rate, SETTLING_SECONDS)
    latencies = await paced(stations, MESSAGES[ONE], rate, 2 * arguments.seconds)
    half = measured(latencies, 2 * arguments.seconds)
    print(
        f"Half of that load, {number(half.rate)}/s of {number(len(stations))} stations:"
        f" p50 {number(half.p50)} ms, p99 {number(half.p99)} ms"
    )


def print_rates(found: Rounds, stations: int) -> None:
    """Messages per second of each, and how ours compares."""
    head = ["NotifyEvent with", "stations", "ours/s", "no log/s", "ocpp/s", "stock/s",
            "ours : ocpp", "no log : ocpp", "ours : stock", "ours p50, p99 ms", "stock p99",
            "CPU µs: ours", "no log", "ocpp", "stock"]  # fmt: skip
    rows = []
    for case, count, _ in CASES:
        ours, no_log, ocpp, stock = (
            median(found[case, count, name] or [NOT_MEASURED])
            for name in ("ours", "no log", "ocpp", "stock")
        )
        rows.append(
            [
                case,
                number(min(count, stations)),
                *(number(one.rate) if one.rate else "" for one in (ours, no_log, ocpp, stock)),
                ratio(ours.rate, ocpp.rate),
                ratio(no_log.rate, ocpp.rate) if no_log.rate else "",
                ratio(ours.rate, stock.rate),
                f"{number(ours.p50)}, {number(ours.p99)}",
                number(stock.p99) if stock.p99 else "",
                *(number(one.cpu_us) if one.rate else "" for one in (ours, no_log, ocpp, stock)),
            ]
        )
    print(table(head, rows), end="\n\n")


def check_stored() -> None:
    """Say how many rows there are, which shows that they were kept."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM diagnostics_stationevent").fetchone()
        fsync = connection.execute("SHOW fsync").fetchone()
    print(f"{row[0] if row else 0:,} events stored by both, fsync {fsync[0] if fsync else '?'}")


def main() -> None:
    """Set up, measure, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken over these")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    parser.add_argument("--stations", type=int, default=STATIONS, help="at most so many")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, cores.OTHERS)
    # Ended from outside, it still stops PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with servers.prepared_environment() as arguments.directory:
        django.setup()
        servers.prepare_database()
        uvloop.run(asyncio.wait_for(measure(arguments, register(STATIONS + FEW)), LONGEST_SECONDS))


if __name__ == "__main__":
    main()
