"""/metrics of the runnable project: with what the station app knows, in few statements."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from stations.models import ServerProcess, StationConnection
from stations.services import register_station

TOKEN = "figures-for-prometheus-0123456789"


@pytest.fixture
def scrape(client: Client, db: None) -> Any:
    def ask() -> dict[str, float]:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200, response.content
        families = text_string_to_metric_families(response.content.decode())
        return {
            "".join([sample.name, *sorted(sample.labels.values())]): sample.value
            for family in families
            for sample in family.samples
        }

    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "METRICS_TOKEN": TOKEN}):
        yield ask


def test_it_is_off_by_default(client: Client, db: None) -> None:
    assert client.get("/metrics").status_code == 404


def test_stations_are_counted_by_the_version_that_they_speak(scrape: Any) -> None:
    now = timezone.now()
    server = ServerProcess.objects.create(host="h", pid=1, started_at=now, heartbeat_at=now)
    for number, version in enumerate(["1.6", "2.0.1", "2.0.1", "2.1"]):
        station = register_station(f"CS-{number}", security_profile=0)[0]
        station.ocpp_version = version
        station.save()
        if version != "2.1":
            StationConnection.objects.create(
                station=station, server=server, opened_at=now, is_encrypted=version == "1.6"
            )
    found = scrape()
    connected = [found[f"diagnostics_stations_connected{each}"] for each in ("1.6", "2.0.1", "2.1")]
    assert connected == [1, 2, 0] and found["diagnostics_stations"] == 4
    assert found["stations_server_processes"] == 1
    assert (found["stations_sockets_openyes"], found["stations_sockets_openno"]) == (1, 2)
    with CaptureQueriesContext(connection) as queries:
        scrape()
    assert len(queries) < 40
