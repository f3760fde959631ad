"""Which processor core who runs on: the server alone on one, everybody else on the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ALL = sorted(os.sched_getaffinity(0))
SERVER = {_ALL[0]}
OTHERS = {_ALL[1]} if len(_ALL) > 1 else SERVER


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Have processes started inside run on these cores; they inherit it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processors so far."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_kilobytes(pid: int) -> int:
    """The memory that a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
