"""A campaign over a fleet, while a worker and an ASGI server are killed under it.

`python -m benchmarks.fleet` is the same with two thousand stations.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.failures.fleet import Plan, Run, started
from tests.servers.product import Product
from tests.servers.valkey import Valkey

pytestmark = pytest.mark.servers


@pytest.fixture
def product(
    process_environment: dict[str, str], valkey: Valkey, tmp_path: Path
) -> Iterator[Product]:
    with started(process_environment, tmp_path, patience=4) as product:
        yield product
    with valkey.client() as client:
        client.flushall()  # a worker that was killed leaves what it had taken


def test_processes_that_die_cost_a_campaign_nothing(product: Product) -> None:
    found = Run(product, Plan(stations=30, percent=8, at_once=10)).go()
    assert found.wrong == []
    assert found.asked_needlessly == []
    assert found.lies == [] and found.looks > 3
    assert {kind for kind, _ in found.ends} == {"good", "silent", "refuses"}
