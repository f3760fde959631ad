"""OCPP round trips through the server, up and down, against peers in the same run.

    python -m benchmarks.round_trips [--rounds 3] [--seconds 2] [--down-only]

Needs nothing but the development requirements, and takes under three minutes. What the columns mean
is in README.md here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import django
import uvloop

from benchmarks import cores, servers
from benchmarks.figures import Measured, measured, median, number, ratio, table
from benchmarks.servers import Server
from benchmarks.stations import Message, Station, connect, load

STATIONS = 1000
WARM = 50
PASSWORD = "a-password-for-measuring"  # noqa: S105  of stations that live for minutes
WARM_UP_SECONDS = 0.3
# Something is wrong when it takes longer.
LONGEST_SECONDS = 300
# Stations that take calls; as many as are in flight at most.
CALLED = 100

EVENT = (
    b'"generatedAt":"2026-03-02T08:00:00Z","seqNo":0,"eventData":[{"eventId":%d,'
    b'"timestamp":"2026-03-02T08:00:00Z","trigger":"Delta","actualValue":"41.5",'
    b'"eventNotificationType":"CustomMonitor","variableMonitoringId":7,'
    b'"component":{"name":"ChargingStation","evse":{"id":1,"connectorId":1}},'
    b'"variable":{"name":"Temperature","instance":"Inlet"}}]'
)
SECURITY_EVENT = (
    b'"type":"SettingSystemTime","timestamp":"2026-03-02T08:00:00Z","techInfo":"event %d"'
)
MESSAGES: dict[str, Message] = {
    "Heartbeat": lambda number: b'[2,"%d","Heartbeat",{}]' % number,
    "NotifyEvent": lambda number: b'[2,"%d","NotifyEvent",{%s}]' % (number, EVENT % number),
    "SecurityEventNotification": lambda number: (
        b'[2,"%d","SecurityEventNotification",{%s}]' % (number, SECURITY_EVENT % number)
    ),
}
CASES = [(message, count) for count in (100, STATIONS) for message in MESSAGES]

Rounds = dict[tuple[str, int, str], list[Measured]]


def register(number_of_stations: int) -> list[str]:
    """Stations that were here before: they have booted, and are asked nothing when they connect.

    Returns their identities.
    """
    from diagnostics.models import StationInfo  # needs Django to be set up
    from stations.models import ChargingStation, Registration
    from stations.passwords import hash_password

    hashed = hash_password(PASSWORD)
    identities = [f"BENCH-{number:04d}" for number in range(number_of_stations)]
    stations = ChargingStation.objects.bulk_create(
        ChargingStation(identity=identity, password_hash=hashed, registration=Registration.ACCEPTED)
        for identity in identities
    )
    now = datetime.now(UTC)
    StationInfo.objects.bulk_create(
        StationInfo(station=station, limits_read_at=now) for station in stations
    )
    return identities


async def connect_all(
    server: Server, identities: Sequence[str]
) -> tuple[list[Station], float, float]:
    """Connect to a server that is warm; returns stations, KB for each, connections a second."""
    warm = await connect(server.port, server.prefix, identities[:WARM], PASSWORD)
    for message in MESSAGES.values():
        await load(warm, message, WARM_UP_SECONDS)
    before, started = server.kilobytes(), time.perf_counter()
    stations = await connect(server.port, server.prefix, identities[WARM:], PASSWORD)
    seconds = time.perf_counter() - started
    await asyncio.sleep(1)
    return stations, (server.kilobytes() - before) / STATIONS, STATIONS / seconds


async def load_in_turn(
    connected: dict[str, tuple[Server, list[Station]]], rounds: int, seconds: float
) -> Rounds:
    """Every case on every server, one after the other, round after round."""
    found: Rounds = defaultdict(list)
    for _ in range(rounds):
        for message, count in CASES:
            for name, (server, stations) in connected.items():
                await load(stations[:count], MESSAGES[message], WARM_UP_SECONDS)
                one = await _measure(server, stations[:count], MESSAGES[message], seconds)
                found[message, count, name].append(one)
    return found


async def _measure(
    server: Server, stations: Sequence[Station], message: Message, seconds: float
) -> Measured:
    clocks = [(time.perf_counter(), server.cpu_seconds())]
    latencies = await load(
        stations,
        message,
        seconds,
        at_end=lambda: clocks.append((time.perf_counter(), server.cpu_seconds())),
    )
    (started, used_before), (ended, used_after) = clocks
    return measured(latencies, ended - started, used_after - used_before)


async def place_calls(identities: Sequence[str]) -> list[list[object]]:
    """Run benchmarks.placing beside this loop, whose stations answer; returns what it reports."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.placing", *identities, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("placing calls failed")
    return [json.loads(line) for line in output.splitlines()]


