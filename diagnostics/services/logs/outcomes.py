"""What becomes of log requests, in figures: by vendor, model and firmware, the worst first.

Two statements over the requests of a span, whose index is that of `created_at`. Both only count,
so every database can: times and sizes are counted by their two leading digits, which leaves few to
tell apart, and the percentiles of several makes together can be found from those of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.log_request import FAILED, OPEN, SUCCEEDED, LogVerdict
from diagnostics.models import LogRequest, StationSelection
from diagnostics.services import access
from diagnostics.services.fleet.selections import Criteria, stations_like, stations_of

Make = tuple[str, ...]
Rows = QuerySet[LogRequest]

_INFO = "station__diagnostics_info__"
_NOTHING = Value("")
# What a request is counted by. The firmware is the one that the station had when it was asked;
# those that could not be asked count for the one it has now.
MAKE: dict[str, Any] = {
    "vendor": Coalesce(f"{_INFO}vendor", _NOTHING),
    "model": Coalesce(f"{_INFO}model", _NOTHING),
    "firmware": Coalesce(
        NullIf("firmware_version", _NOTHING), f"{_INFO}firmware_version", _NOTHING
    ),
}
# How sure a share must be to rank as bad: 1.96 standard deviations are 95 of 100 times.
_DEVIATIONS = 1.96


class Grouping(TextChoices):
    """As what requests are told apart; the columns of `MAKE` that a group has in common."""

    FIRMWARE = "firmware", _("Model and firmware")
    MODEL = "model", _("Model")
    VENDOR = "vendor", _("Vendor")

    @property
    def columns(self) -> tuple[str, ...]:
        names = tuple(MAKE)
        return names[: names.index(self.value) + 1]


@dataclass(slots=True)
class Figures:
    """What became of the requests of one make, or of all.

    `counts` has how many came to which end, by verdict and reason; `seconds` and `octets` how many
    files were here so long after asking, and how many were so large.
    """

    make: Make = ()
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    octets: Counter[int] = field(default_factory=Counter)

    def _of(self, verdicts: Iterable[str]) -> int:
        wanted = frozenset(verdicts)
        return sum(count for (verdict, _), count in self.counts.items() if verdict in wanted)

    @property
    def asked(self) -> int:
        return sum(self.counts.values())

    @property
    def received(self) -> int:
        return self._of(SUCCEEDED)

    @property
    def failed(self) -> int:
        return self._of(FAILED)

    @property
    def running(self) -> int:
        return self._of(OPEN)

    @property
    def canceled(self) -> int:
        return self._of([LogVerdict.CANCELED])

    @property
    def share(self) -> float | None:
        """Which part of those that came to an end brought a file; canceled ones say nothing."""
        ended = self.received + self.failed
        return self.received / ended if ended else None

    @property
    def failures(self) -> list[tuple[str, str, int]]:
        """Verdict, reason and how many, the most frequent first."""
        found = [(*end, count) for end, count in self.counts.items() if end[0] in FAILED]
        return sorted(found, key=lambda each: (-each[2], each[:2]))

    @property
    def median(self) -> timedelta | None:
        """The time after asking within which half of the files were here; None without any."""
        return _span(percentile(self.seconds, 0.5))

    @property
    def slow(self) -> timedelta | None:
        """The same of 95 in 100."""
        return _span(percentile(self.seconds, 0.95))

    @property
    def size(self) -> int | None:
        """That of the middle file, in bytes."""
        return percentile(self.octets, 0.5)

    @property
    def badness(self) -> float:
        """How large a part fails at the least, as far as so few requests can tell.

        The lower end of Wilson's interval: one failure of one is no proof, 40 of 40 are.
        """
        ended, z = self.received + self.failed, _DEVIATIONS
        if not ended:
            return 0.0
        share = self.failed / ended
        spread = z * sqrt(share * (1 - share) / ended + z * z / (4 * ended * ended))
        return (share + z * z / (2 * ended) - spread) / (1 + z * z / ended)


def requests_since(
    moment: datetime,
    user: Any = None,
    *,
    group: int | None = None,
    selection: StationSelection | None = None,
) -> Rows:
    """The requests made since then of stations that the user may see.

    Of those in a group (its key), of a selection, or of both, where these are given.
    """
    rows = access.visible(LogRequest.objects.filter(created_at__gte=moment), user)
    if group is not None:
        members = stations_like(Criteria(groups=frozenset([group])), user)
        rows = rows.filter(station__in=members.values("pk"))
    if selection is not None:
        rows = rows.filter(station__in=stations_of(selection, user).values("pk"))
    return rows


def outcomes(rows: Rows, grouping: Grouping) -> list[Figures]:
    """The figures of each make, the worst first."""
    found = _counted(of_makes(rows), grouping.columns)
    return sorted(found.values(), key=lambda each: (-each.badness, -each.asked, each.make))


def total(found: Iterable[Figures]) -> Figures:
    """The figures of all makes together."""
    summed = Figures()
    for each in found:
        summed.counts += each.counts
        summed.seconds += each.seconds
        summed.octets += each.octets
    return summed


def all_of(rows: Rows) -> Figures:
    """The figures of rows that are not told apart."""
    return _counted(rows, ()).get((), Figures())


def _counted(rows: Rows, names: tuple[str, ...]) -> dict[Make, Figures]:
    found: dict[Make, Figures] = {}
    took, octets = two_digits("received_after"), two_digits("received_bytes")
    ends = rows.order_by().annotate(took=took).values_list(*names, "verdict", "reason", "took")
    for *make, verdict, reason, seconds, count in ends.annotate(Count("pk")):
        figures = found.setdefault(tuple(make), Figures(tuple(make)))
        figures.counts[verdict, reason] += count
        if seconds is not None:
            figures.seconds[seconds] += count
    sizes = rows.order_by().filter(received_bytes__isnull=False).annotate(octets=octets)
    for *make, size, count in sizes.values_list(*names, "octets").annotate(Count("pk")):
        if tuple(make) in found:  # not one that came between the two statements
            found[tuple(make)].octets[size] += count
    return found


def of_makes(rows: Rows, wanted: Mapping[str, str] | None = None) -> Rows:
    """Rows with the columns of `MAKE`; only those of a make where one is named."""
    return rows.annotate(**MAKE).filter(**(wanted or {}))


# Up to a petabyte, or more seconds than anybody waits.
_MOST_DIGITS = 15


def two_digits(column: str) -> Case:
    """A number that is not negative, rounded up to its two leading digits: 1,234 is 1,300."""
    steps = []
    for power in range(_MOST_DIGITS):
        step = 10**power
        rounded = (F(column) + (step - 1)) / step * step
        steps.append(When(**{f"{column}__lt": 100 * step}, then=rounded))
    return Case(*steps, default=F(column), output_field=BigIntegerField())


def percentile(counted: Counter[int], share: float) -> int | None:
    """The number that this share of those counted does not exceed; None where none was counted."""
    wanted, passed = share * counted.total(), 0
    for number in sorted(counted):
        passed += counted[number]
        if passed >= wanted:
            return number
    return None


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
