"""The product's own processes, as `manage.py serve` starts them, to be killed and started again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from config import programs
from tests.servers.processes import ServerProcess, free_port, port_answers


class Product:
    """ASGI servers, Celery workers and beat as separate processes on one database and Valkey.

    Stations and operators reach the first ASGI server at `url`, which is the PUBLIC_URL of all.
    """

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._ports = {"web": free_port()}
        self.url = self.url_of("web")
        self.environment = {**environment, "PUBLIC_URL": self.url}
        self.directory = directory
        self.processes: dict[str, ServerProcess] = {}

    def url_of(self, web: str) -> str:
        """Where an ASGI server of this name answers, from its first start on."""
        return f"http://127.0.0.1:{self._ports.setdefault(web, free_port())}"

    def start(self, *names: str) -> None:
        """Start `web`, `web-2`, `worker`, `beat` and the like, all at once; return when they are
        ready. `worker-slow` is the worker of that queue, others take from all."""
        ready = {name: self._launch(name) for name in names}
        for name, is_ready in ready.items():
            self.processes[name].wait_for(is_ready)

    def _launch(self, name: str) -> Callable[[], bool]:
        """Begin to start it; returns what tells when it is ready."""
        argv, log = self._argv(name), self.directory / f"{name}.log"
        size = log.stat().st_size if log.exists() else 0
        process = ServerProcess(argv, log=log, environment=self.environment)
        self.processes[name] = process
        process.launch()
        kind = name.partition("-")[0]
        if kind == "web":
            return lambda: port_answers(self._ports[name])
        return lambda: kind != "worker" or b" ready." in log.read_bytes()[size:]

    def _argv(self, name: str) -> tuple[str, ...]:
        kind = name.partition("-")[0]
        if kind == "web":
            self.url_of(name)
            return programs.web("127.0.0.1", self._ports[name]).argv
        if kind == "worker":
            queue = name.partition("-")[2]
            named = queue in (each.name for each in settings.CELERY_TASK_QUEUES)
            return (*programs.worker(queue if named else "").argv, "--hostname", f"{name}@%h")
        return programs.beat(self.directory).argv

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye, no clean-up."""
        os.kill(self.pid(name), signal.SIGKILL)
        killed = self.processes.pop(name).process
        assert killed
        killed.wait()

    def pid(self, name: str) -> int:
        process = self.processes[name].process
        assert process
        return process.pid

    def stop(self) -> None:
        for process in self.processes.values():
            process.ask_to_end()
        for process in self.processes.values():
            process.stop(10)
