"""`python -m benchmarks`: all of them, one after the other."""

from __future__ import annotations

import subprocess
import sys

ALL = (
    "benchmarks.round_trips",
    "benchmarks.events",
    "benchmarks.upload",
    "benchmarks.reading",
    "benchmarks.message_log",
    "benchmarks.searching",
    "benchmarks.automations",
    "benchmarks.lists",
    "benchmarks.outcomes",
    "benchmarks.profiles",
    "benchmarks.campaign",
    "benchmarks.fleet",
)


def main() -> int:
    """Run each in a process of its own: they set up Django for different databases."""
    return max(subprocess.run([sys.executable, "-m", module]).returncode for module in ALL)


if __name__ == "__main__":
    sys.exit(main())
