"""docs/metrics.md names every figure of /metrics, with its labels."""

from __future__ import annotations

import re

import pytest

from diagnostics.services.metrics import Distribution, Kind, all_metrics
from tests.docs.pages import DOCS, section

Figures = set[tuple[str, tuple[str, ...]]]


def _given() -> Figures:
    found: Figures = set()
    for each in all_metrics():
        if isinstance(each, Distribution):
            found.add((each.name, ("le",)))
        else:
            name = f"{each.name}_total" if each.kind is Kind.COUNTER else each.name
            found.add((name, each.labels))
    return found


@pytest.mark.django_db
def test_every_figure_is_explained_with_its_labels() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", section(DOCS / "metrics.md", "The figures"), re.M)
    named = {
        (name, tuple(re.findall(r"`(\w+)`", labels)))
        for names, labels in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    assert named == _given()
