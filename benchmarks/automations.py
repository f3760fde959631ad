"""What automations cost those who write events: `python -m benchmarks.automations`.

A PostgreSQL of its own. Events are stored as they are at fleet load, 500 to a commit, in turns
without automations, and with twenty that are looked through by a sweep in another process, one
after the other without a pause (in service: every ten seconds). The ratio is the second to the
first. Then the time of one sweep over what came in ten seconds, and of the rehearsal on a form.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from tests.servers.postgres import Postgres

directory = tempfile.TemporaryDirectory(prefix="automations-")
if "SWEEPING" not in os.environ:
    postgres = Postgres()
    os.environ["DATABASE_URL"] = postgres.start()
os.environ.update(
    {"SECRET_KEY": "bench", "VAR_DIR": directory.name, "DJANGO_SETTINGS_MODULE": "config.settings"}
)

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from benchmarks.figures import number, ratio, table  # noqa: E402
from diagnostics.models import Automation, StationEvent  # noqa: E402
from diagnostics.ocpp.event_data import read_notify_event  # noqa: E402
from diagnostics.services import automations  # noqa: E402
from diagnostics.services.automations.rehearsals import rehearse  # noqa: E402
from diagnostics.services.automations.runs import run_automations  # noqa: E402
from diagnostics.services.events import record_reports  # noqa: E402
from diagnostics.services.events.rows import Received  # noqa: E402
from stations.services import register_station  # noqa: E402

STATIONS, BATCH = 100, 500


def events(count: int, first: int, stations: list[int]) -> None:
    """Store values of temperatures, one in a thousand of them of a fan that fails."""
    for start in range(first, first + count, BATCH):
        now = datetime.now(UTC)
        batch = []
        for number_ in range(start, start + BATCH):
            failed = number_ % 1000 == 0
            entry = {
                "eventId": number_,
                "timestamp": now.isoformat(),
                "trigger": "Alerting" if failed else "Periodic",
                "actualValue": str(number_),
                "eventNotificationType": "CustomMonitor",
                "component": {"name": "Fan" if failed else "TemperatureSensor"},
                "variable": {"name": "Problem" if failed else "Temperature"},
            }
            report = read_notify_event({"generatedAt": now.isoformat(), "eventData": [entry]})
            batch.append(Received(stations[number_ % len(stations)], report, now))
        record_reports(batch)


def rate(count: int, first: int, stations: list[int]) -> float:
    """Events stored in a second."""
    begun = time.perf_counter()
    events(count, first, stations)
    return count / (time.perf_counter() - begun)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def make_automations(count: int) -> None:
    """Half look at events, half at alerts; they meet the fans, and most of that while they rest."""
    for place in range(count):
        row = Automation.objects.create(
            name=f"A{place}",
            trigger="Event" if place % 2 else "AlertOpened",
            component="F*" if place < 4 else f"F{place}*",
            pull_log=True,
        )
        automations.begin_from_now(row)


def sweep_for_ever() -> None:
    while True:
        run_automations()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--automations", type=int, default=20)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    stations = [
        register_station(f"CS-{each}", security_profile=0)[0].pk for each in range(STATIONS)
    ]
    done, without, beside = 1, [], []
    make_automations(options.automations)
    for _round in range(options.rounds):
        Automation.objects.update(enabled=False)
        without.append(rate(options.events, done, stations))
        done += options.events
        for row in Automation.objects.all():
            automations.switch(row, on=True)
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.automations"], env={**os.environ, "SWEEPING": "1"}
        )
        time.sleep(3)  # until it sweeps
        beside.append(rate(options.events, done, stations))
        done += options.events
        child.kill()
        child.wait()
    ours, alone = median(beside), median(without)
    events(10_000, done, stations)
    sweep = seconds(run_automations)
    again = seconds(run_automations)
    wanted = Automation(trigger="Event", component="F*", pull_log=True)
    rows = [
        ["events/s, no automations", number(alone), ""],
        ["events/s, automations swept without a pause", number(ours), ratio(ours, alone)],
        ["one sweep after 10,000 events, ms", number(1000 * sweep), ""],
        ["the same once more, ms", number(1000 * again), ""],
        [
            f"rehearsal among {StationEvent.objects.count():,} events, ms",
            number(1000 * seconds(lambda: rehearse(wanted))),
            "",
        ],
    ]
    print(table(["", "", "ratio"], rows))
    postgres.stop()


if __name__ == "__main__":
    sweep_for_ever() if "SWEEPING" in os.environ else main()