async def measure(arguments: argparse.Namespace, identities: list[str]) -> None:
    """Run everything on servers that are prepared, and print it."""
    with ExitStack() as stack:
        directory = arguments.directory
        both = [
            stack.enter_context(servers.our_server(directory)),
            stack.enter_context(servers.peer(directory)),
        ]
        connected, idle = {}, []
        for server in both:
            stations, kilobytes, rate = await connect_all(server, identities)
            connected[server.name] = (server, stations)
            idle.append([server.name, number(kilobytes), number(rate)])
        print(table(["server", "KB per idle connection", "connections/s"], idle), end="\n\n")
        if not arguments.down_only:
            print_up(await load_in_turn(connected, arguments.rounds, arguments.seconds))
        stack.enter_context(servers.worker(directory))
        stack.enter_context(servers.echo(directory))
        print_down(await place_calls(identities[WARM : WARM + CALLED]))


def print_up(found: Rounds) -> None:
    """Stations' CALLs: ours beside the peer."""
    head = ["CALL", "stations", "ours/s", "ocpp/s", "ratio", "ours p50, p99 ms"]
    head += ["ocpp p50, p99 ms", "ours CPU µs", "ocpp CPU µs"]
    rows = []
    for message, count in CASES:
        ours, theirs = median(found[message, count, "ours"]), median(found[message, count, "ocpp"])
        rows.append(
            [
                message,
                number(count),
                number(ours.rate),
                number(theirs.rate),
                ratio(ours.rate, theirs.rate),
                *(f"{number(one.p50)}, {number(one.p99)}" for one in (ours, theirs)),
                number(ours.cpu_us),
                number(theirs.cpu_us),
            ]
        )
    print(table(head, rows), end="\n\n")


def print_down(reports: list[list[object]]) -> None:
    """Our calls to stations, beside the bare line between the same two processes."""
    found: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    for way, in_flight, rate, latencies in reports:
        one = measured(latencies, len(latencies) / rate)
        found[way, in_flight].append(one)
    rows = []
    for way, in_flight in found:
        if way == "redis":
            continue
        calls, bare = median(found[way, in_flight]), median(found["redis", in_flight])
        rows.append(
            [
                way,
                number(in_flight),
                number(calls.rate),
                number(bare.rate),
                ratio(calls.rate, bare.rate),
                *(f"{number(one.p50)}, {number(one.p99)}" for one in (calls, bare)),
            ]
        )
    head = [
        "placed",
        "in flight",
        "calls/s",
        "Redis/s",
        "ratio",
        "calls p50, p99 ms",
        "Redis p50, p99 ms",
    ]
    print(table(head, rows))


def main() -> None:
    """Set up, measure, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken over these")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--down-only", action="store_true", help="leave out stations' CALLs")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, cores.OTHERS)
    # Ended from outside, it still stops PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with servers.prepared_environment() as arguments.directory:
        django.setup()
        servers.prepare_database()
        uvloop.run(asyncio.wait_for(measure(arguments, register(WARM + STATIONS)), LONGEST_SECONDS))


if __name__ == "__main__":
    main()
