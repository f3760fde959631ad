"""How fast a log is searched, beside grep and zgrep: `python -m benchmarks.searching`.

One log of random lines lies in a log store as it is and as gz. Each round looks for the same thing
with the search of the reader and then with `grep -n`, or `zgrep -n` for the gz, whose lines go into
a pipe. Figures are medians; MB/s are those of the unpacked text in processor time, which hardly
depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

directory = tempfile.TemporaryDirectory(prefix="searching-")
os.environ["LOG_STORE_URL"] = f"file://{directory.name}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from benchmarks.figures import number, ratio, table  # noqa: E402
from diagnostics.models import LogFile  # noqa: E402
from diagnostics.services.files.contents import look_into  # noqa: E402
from diagnostics.services.files.reading import Text  # noqa: E402
from diagnostics.services.searches.searching import TextSearch  # noqa: E402
from diagnostics.storage import get_log_store  # noqa: E402
from diagnostics.texts.query import Query  # noqa: E402
from diagnostics.texts.search import Bounds, Hit  # noqa: E402

MB = 1_000_000
WORDS = (
    "connector", "EVSE", "current", "voltage", "temperature", "heartbeat", "meter", "session",
    "tag", "authorize", "status", "available", "charging", "suspended", "relay",
    "contactor", "modem",
)  # fmt: skip
BOUNDS = Bounds(seconds=3600)


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked for, and how grep is told."""

    name: str
    query: Query
    options: tuple[str, ...]


CASES = (
    Case("text, no hit", Query("zzyzx gone", case=True), ("-F",)),
    Case("text, any case, no hit", Query("Contactor Glued"), ("-Fi",)),
    Case("text, a few hits", Query("id=42420", case=True), ("-F",)),
    Case("text, 1 % of lines", Query("ERROR", case=True), ("-F",)),
    Case("text, every line", Query("id=", case=True), ("-F",)),
    Case("expression, no hit", Query(r"ERROR.*id=\d+x", True, True), ("-P",)),
    Case("expression, any case, no hit", Query("(fault|fail(ure|ed)|timeout)", True), ("-Ei",)),
    Case("expression, 0.1 % of lines", Query("ERROR.*id=4[0-9]*$", True, True), ("-E",)),
    Case("expression, every line", Query("id=[0-9]+", True, True), ("-E",)),
)


def made(path: Path, size: int) -> None:
    """A log of random lines, 1 % of them errors."""
    rng, seconds = random.Random(7), 0.0
    with path.open("w") as file:
        while file.tell() < size:
            lines = []
            for _ in range(10_000):
                seconds += rng.random()
                level = rng.choices(("INFO", "DEBUG", "WARN", "ERROR"), (70, 25, 4, 1))[0]
                moment = datetime.fromtimestamp(1_772_400_000 + seconds, UTC).isoformat()
                words = " ".join(rng.choices(WORDS, k=rng.randint(3, 10)))
                lines.append(f"{moment} {level:5} {words} id={rng.randint(0, 99_999)}\n")
            file.write("".join(lines))


def text_of(key: str) -> Text:
    """The text of a stored file, examined; no database is needed."""
    file = LogFile(key=key, size=get_log_store().size(key), received_at=datetime.now(UTC))
    contents = look_into(file, lambda _done: None)
    file.copy_key = contents.copy_key
    return Text(file, contents.members[0])


def processor_time(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def spent(who: int, work: Callable[[], tuple[int, int]]) -> tuple[float, float, int, int]:
    """Processor time and time of some work, and what it returns: bytes searched, lines found."""
    before, began = processor_time(who), time.perf_counter()
    done, found = work()
    return processor_time(who) - before, time.perf_counter() - began, done, found


def ours(case: Case, text: Text) -> tuple[int, int]:
    wanted = TextSearch(text, case.query, bounds=BOUNDS)
    sum(isinstance(each, Hit) for each in wanted.run())
    return wanted.search.done, wanted.search.hits


def theirs(case: Case, program: str, path: Path, most: int) -> int:
    """Lines that grep finds; it stops where we do."""
    command = [program, "-n", "-m", str(most), *case.options, case.query.text, str(path)]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    return done.stdout.count(b"\n")


def compared(case: Case, program: str, path: Path, text: Text, rounds: int) -> list[str]:
    mine, peers = [], []
    done = found = 0
    for _ in range(rounds):
        *times, done, found = spent(resource.RUSAGE_SELF, lambda: ours(case, text))
        mine.append(times)

        def peer() -> tuple[int, int]:
            return 0, theirs(case, program, path, BOUNDS.counted)

        *times, _none, lines = spent(resource.RUSAGE_CHILDREN, peer)
        assert lines == found, (case.name, lines, found)
        peers.append(times)
    cpu, wall = (median(each[column] for each in mine) for column in (0, 1))
    peer_cpu, peer_wall = (median(each[column] for each in peers) for column in (0, 1))
    return [
        f"{program}: {case.name}",
        f"{found:,}",
        number(done / MB / cpu),
        number(done / MB / peer_cpu),
        ratio(peer_cpu, cpu),
        ratio(peer_wall, wall),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="WORDS", help="rows whose names hold these")
    options = parser.parse_args()
    root = Path(directory.name)
    plain, packed = root / "log", root / "log.gz"
    made(plain, options.megabytes * MB)
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
        while piece := source.read(MB):
            target.write(piece)
    rows = []
    for program, path in (("grep", plain), ("zgrep", packed)):
        began = time.perf_counter()
        text = text_of(path.name)
        seconds = time.perf_counter() - began
        print(f"{path.name}: {text.size / MB:,.0f} MB, examined in {seconds:.1f} s")
        rows += [
            compared(case, program, path, text, options.rounds)
            for case in CASES
            if options.only in case.name
        ]
    head = ["looked for", "lines found", "ours MB/s", "theirs MB/s", "ratio", "ratio by the clock"]
    print(table(head, rows))


if __name__ == "__main__":
    main()
