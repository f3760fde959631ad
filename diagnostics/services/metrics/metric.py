"""What a figure for a monitoring system is made of; whoever hands it out knows its format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """A gauge goes up and down. A counter only grows, or begins anew at nothing."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure, or one for each of a few labels.

    `values` has them by the values of `labels`; `{(): 5}` where there are none. Labels are of a
    closed set: never what a station says, and never a station. `help` says of what time it is.
    """

    name: str
    help: str
    values: dict[tuple[str, ...], float]
    labels: tuple[str, ...] = ()
    kind: Kind = Kind.GAUGE


@dataclass(frozen=True, slots=True)
class Distribution:
    """A counter of how many values were up to each limit; the last limit is infinite."""

    name: str
    help: str
    buckets: Sequence[tuple[float, int]] = field(default_factory=list)


Source = Callable[[], Iterable[Metric | Distribution]]


def one(name: str, help_text: str, value: float | None, kind: Kind = Kind.GAUGE) -> Metric:
    """A figure without labels; one that is not known is left out."""
    return Metric(name, help_text, {} if value is None else {(): value}, kind=kind)
