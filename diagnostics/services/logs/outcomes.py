"""What becomes of log requests, in figures: by vendor, model and firmware, the worst first.

Two statements over the requests of a span, whose index is that of `created_at`: one counts, one
finds the places of the percentiles. The second is made of window functions, so it is the same on
every database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    TextChoices,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, NullIf, RowNumber
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

    `counts` has how many came to which end, by verdict and reason. `median` and `slow` are the
    times within which half, and 95 of 100, of the files were here after asking; `size` is that of
    the middle one in bytes. These are None where no file came.
    """

    make: Make = ()
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    median: timedelta | None = None
    slow: timedelta | None = None
    size: int | None = None

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
    names = grouping.columns
    found: dict[Make, Figures] = {}
    rows = of_makes(rows).order_by()
    counted = rows.values_list(*names, "verdict", "reason").annotate(Count("pk"))
    for *make, verdict, reason, count in counted:
        figures = found.setdefault(tuple(make), Figures(tuple(make)))
        figures.counts[verdict, reason] = count
    for make, places in _places(rows, names).items():
        if make in found:  # not one that came between the two statements
            figures = found[make]
            figures.median, figures.slow, figures.size = places
    return sorted(found.values(), key=lambda each: (-each.badness, -each.asked, each.make))


def total(found: Iterable[Figures]) -> Figures:
    """The counts of all makes; times and sizes cannot be added."""
    summed = Figures()
    for figures in found:
        for end, count in figures.counts.items():
            summed.counts[end] = summed.counts.get(end, 0) + count
    return summed


def of_makes(rows: Rows, wanted: Mapping[str, str] | None = None) -> Rows:
    """Rows with the columns of `MAKE`; only those of a make where one is named."""
    return rows.annotate(**MAKE).filter(**(wanted or {}))


def times_of(rows: Rows) -> tuple[timedelta | None, timedelta | None]:
    """The median and the 95th percentile of how long after asking the files of `rows` were here."""
    median, slow, _size = _places(rows.order_by(), ()).get((), (None, None, None))
    return median, slow


Places = tuple[timedelta | None, timedelta | None, int | None]


def _places(rows: Rows, names: tuple[str, ...]) -> dict[Make, Places]:
    """By make the median time, the 95th percentile, and the median size: the nearest ranks."""
    took = ExpressionWrapper(F("received_at") - F("created_at"), output_field=DurationField())
    within = [F(name) for name in names] or None
    ranked = rows.filter(received_at__isnull=False).annotate(
        took=took,
        by_time=Window(RowNumber(), partition_by=within, order_by=[took, "pk"]),
        by_size=Window(RowNumber(), partition_by=within, order_by=["received_bytes", "pk"]),
        of=Window(Count("pk"), partition_by=within),
    )
    middle, last = (F("of") + 1) / 2, (F("of") * 95 + 99) / 100
    picked = ranked.filter(Q(by_time=middle) | Q(by_time=last) | Q(by_size=middle))
    found: dict[Make, Places] = {}
    columns = picked.values_list(*names, "took", "received_bytes", "by_time", "by_size", "of")
    for *make, span, octets, by_time, by_size, of in columns:
        median, slow, size = found.get(tuple(make), (None, None, None))
        found[tuple(make)] = (
            span if by_time == (of + 1) // 2 else median,
            span if by_time == (of * 95 + 99) // 100 else slow,
            octets if by_size == (of + 1) // 2 else size,
        )
    return found
