"""Migrations lead to the tables that the models describe: the other tests make those at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections

NAME = "migrated"


@pytest.fixture
def migrated(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    """A connection to a database that `migrate` has made from nothing."""
    is_file = connection.vendor == "sqlite"
    name = str(tmp_path / NAME) if is_file else NAME
    if not is_file:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {NAME}")
    environment = {**process_environment, "DATABASE_URL": _url(process_environment, name)}
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], env=environment, check=True)
    connections[NAME] = other = connection.copy(NAME)  # type: ignore[no-untyped-call]
    other.settings_dict["NAME"] = name
    yield other
    other.close()
    del connections[NAME]
    if not is_file:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {NAME}")


def _url(environment: dict[str, str], name: str) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{environment['DATABASE_URL'].rpartition('/')[0]}/{name}"


def tables(at: Any) -> dict[str, Any]:
    """Columns, constraints and indexes of every table that is not Django's own."""
    ours = [app for app in apps.get_app_configs() if not app.name.startswith("django")]
    models = [model for app in ours for model in app.get_models(include_auto_created=True)]
    introspection, found = at.introspection, {}
    with at.cursor() as cursor:
        for name in {model._meta.db_table for model in models}:
            columns = introspection.get_table_description(cursor, name)
            constraints = introspection.get_constraints(cursor, name).values()
            described = (str(sorted(constraint.items())) for constraint in constraints)
            found[name] = (sorted(map(str, columns)), sorted(described))
    return found


def test_migrations_and_models_make_the_same_tables(migrated: Any) -> None:
    assert tables(migrated) == tables(connection) != {}
