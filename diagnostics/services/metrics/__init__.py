"""Figures for a monitoring system such as Prometheus, read from the database when it asks.

Several processes share the database, so none of them keeps figures of its own. Each source makes
a few statements whose cost does not grow with the age of the tables: over an index, over an hour,
or over what is open. Apps beside this one add what they know with `register`.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.services.metrics import fleet, requests, work
from diagnostics.services.metrics.metric import Distribution, Kind, Metric, Source, one

__all__ = ["Distribution", "Kind", "Metric", "Source", "all_metrics", "one", "register", "sources"]

sources: list[Source] = [fleet.metrics, requests.metrics, work.metrics]


def register(source: Source) -> Source:
    """Add a function that gives figures; their names begin with that of its app."""
    if source not in sources:
        sources.append(source)
    return source


def all_metrics() -> Iterator[Metric | Distribution]:
    """Every figure as it is now. Raises DatabaseError where the database does not answer."""
    for source in sources:
        yield from source()
