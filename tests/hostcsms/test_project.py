"""The foreign project is whole: its checks, its migrations, and nothing of ours but the app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from hostcsms import celery_app

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_stations_are_nowhere() -> None:
    assert not apps.is_installed("stations")
    assert not {"config", "stations"} & set(sys.modules)


def test_system_checks_have_nothing_to_say(db: None) -> None:
    call_command("check", fail_level="WARNING", databases=["default"])


def test_stations_are_referred_to_by_the_hosts_own_key(db: None) -> None:
    assert "stations_chargingstation" not in connection.introspection.table_names()
    with connection.cursor() as cursor:
        relations = connection.introspection.get_relations(cursor, "diagnostics_logrequest")
    assert relations["station_id"][:2] == ("id", "csms_chargebox")


def test_the_sweep_and_retention_are_scheduled_in_the_hosts_celery() -> None:
    celery_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    assert scheduled == {"diagnostics.tasks.sweep", "diagnostics.tasks.apply_retention"}
    assert scheduled <= set(celery_app.tasks)


@pytest.mark.parametrize(
    "settings", ["tests.hostcsms.settings", "tests.hostcsms.both_apps", "config.settings"]
)
def test_migrations_are_clean_whoever_holds_the_stations(settings: str, tmp_path: Path) -> None:
    environment = {
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "SECRET_KEY": "x" * 50,
        "VAR_DIR": str(tmp_path),
    }
    for command in (["makemigrations", "--check", "--dry-run"], ["migrate", "-v0"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "django", *command],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
