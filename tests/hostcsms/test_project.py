"""The foreign project is whole: its checks, its migrations, and nothing of ours but the app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True)


BESIDE = """
import django
django.setup()
from django.core.management import call_command
call_command("makemigrations", check=True, dry_run=True)
call_command("migrate", verbosity=0)
call_command("check", fail_level="WARNING")
"""


def test_our_stations_may_be_installed_beside_the_hosts(tmp_path: Path) -> None:
    """Then they hold nobody's stations; their tables are made all the same."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.hostcsms.both_apps",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "SECRET_KEY": "x" * 50,
        "VAR_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", BESIDE], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
