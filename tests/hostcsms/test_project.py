"""The foreign project is whole: its checks, its migrations, and nothing of ours but the app."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
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


class Hashed(ManifestStaticFilesStorage):
    """What docs/embedding.md says of hashed names."""

    support_js_module_import_aggregation = True


def test_scripts_find_each_other_under_hashed_names(tmp_path: Path) -> None:
    storages = {"staticfiles": {"BACKEND": f"{__name__}.Hashed"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES={**settings.STORAGES, **storages}):
        call_command("collectstatic", interactive=False, verbosity=0)
    scripts = list((tmp_path / "diagnostics").glob("*.????????????.js"))
    imported = {
        name
        for script in scripts
        for name in re.findall(r'^import .* from "\./(.*)";$', script.read_text(), re.MULTILINE)
    }
    assert imported
    assert imported <= {script.name for script in scripts}


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
    done = in_a_process(tmp_path, "tests.hostcsms.both_apps", BESIDE)
    assert done.returncode == 0, done.stdout + done.stderr


def in_a_process(directory: Path, module: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run code with these settings, on a database of its own."""
    environment = {
        "DJANGO_SETTINGS_MODULE": module,
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "PYTHONPATH": str(ROOT / "examples" / "hostcsms"),
        "SECRET_KEY": "x" * 50,
        "VAR_DIR": str(directory),
    }
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
