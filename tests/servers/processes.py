"""A server as a child process: started on free ports, awaited, stopped, gone with the tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

# Seconds that a test waits for what must come. The machine may be busy, and a wait ends at once.
PATIENCE = 60.0

# By path, not by import: `config` must stay out of the tests inside a foreign project.
TETHER = Path(__file__).resolve().parents[2] / "config" / "tether.py"


def free_port() -> int:
    """Return a TCP port of this machine that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_answers(port: int) -> bool:
    """Return whether somebody accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until(condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
    """Poll the condition; raise TimeoutError naming what did not come true."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} within {timeout:g} s")
        time.sleep(0.02)


async def comes_true(condition: Callable[[], Awaitable[bool]], what: Callable[[], str]) -> None:
    """Await the condition again and again; raise TimeoutError naming what did not come true."""
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what()} within {PATIENCE:g} s")
        await asyncio.sleep(0.02)


class ServerProcess:
    """One server; dies with this process, even when the tests are killed."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.argv = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *argv]
        self.environment = {**os.environ, **(environment or {})}
        self.log = log
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, is_ready: Callable[[], bool]) -> None:
        """Start and wait; raises RuntimeError with the log when the server ends instead."""
        self.launch()
        self.wait_for(is_ready)

    def launch(self) -> None:
        """Start, from a thread that lives as long as the server should."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait_for(self, is_ready: Callable[[], bool]) -> None:
        """Raises RuntimeError with the log when the server ends instead."""
        wait_until(lambda: self._has_ended() or is_ready(), f"{self.argv[5]} answers")
        if self._has_ended():
            raise RuntimeError(f"{self.argv[5]} ended:\n{self.log.read_text()}")

    def ask_to_end(self) -> None:
        """Send the signal, and do not wait."""
        if self.process is not None:
            self.process.send_signal(self.stop_signal)

    def stop(self, timeout: float = 2.0) -> None:
        """Ask the server to end, and kill it when it takes its time."""
        if self.process is None:
            return
        self.ask_to_end()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None
