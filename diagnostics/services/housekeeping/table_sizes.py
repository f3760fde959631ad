"""How many rows a table has, about, and how old the oldest is, without counting millions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Min, Model

from diagnostics.models import Housekeeping
from diagnostics.services.housekeeping.rules import Rule, all_rules

# Fewer are counted: an estimate of a small table is often wrong.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class TableState:
    """A rule, what it last did, and the table as it is now; `exact`: the rows were counted."""

    rule: Rule
    run: Housekeeping | None
    rows: int
    exact: bool
    oldest: datetime | None


def table_states() -> list[TableState]:
    """One for each rule, in their order."""
    runs = {row.rule: row for row in Housekeeping.objects.all()}
    return [
        TableState(rule, runs.get(rule.name), *size_of(rule.model), oldest_of(rule))
        for rule in all_rules().values()
    ]


def size_of(model: type[Model]) -> tuple[int, bool]:
    """The number of rows, and whether they were counted: PostgreSQL estimates large tables."""
    rows: Any = model._base_manager
    if connection.vendor != "postgresql":
        return rows.count(), True
    counted = len(rows.values_list("pk")[: COUNTED + 1])
    if counted <= COUNTED:
        return counted, True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [connection.ops.quote_name(model._meta.db_table)],
        )
        return max(cursor.fetchone()[0], COUNTED), False


def oldest_of(rule: Rule) -> datetime | None:
    """The time of the oldest row that the rule is about."""
    rows: Any = rule.spare(rule.model._base_manager.exclude(**{rule.age: None}))
    if rule.ordered_by:
        return rows.order_by("pk").values_list(rule.age, flat=True).first()  # type: ignore[no-any-return]
    return rows.aggregate(oldest=Min(rule.age))["oldest"]  # type: ignore[no-any-return]
