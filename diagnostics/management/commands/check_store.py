"""`manage.py check_store`: what the log store has that no row speaks of, and the reverse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.exceptions import RequestRefused
from diagnostics.management.asking import FAILED, USAGE, span
from diagnostics.models import LogFile, StoreCheck
from diagnostics.models.retention import RunStatus
from diagnostics.services.retention import store_check
from diagnostics.wording.retention import check_sentence, findings

UNREACHABLE = 3
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compare the log store with the rows. Exit 0: they agree, what was removed aside; 1: they "
        "do not; 2: another check is under way; 3: the store cannot be reached."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--delete-orphans",
            action="store_true",
            help="remove objects that no row speaks of",
        )
        parser.add_argument(
            "--older-than", type=span, default="24h", help="leave younger ones alone: 30m, 24h, 7d"
        )

    def handle(self, *, delete_orphans: bool, older_than: timedelta, **_: Any) -> None:
        try:
            check = store_check.start_check(deletes=delete_orphans, older_than=older_than)
        except RequestRefused as error:
            raise CommandError(str(error), returncode=USAGE) from error
        store_check.work(check)
        self._report(check)
        if check.status != RunStatus.DONE:
            raise CommandError(check_sentence(check), returncode=UNREACHABLE)
        self.stdout.write(check_sentence(check))
        if not check.is_clean:
            raise SystemExit(FAILED)

    def _report(self, check: StoreCheck) -> None:
        for name, count, sentence in findings(check):
            self.stdout.write(f"{count:>8} {sentence}")
            for key in _named(name, check.examples.get(name, [])[:SHOWN]):
                self.stdout.write(f"         {key}")
        if check.removed:
            self.stdout.write(f"{check.removed:>8} removed")


def _named(name: str, examples: list[Any]) -> list[str]:
    """Keys of objects as they are; files by their request."""
    if name not in ("missing", "differing"):
        return examples
    rows = LogFile.objects.filter(pk__in=examples).order_by("pk")
    return [f"log request #{row.log_request_id}: {row} ({row.key})" for row in rows]
