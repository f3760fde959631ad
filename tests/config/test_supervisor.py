"""The supervisor with real child processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import asynccontextmanager

import pytest

from config.supervisor import LONGEST_DELAY, Program, Supervisor, restart_delay
from tests.servers.processes import PATIENCE, wait_until

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def python(name: str, code: str, **options) -> Program:
    return Program(name=name, argv=(sys.executable, "-c", code), **options)


@asynccontextmanager
async def supervised(*programs: Program):
    """Run the programs; yields the lines they print, and stops them at the end."""
    lines: list[str] = []
    supervisor = Supervisor(programs, lines.append)
    running = asyncio.create_task(supervisor.run())
    try:
        yield lines
    finally:
        supervisor.stop()
        await asyncio.wait_for(running, PATIENCE)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def test_the_delay_doubles_and_stops_growing():
    assert [restart_delay(failures) for failures in (0, 1, 2, 3)] == [0.5, 1, 2, 4]
    assert restart_delay(1000) == LONGEST_DELAY


async def test_output_comes_line_by_line_under_the_name_of_its_program():
    code = "import sys; print('one'); print('two', file=sys.stderr); print('end', end='')"
    async with supervised(python("talker", code, restarts=False)) as lines:
        await eventually(lambda: len(lines) == 3)
    assert sorted(lines) == ["talker | end", "talker | one", "talker | two"]


async def test_a_line_without_end_does_not_fill_the_memory():
    code = "import sys; sys.stdout.write('x' * 200_000)"
    async with supervised(python("long", code, restarts=False)) as lines:
        await eventually(lambda: sum(line.count("x") for line in lines) == 200_000)
    assert len(lines) > 1


async def test_a_program_that_dies_is_started_again():
    async with supervised(python("phoenix", "print('up'); raise SystemExit(3)")) as lines:
        await eventually(lambda: lines.count("phoenix| up") == 2)
    assert "phoenix| ended with 3, starting again in 1 s" in lines


async def test_a_program_that_runs_once_is_not_started_again():
    async with supervised(python("once", "print('done')", restarts=False)) as lines:
        await eventually(lambda: lines == ["once   | done"])
        await asyncio.sleep(0.7)
    assert lines == ["once   | done"]


async def test_the_next_program_waits_until_the_one_before_is_ready(tmp_path):
    ready = tmp_path / "ready"
    first = python("first", SLEEP, ready=ready.exists, announcement="first is ready")
    async with supervised(first, python("second", SLEEP)) as lines:
        await eventually(lambda: "first  | up" in lines)
        assert lines == ["first  | up"]
        ready.touch()
        await eventually(lambda: "second | up" in lines)
    assert lines == ["first  | up", "first is ready", "second | up"]


async def test_programs_stop_in_reverse_order():
    code = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("bye", flush=True)))
        print("up", flush=True)
        time.sleep(60)
    """
    programs = [python(name, textwrap.dedent(code)) for name in ("a", "b", "c")]
    async with supervised(*programs) as lines:
        await eventually(lambda: len(lines) == 3)
    assert [line[0] for line in lines[3:]] == ["c", "b", "a"]


async def test_a_program_that_ignores_the_request_to_stop_is_killed():
    async with supervised(python("deaf", STUBBORN, stop_timeout=0.2)) as lines:
        await eventually(lambda: lines == ["deaf   | up"])
    assert lines[-1] == "deaf   | did not stop in time, killed"


async def test_what_a_program_leaves_behind_ends_with_it():
    code = f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
        print(child.pid, flush=True)
        child.wait()
    """
    async with supervised(python("parent", textwrap.dedent(code))) as lines:
        await eventually(lambda: len(lines) == 2)
        pid = next(int(line.split()[-1]) for line in lines if not line.endswith("up"))
        assert is_alive(pid)
    await eventually(lambda: not is_alive(pid))


PARENT = f"""
    import asyncio, sys
    from config.supervisor import Program, Supervisor
    code = "import os; print('pid', os.getpid(), flush=True); " + {STUBBORN!r}
    program = Program(name="child", argv=(sys.executable, "-c", code), stop_timeout=0.2)
    asyncio.run(Supervisor([program], lambda line: print(line, flush=True)).run())
"""


@pytest.fixture
def parent():
    """A supervisor in a process of its own, and the pid of its one child."""
    argv = [sys.executable, "-c", textwrap.dedent(PARENT)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    pid = int(process.stdout.readline().split()[-1])
    process.stdout.readline()
    yield process, pid
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
def test_no_child_outlives_a_supervisor_that_is_killed(parent):
    process, pid = parent
    process.kill()
    wait_until(lambda: not is_alive(pid), "the child ends")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_children_and_then_the_supervisor(parent, number):
    process, pid = parent
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert not is_alive(pid)
