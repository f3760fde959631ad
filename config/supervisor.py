"""Keeps child processes running, and stops them together.

Starts programs in order, each when the one before it is ready; relays what they print, line by line
under their name; starts one that ends again, later each time it ends early; on SIGTERM or SIGINT
stops them in reverse order. Knows nothing of what the programs do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
READY_POLL = 0.1  # seconds between two looks at a program that is starting
LONGEST_DELAY = 30.0  # seconds
SETTLED = 60.0  # seconds after which a program counts as having started well
LONGEST_LINE = 65536  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A child process: its name, its argument list and how it is looked after.

    `ready` says whether the next program may start; `announcement` is printed when it first does.
    `stop_timeout` is the seconds between SIGTERM and SIGKILL.
    """

    name: str
    argv: tuple[str, ...]
    restarts: bool = True
    stop_timeout: float = 10.0
    ready: Callable[[], bool] | None = None
    announcement: str = ""


@dataclass(slots=True)
class _Child:
    program: Program
    keeper: asyncio.Task[None] | None = None
    process: asyncio.subprocess.Process | None = None


def restart_delay(failures: int) -> float:
    """Return the seconds to wait after that many early ends in a row: 0.5, 1, 2 … 30."""
    return float(min(0.5 * 2 ** min(failures, 10), LONGEST_DELAY))


@dataclass(slots=True)
class Supervisor:
    """Runs `programs` until a signal or `stop()`; `write` takes each line of output."""

    programs: Sequence[Program]
    write: Callable[[str], None] = print
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Start everything, keep it running, and return when all of it has been stopped."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        children: list[_Child] = []
        for program in self.programs:
            if self._stopping.is_set():
                break
            child = _Child(program)
            child.keeper = asyncio.create_task(self._keep(child))
            children.append(child)
            await self._until_ready(child)
        await self._stopping.wait()
        for child in reversed(children):
            await self._end(child)

    def stop(self) -> None:
        """Ask `run` to stop all programs and return."""
        self._stopping.set()

    async def _keep(self, child: _Child) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while not self._stopping.is_set():
            started = loop.time()
            code = await self._run_once(child)
            if self._stopping.is_set() or not child.program.restarts:
                return
            failures = 0 if loop.time() - started > SETTLED else failures + 1
            delay = restart_delay(failures)
            self._say(child, f"ended with {code}, starting again in {delay:g} s")
            await self._pause(delay)

    async def _run_once(self, child: _Child) -> int:
        """Start the program, relay its output until it ends, and end what it left behind."""
        # A pipe of our own: asyncio's would keep wait() waiting for whoever inherited it.
        reading, writing = os.pipe()
        try:
            child.process = process = await _spawn(child.program, writing)
        finally:
            os.close(writing)
        if self._stopping.is_set():
            process.terminate()
        relay = asyncio.create_task(self._relay(child, await _reader(reading)))
        code = await process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await relay
        return code

    async def _relay(self, child: _Child, output: asyncio.StreamReader) -> None:
        pending = b""
        while chunk := await output.read(LONGEST_LINE):
            *lines, pending = (pending + chunk).split(b"\n")
            if len(pending) > LONGEST_LINE:
                lines, pending = [*lines, pending], b""
            for line in lines:
                self._say(child, line.decode(errors="replace"))
        if pending:
            self._say(child, pending.decode(errors="replace"))

    async def _until_ready(self, child: _Child) -> None:
        if child.program.ready is not None:
            while not await asyncio.to_thread(child.program.ready):
                if await self._pause(READY_POLL):
                    return
        if child.program.announcement:
            self.write(child.program.announcement)

    async def _pause(self, seconds: float) -> bool:
        """Wait; return early, and True, when all is to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    async def _end(self, child: _Child) -> None:
        assert child.keeper is not None  # noqa: S101
        if child.process is not None and child.process.returncode is None:
            child.process.terminate()
        done, _ = await asyncio.wait({child.keeper}, timeout=child.program.stop_timeout)
        if not done and child.process is not None:
            self._say(child, "did not stop in time, killed")
            child.process.kill()
        await child.keeper

    def _say(self, child: _Child, line: str) -> None:
        self.write(f"{child.program.name:<7}| {line}")


async def _spawn(program: Program, output: int) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C reaches us alone, and we stop the children in order.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *program.argv),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    return reader
