"""`manage.py serve` in the flesh: one command, everything running, nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.core.management import CommandError, call_command
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from config import programs
from tests.servers.processes import PATIENCE, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]


class Serving:
    """The command as a process, with what it has printed so far."""

    def __init__(self, var_dir: Path) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        variables = {name: value for name, value in os.environ.items() if "_URL" not in name}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=ROOT,
            env={**variables, "VAR_DIR": str(var_dir)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, pattern: str, times: int = 1) -> None:
        wait_until(lambda: self.count(pattern) >= times, f"{pattern!r}: {self.lines}")

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, line)) for line in self.lines)

    def health(self) -> dict[str, bool]:
        with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE) as response:
            return json.load(response)

    def children(self) -> dict[str, int]:
        """Return pids by name: the first argument of each that tells them apart."""
        found = {}
        for name in ("uvicorn", "worker", "beat", "valkey-server"):
            for entry in Path("/proc").glob("[0-9]*"):
                if self._is_child(entry) and name in _command(entry):
                    found[name] = int(entry.name)
        return found

    def _is_child(self, entry: Path) -> bool:
        try:
            parent = entry.joinpath("stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            return False
        return int(parent) == self.process.pid

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


def _command(entry: Path) -> str:
    try:
        return entry.joinpath("cmdline").read_text()
    except OSError:
        return ""


@pytest.fixture
def serving(tmp_path):
    serving = Serving(tmp_path / "var")
    yield serving
    serving.process.kill()
    serving.process.wait()
    serving._reader.join(PATIENCE)
    serving.process.stdout.close()


@pytest.mark.servers
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_one_command_runs_everything_and_stops_it(serving):
    serving.wait_for(rf"Operators: http://127\.0\.0\.1:{serving.port}/admin/")
    serving.wait_for("worker .*ready")
    serving.wait_for("slow .*ready")
    assert serving.health() == {"database": True, "redis": True}

    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{serving.port}/ocpp/STRANGER", subprotocols=["ocpp2.0.1"])
    children = serving.children()
    assert set(children) == {"uvicorn", "worker", "beat", "valkey-server"}
    os.kill(children["uvicorn"], signal.SIGKILL)
    serving.wait_for(r"web .*ended with -9, starting again")
    serving.wait_for(r"web .*Uvicorn running", times=2)
    assert serving.health() == {"database": True, "redis": True}

    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(PATIENCE) == 0
    assert serving.count("Traceback") == 0
    assert serving.count("ERROR") == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children.values())
    with pytest.raises(URLError):
        serving.health()


def test_a_port_that_is_taken_is_said_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Cannot listen on 127\.0\.0\.1:{port}: Address"):
            call_command("serve", port=port)


def test_a_path_too_long_for_a_socket_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(ValueError, match="set VAR_DIR or REDIS_URL"):
        programs.valkey(tmp_path, Path("/" + "x" * 200) / "valkey.sock")


def test_no_program_logs_the_tokens_of_upload_addresses():
    assert "--no-access-log" in programs.web("127.0.0.1", 8000).argv


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104
def test_the_address_shown_is_one_that_can_be_opened(host):
    assert "http://127.0.0.1:8000/admin/" in programs.web(host, 8000).announcement


def test_an_ipv6_address_is_written_in_brackets():
    assert programs.address("::1", 8000) == "http://[::1]:8000"
