"""`manage.py housekeeping`: let go what is older than the settings say."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.text import capfirst

from diagnostics.management.asking import FAILED, ProgressLine
from diagnostics.models import Housekeeping
from diagnostics.services import housekeeping
from diagnostics.services.housekeeping.rules import Rule, all_rules
from diagnostics.wording.housekeeping import kept_words, run_words

SECONDS = 2.0  # of work between two lines of progress


class Command(BaseCommand):
    help = "Let go what is older than the settings say. Exit 0: done; 1: some could not go."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")
        parser.add_argument("--rule", choices=list(all_rules()), help="only this one")

    def handle(self, *, dry_run: bool, rule: str | None, **_: Any) -> None:
        chosen = [each for each in all_rules().values() if rule in (None, each.name)]
        problems = [each.name for each in chosen if not self._one(each, dry_run)]
        if problems:
            raise CommandError(f"Not all could go: {', '.join(problems)}.", returncode=FAILED)

    def _one(self, rule: Rule, dry_run: bool) -> bool:
        """One rule to its end; whether all that should go went."""
        head = f"{capfirst(str(rule.title))} ({rule.name}; kept {kept_words(rule.lifetime())}):"
        if dry_run:
            self.stdout.write(f"{head} {housekeeping.count_going(rule):,} would go.")
            return True
        line = ProgressLine(self.stderr)
        while not housekeeping.apply(rule, seconds=SECONDS):
            line.show(f"{head} {run_words(_run_of(rule))}")
        line.end()
        run = _run_of(rule)
        self.stdout.write(f"{head} {run_words(run)}")
        return run is None or not run.problem


def _run_of(rule: Rule) -> Housekeeping | None:
    return Housekeeping.objects.filter(rule=rule.name).first()
