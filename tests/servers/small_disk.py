"""A directory that has no room for a large file: a real file system where one can be mounted."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOM = 32 * 1024 * 1024


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """Let no file in the directory grow past ROOM bytes, whoever runs the tests.

    Where mounting is not allowed, the system refuses this process more by its limit for files.
    """
    directory.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(directory)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield directory
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(directory)], check=True)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
