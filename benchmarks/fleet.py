"""A log campaign over a whole fleet while processes die, and what came of every station.

    python -m benchmarks.fleet [--stations 2000] [--at-once 200] [--patience 30]

Two ASGI servers, two Celery workers, beat, PostgreSQL with fsync, Valkey, and `manage.py simulate`
for the stations: of three versions, 5 % silent, 5 % that refuse, 10 % away at first. One worker is
killed in the middle, and one ASGI server is killed and started again. It is a proof rather than a
measurement: ends with 1 where a station came to the wrong end, was asked without need, or the open
page showed what was not so.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

import django

from benchmarks import cores, servers
from benchmarks.figures import number, table

# Of a hundred are silent, and as many refuse.
PERCENT = 5
# Lines named of what went wrong.
NAMED = 20


def report(found: object) -> bool:
    """Print what came of it. False where something was wrong."""
    from tests.failures.fleet import Findings  # needs Django to be set up

    assert isinstance(found, Findings)
    rows = [[kind, end, f"{count:,}"] for (kind, end), count in sorted(found.ends.items())]
    print(table(["stations that are", "ended", "how many"], rows))
    heard = ", ".join(f"{times} times: {count:,}" for times, count in sorted(found.heard.items()))
    print(f"\nAsked, as the stations count it: {heard}")
    wrong = {
        "at the wrong end": found.wrong,
        "asked again without having failed": found.asked_needlessly,
        f"untrue of {found.looks:,} looks at the open page": found.lies,
    }
    for words, names in wrong.items():
        print(f"{len(names)} {words}")
        print("".join(f"    {name}\n" for name in names[:NAMED]), end="")
    stations = sum(found.ends.values())
    print(f"{number(found.seconds)} seconds, {number(stations / found.seconds)} stations/s")
    return not any(wrong.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=200, help="stations asked and not ended")
    parser.add_argument("--connect-rate", type=float, default=80.0, help="connections a second")
    parser.add_argument("--patience", type=float, default=30.0, help="seconds for an answer")
    arguments = parser.parse_args()
    # Ended from outside, it still stops PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with servers.prepared_environment() as directory:
        os.sched_setaffinity(0, cores.SERVER | cores.OTHERS)  # nobody is measured beside another
        django.setup()
        servers.prepare_database()
        from tests.failures.fleet import Plan, Run, started

        plan = Plan(
            stations=arguments.stations,
            percent=PERCENT,
            at_once=arguments.at_once,
            connect_rate=arguments.connect_rate,
            longest=120.0,
        )
        begun = time.monotonic()
        with started(os.environ, directory, patience=arguments.patience) as product:
            is_right = report(Run(product, plan, lambda text: print(text, flush=True)).go())
            used = {name: cores.cpu_seconds(product.pid(name)) for name in product.processes}
        told = ", ".join(f"{name} {number(seconds)}" for name, seconds in used.items())
        print(f"Processor seconds: {told}")
        print(f"All of it took {number(time.monotonic() - begun)} seconds")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
