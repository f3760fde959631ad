"""The environment of the tests: real servers, and the variables that lead the settings to them.

Used by conftest.py before anything reads Django's settings. TEST_DATABASE=sqlite puts a SQLite file
in the place of PostgreSQL. When several processes run tests, each has a Valkey and a database of
its own; the PostgreSQL is that of the process which hands out the tests.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path

from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey


class Environment:
    """PostgreSQL (or a SQLite file) and Valkey, started once for all tests of a process."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="diagnostics-tests-")
        self.directory = Path(self._directory.name)
        self.uses_sqlite = os.environ.get("TEST_DATABASE", "").lower() == "sqlite"
        self.valkey = Valkey(self.directory)
        has_postgres = self.uses_sqlite or "PYTEST_XDIST_WORKER" in os.environ
        self._postgres = None if has_postgres else Postgres()

    def start(self) -> None:
        """Start the servers and set the variables; they stop with this process."""
        atexit.register(self.stop)  # for a run that ends before pytest gets that far
        self.valkey.start()
        if self.uses_sqlite:
            os.environ["DATABASE_URL"] = f"sqlite:///{self.directory / 'db.sqlite3'}"
        elif self._postgres is not None:
            os.environ["DATABASE_URL"] = self._postgres.start()
        # Dozens of processes start, and each would compile a thousand modules for itself.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(
            REDIS_URL=self.valkey.url,
            LOG_STORE_URL=f"file://{self.directory / 'logs'}",
            PUBLIC_URL="http://127.0.0.1:8000",
            FORWARDED_ALLOW_IPS="127.0.0.1,127.0.0.2",  # the second: tls_proxy.py
            READ_STATIONS="0",  # stations are asked nothing unless a test is about that
            ALLOWED_HOSTS="",
            SECRET_KEY="only-for-tests-" + "x" * 40,
            DEBUG="",
            VAR_DIR=str(self.directory / "var"),
        )

    def stop(self) -> None:
        """Stop the servers and remove what they kept."""
        self.valkey.stop()
        if self._postgres is not None:
            self._postgres.stop()
        self._directory.cleanup()
