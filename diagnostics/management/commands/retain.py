"""`manage.py retain`: delete the log files that the retention rules let go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.exceptions import RequestRefused
from diagnostics.management.asking import FAILED, USAGE, ProgressLine
from diagnostics.models.retention import RunStatus
from diagnostics.services import retention
from diagnostics.wording.retention import rule_words, run_sentence


class Command(BaseCommand):
    help = (
        "Delete the log files that the retention rules let go. Exit 0: done; 1: it failed; "
        "2: there is no active rule, or another run is under way."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        try:
            run = retention.start_run(is_dry=dry_run)
        except RequestRefused as error:
            raise CommandError(str(error), returncode=USAGE) from error
        line = ProgressLine(self.stderr)
        while not retention.work(run, seconds=1.0):
            line.show(run_sentence(run))
        line.end()
        for rule in run.by_rule.values():
            self.stdout.write(f"{rule['files']:>8} {rule_words(rule)}")
        self.stdout.write(run_sentence(run))
        if run.status != RunStatus.DONE:
            raise CommandError(run_sentence(run), returncode=FAILED)
