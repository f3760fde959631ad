"""Real servers for all tests, and the fixtures that hand them out.

The servers must run before Django reads its settings, and the settings must be there before a
conftest.py further down imports a model: hence at import, not in a fixture.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest

from tests.servers.environment import Environment

# Not DJANGO_SETTINGS_MODULE: pytest-django would read the settings before the servers are there.
os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("TEST_SETTINGS", "config.settings")
# Playwright's synchronous interface runs an event loop in the test's own thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
environment = Environment()
environment.start()
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase, override_settings  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402
from hypothesis import HealthCheck  # noqa: E402
from hypothesis import settings as hypothesis  # noqa: E402

from tests.servers.application import served  # noqa: E402
from tests.servers.database import empty  # noqa: E402
from tests.servers.seaweedfs import BUCKET, SeaweedFS  # noqa: E402
from tests.servers.valkey import Valkey  # noqa: E402
from tests.sharing import Sharing, browser_first  # noqa: E402

# A busy machine is no finding: it only takes longer to invent and to try.
hypothesis.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("patient")

# Stations are asked nothing of their own accord, unless a test is about that.
settings.DIAGNOSTICS = {
    **settings.DIAGNOSTICS,
    "READ_LIMITS": False,
    "READ_DEVICE_MODEL": False,
}
# Static files are looked for when they are asked for: each client of a test would look at all of
# them first.
settings.WHITENOISE_AUTOREFRESH = True
# How people's passwords are hashed is Django's, and slow on purpose.
settings.PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    *settings.PASSWORD_HASHERS,
]


def _empty_databases(case: Any) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty(alias)


TransactionTestCase._fixture_teardown = _empty_databases  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    """With several processes, this one only hands out the tests, and keeps PostgreSQL for all.

    They must not inherit the name of the settings, or pytest-django reads those before their own
    Valkey is there.
    """
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        environment.valkey.stop()
        os.environ.pop("DJANGO_SETTINGS_MODULE")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """Hand out the tests of a file together."""
    return Sharing(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes, all have the same order."""
    if hasattr(config, "workerinput"):
        browser_first(items)


def pytest_collection_finish() -> None:
    """What is here when the first test begins stays: no use in looking for garbage among it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure() -> None:
    """Stop the servers when the last test is done."""
    environment.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Give SQLite a file also for tests: threads and processes share it, memory they cannot."""
    if environment.uses_sqlite:
        name = str(environment.directory / "test.sqlite3")
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name
        connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """The Valkey behind REDIS_URL, emptied; tests may `restart()`, `stop()` and `start()` it."""
    with environment.valkey.client() as client:
        client.flushall()
    yield environment.valkey
    if not environment.valkey.is_running:
        environment.valkey.start()


@pytest.fixture(scope="session")
def _seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    server = SeaweedFS(tmp_path_factory.mktemp("seaweedfs"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def s3_store_url(
    _seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """LOG_STORE_URL of a real S3 bucket, a prefix per test, with the AWS variables set."""
    for name, value in _seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{abs(hash(request.node.nodeid)):x}"


@pytest.fixture
def asgi_server(transactional_db: None) -> Iterator[str]:
    """Address of the running project, which is its PUBLIC_URL too: http://127.0.0.1:PORT."""
    application = import_string(settings.ASGI_APPLICATION)
    with (
        served(application) as address,
        override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "PUBLIC_URL": address}),
    ):
        yield address


@pytest.fixture
def process_environment(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """Variables for the product's own processes: the test database, this Valkey, a VAR_DIR."""
    return variables_of_processes(tmp_path)


def variables_of_processes(directory: Path) -> dict[str, str]:
    """The same for processes that outlive a test."""
    return {**os.environ, "DATABASE_URL": _test_database_url(), "VAR_DIR": str(directory / "var")}


def _test_database_url() -> str:
    database: dict[str, Any] = connection.settings_dict
    if environment.uses_sqlite:
        return f"sqlite:///{database['NAME']}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database['NAME']}"
