"""`manage.py retain` and `manage.py check_store`: what they say, and how they end."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings
from django.utils import timezone

from diagnostics.models import LogFile, RetentionRule
from diagnostics.services import logs
from diagnostics.storage import get_log_store
from stations.services import register_station

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Any:
    station = register_station("CS-1", security_profile=0)[0]
    station.ocpp_version = "2.0.1"
    station.save()
    row = logs.request_log(station=station)
    url = {"LOG_STORE_URL": f"file://{tmp_path}"}
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **url}):
        upload = get_log_store().open_upload(f"CS-1-0123456789ab/{row.pk}/file")
        upload.write(b"lines\n")
        upload.complete()
        yield LogFile.objects.create(
            log_request=row, key=upload.key, size=6, sha256="0" * 64, name="cs.log",
            received_at=timezone.now() - timedelta(days=40),
        )  # fmt: skip


def said(*command: str, code: int = 0) -> str:
    """What a command prints; it must end with this code."""
    out = StringIO()
    try:
        call_command(*command, stdout=out, stderr=StringIO())
        ended = 0
    except CommandError as error:
        ended = error.returncode
        out.write(str(error))
    except SystemExit as error:
        ended = int(str(error.code))
    assert ended == code, out.getvalue()
    return out.getvalue()


def test_retain_reports_by_rule_and_tries_first(file: LogFile) -> None:
    assert "no active rule" in said("retain", code=2)
    RetentionRule.objects.create(log_type="DiagnosticsLog", keep_days=30)
    tried = said("retain", "--dry-run")
    assert "1 DiagnosticsLog" in tried or "1 Diagnostics log" in tried, tried
    assert "kept for 30 days" in tried and "Would delete 1 file, 6 bytes, of 1 looked at." in tried
    assert "Deleted 1 file" in said("retain")
    assert not LogFile.objects.exists()


def test_check_store_ends_as_it_found_things(file: LogFile) -> None:
    assert "They agree." in said("check_store")
    get_log_store().delete(file.key)
    orphan = get_log_store().open_upload("CS-9-0123456789ab/7/gone")
    orphan.complete()
    found = said("check_store", "--older-than", "0m", code=1)
    assert f"log request #{file.log_request_id}: cs.log" in found
    file.delete()
    assert "CS-9-0123456789ab/7/gone" in said("check_store", "--older-than", "0m", code=1)
    assert "1 removed" in said("check_store", "--older-than", "0m", "--delete-orphans")
