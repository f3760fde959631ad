"""Which rule decides about a log file, and whether it lets the file go.

The most specific active rules decide: those for a group and a type of log, then those for a group,
then for a type, then for all. A file goes when every one of these lets it go; where none applies it
stays. Nothing younger than a day goes: its request may still be under way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, RowRange, Sum, Value, When, Window

from diagnostics.models import GroupMember, LogFile, RetentionRule

YOUNG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the rules look at of a file."""

    pk: int
    station: Any
    log_type: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The active rules, and what is needed to apply them to any number of files.

    `members` has the stations of each group that a rule names; `is_beyond` says whether enough
    newer files of the same log of the same station are whole.
    """

    rules: tuple[RetentionRule, ...]
    members: Mapping[int, Collection[Any]]
    is_beyond: Callable[[RetentionRule, Candidate], bool]
    now: datetime

    def deciding(self, file: Candidate) -> list[RetentionRule]:
        """The most specific rules that apply to a file; none where it is kept for ever."""
        applying = [rule for rule in self.rules if self._applies(rule, file)]
        highest = max((rule.rank for rule in applying), default=None)
        return [rule for rule in applying if rule.rank == highest]

    def lets_go(self, rule: RetentionRule, file: Candidate) -> bool:
        """Whether a rule that applies lets the file go."""
        if file.received_at > self.now - YOUNG:
            return False
        if rule.keep_days is not None:
            return file.received_at < self.now - timedelta(days=rule.keep_days)
        return self.is_beyond(rule, file)

    def goes_by(self, file: Candidate) -> RetentionRule | None:
        """The rule by which a file goes, or None where it stays."""
        deciding = self.deciding(file)
        if deciding and all(self.lets_go(rule, file) for rule in deciding):
            return deciding[-1]
        return None

    def _applies(self, rule: RetentionRule, file: Candidate) -> bool:
        if rule.log_type and rule.log_type != file.log_type:
            return False
        return rule.group_id is None or file.station in self.members[rule.group_id]


def rulebook_for_all(now: datetime) -> Rulebook:
    """The rules, ready for every file there is."""
    rules = _active()
    beyond = {rule.pk: _beyond(rule) for rule in rules if rule.keep_newest is not None}
    members = {
        group: set(GroupMember.objects.filter(group=group).values_list("station", flat=True))
        for group in {rule.group_id for rule in rules if rule.group_id is not None}
    }
    return Rulebook(rules, members, lambda rule, file: file.pk in beyond[rule.pk], now)


def rulebook_for_station(station: Any, now: datetime) -> Rulebook:
    """The rules, ready for some files of one station: its page asks."""
    rules = _active()
    mine = set(GroupMember.objects.filter(station=station).values_list("group", flat=True))
    members = {
        rule.group_id: {station} if rule.group_id in mine else set()
        for rule in rules
        if rule.group_id is not None
    }
    return Rulebook(rules, members, _has_newer, now)


def candidates(files: QuerySet[LogFile]) -> list[Candidate]:
    """Files as the rules look at them."""
    columns = ("pk", "log_request__station", "log_request__log_type", "received_at")
    return [Candidate(*values) for values in files.values_list(*columns)]


def _active() -> tuple[RetentionRule, ...]:
    rules = RetentionRule.objects.filter(is_active=True).select_related("group")
    return tuple(rules.order_by("pk"))


def _scope(rule: RetentionRule) -> QuerySet[LogFile]:
    """All files of the stations and logs that a rule is about."""
    files = LogFile.objects.all()
    if rule.log_type:
        files = files.filter(log_request__log_type=rule.log_type)
    if rule.group_id is not None:
        members = GroupMember.objects.filter(group=rule.group_id).values("station")
        files = files.filter(log_request__station__in=members)
    return files


def _beyond(rule: RetentionRule) -> set[int]:
    """The files that have as many whole, newer ones as a rule keeps: one pass over the table."""
    whole = Case(When(complete=True, then=Value(1)), default=Value(0), output_field=IntegerField())
    newer = Window(
        Sum(whole),
        partition_by=[F("log_request__station"), F("log_request__log_type")],
        order_by=[F("received_at").desc(), F("pk").desc()],
        frame=RowRange(start=None, end=-1),
    )
    found = _scope(rule).annotate(newer=newer).filter(newer__gte=rule.keep_newest)
    return set(found.values_list("pk", flat=True))


def _has_newer(rule: RetentionRule, file: Candidate) -> bool:
    """The same for one file."""
    alike = LogFile.objects.filter(
        log_request__station=file.station, log_request__log_type=file.log_type, complete=True
    )
    newer = alike.filter(received_at__gt=file.received_at) | alike.filter(
        received_at=file.received_at, pk__gt=file.pk
    )
    wanted = rule.keep_newest or 0
    return len(newer.values_list("pk", flat=True)[:wanted]) >= wanted
