"""Housekeeping: rows whose time is over go, in small batches, beside everything else.

A row of `Housekeeping` for each rule says when it is due. The sweep hands what is due to a worker,
which gives each rule some seconds, batch by batch in short transactions, and asks for another turn
for those that are not done. Nothing is remembered between turns: what went is gone, so the next
one begins where this one ended. A worker that died loses its claim after a while.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, ProtectedError, RestrictedError
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.jobs import enqueue
from diagnostics.models import Housekeeping
from diagnostics.progress import publish_on_commit
from diagnostics.services.housekeeping.rules import Rows, Rule, all_rules

logger = logging.getLogger(__name__)

TASK = "diagnostics.tasks.keep_house"
# Seconds for one rule before the next has its turn, and after which a claim counts as abandoned.
SLICE = 15.0
CLAIM = timedelta(minutes=10)


def sweep_housekeeping(now: datetime) -> None:
    """Hand the rules that are due to a worker, each once."""
    if due := claim_due(now):
        enqueue(TASK, due, slow=True)


def claim_due(now: datetime) -> list[str]:
    """The names of the rules that are due; they are due again after HOUSEKEEPING_INTERVAL."""
    known = dict(Housekeeping.objects.values_list("rule", "due_at"))
    missing = all_rules().keys() - known.keys()
    Housekeeping.objects.bulk_create(
        (Housekeeping(rule=name, due_at=now) for name in sorted(missing)), ignore_conflicts=True
    )
    due = [name for name in all_rules() if known.get(name, now) <= now]
    later = now + app_settings.housekeeping_interval
    taken = Housekeeping.objects.due(now).filter(rule__in=due).update(due_at=later) if due else 0
    return due if taken else []


def start_now(names: Iterable[str]) -> None:
    """Have a worker apply these rules as soon as it can."""
    now = timezone.now()
    Housekeeping.objects.filter(rule__in=names).update(due_at=now)
    transaction.on_commit(lambda: sweep_housekeeping(now))


def keep_house(names: Iterable[str], *, seconds: float = SLICE) -> None:
    """Apply rules, each for some seconds; those with more to do get another turn later."""
    rules = all_rules()
    unfinished = [
        name for name in names if name in rules and not apply(rules[name], seconds=seconds)
    ]
    if unfinished:
        enqueue(TASK, unfinished, slow=True)


def apply(rule: Rule, *, seconds: float = SLICE, now: datetime | None = None) -> bool:
    """Let go what a rule lets go; returns whether it has come to its end.

    Where somebody else is at it, nothing is done, and that is an end too.
    """
    now = now or timezone.now()
    row, _ = Housekeeping.objects.get_or_create(rule=rule.name, defaults={"due_at": now})
    claim = Housekeeping.objects.filter(pk=row.pk).unclaimed(timezone.now())
    if not claim.update(busy_until=timezone.now() + CLAIM):
        return True
    begun, deleted, problem, is_done = time.monotonic(), 0, "", True
    try:
        deleted, problem, is_done = _work(rule, now, begun + seconds)
    except DatabaseError as error:
        logger.warning("Housekeeping of %s failed: %s", rule.name, error)
        problem = str(error)
    finally:
        _record(row, deleted, problem, time.monotonic() - begun, is_done)
    return is_done


def count_going(rule: Rule, now: datetime | None = None) -> int:
    """How many rows a rule would let go now."""
    now = now or timezone.now()
    rows = _old(rule, now)
    return rows.count() if rows is not None else 0


def _work(rule: Rule, now: datetime, until: float) -> tuple[int, str, bool]:
    """Batches, until there are no more or the time is up: rows that went, a problem, the end."""
    rows, deleted, problem, after = _old(rule, now), 0, "", None
    while rows is not None:
        ahead = rows if after is None else rows.filter(pk__gt=after)
        keys = list(ahead.order_by("pk").values_list("pk", flat=True)[: rule.batch])
        if not keys:
            break
        try:
            with transaction.atomic():
                deleted += rule.forget(rule.going(now).filter(pk__in=keys))
        except (ProtectedError, RestrictedError) as error:
            problem = str(error.args[0])
        after = keys[-1]
        if time.monotonic() >= until:
            return deleted, problem, False
    return deleted, problem, True


def _old(rule: Rule, now: datetime) -> Rows | None:
    """The rows that go, within the keys that can be old enough; None where there are none.

    So a table of any size is looked at only as far as it is old.
    """
    lifetime = rule.lifetime()
    if lifetime is None or not rule.ordered_by:
        return rule.going(now) if lifetime is not None else None
    rows = rule.model._base_manager.all()
    last = last_before(rows, rule.ordered_by, now - lifetime)
    return rule.going(now).filter(pk__lte=last) if last is not None else None


def last_before(rows: Rows, column: str, moment: datetime) -> Any | None:
    """The greatest key of the rows older than `moment`, where keys and times grow together.

    Found by halving: some thirty looks at the primary key, however many rows there are. Where some
    neighbours are out of order, the end is found a little too early: the next run has the rest.
    """
    by_key = rows.order_by("pk").values_list("pk", column)
    first, last = by_key.first(), by_key.last()
    if first is None or last is None or first[1] >= moment:
        return None
    low, high = first[0], last[0]
    while low < high:
        middle = (low + high + 1) // 2
        found = by_key.filter(pk__lte=middle).last()
        if found is None or found[1] < moment:
            low = middle
        else:
            high = found[0] - 1
    return low


def _record(row: Housekeeping, deleted: int, problem: str, seconds: float, is_done: bool) -> None:
    """What a turn came to: a new run, or more of the one that was cut short."""
    row.refresh_from_db()
    now = timezone.now()
    goes_on = row.unfinished
    row.started_at = row.started_at if goes_on else now - timedelta(seconds=seconds)
    row.seconds = seconds + (row.seconds if goes_on else 0.0)
    row.deleted = deleted + (row.deleted if goes_on else 0)
    row.ended_at, row.unfinished, row.busy_until = now, not is_done, None
    row.problem = problem[:255]
    row.last_deleted_at = now if deleted else row.last_deleted_at
    with transaction.atomic():
        row.save(update_fields=[
            "started_at", "seconds", "deleted", "ended_at", "unfinished", "busy_until", "problem",
            "last_deleted_at",
        ])  # fmt: skip
        total = Housekeeping.objects.filter(pk=row.pk)
        total.update(deleted_in_all=F("deleted_in_all") + deleted)
        publish_on_commit("housekeeping", row.pk)
