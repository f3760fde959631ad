"""`manage.py housekeeping`."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from diagnostics.models import Housekeeping, MessageRecord
from diagnostics.services import housekeeping
from tests.services.conftest import make_station


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("housekeeping", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


@pytest.mark.django_db
def test_old_rows_are_counted_and_then_go() -> None:
    long_ago = timezone.now() - timedelta(days=400)
    MessageRecord.objects.create(
        station=make_station(), at=long_ago, direction="FromStation", size=2
    )
    assert "(messages; kept 30 days): 1 would go." in run("--dry-run")
    assert not Housekeeping.objects.exists()
    assert "1 row went" in run("--rule", "messages")
    assert not MessageRecord.objects.exists()
    assert "Nothing went" in run()


@pytest.mark.django_db
def test_what_could_not_go_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_work", lambda *_: (0, "It is needed.", True))
    with pytest.raises(CommandError, match="Not all could go: events.") as error:
        run("--rule", "events")
    assert error.value.returncode == 1
