"""Figures for Prometheus: right, readable by its own parsers, and for nobody without the token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.message_log.tally import add_counts
from diagnostics.metrics import metrics
from diagnostics.models import Alert, Campaign, Housekeeping, LogRequest, TaskPulse
from diagnostics.models.health import hour_of
from diagnostics.services.metrics import Metric, all_metrics, one, register, sources
from diagnostics.tasks import sweep
from diagnostics.testing.factories import make_call, make_log_request
from tests.services.conftest import TellingGateway, make_station

NOW = timezone.now()
TOKEN = "figures-for-prometheus-0123456789"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class KnowingGateway(TellingGateway):
    """Knows with one statement who is connected: those with a 1 in their identity."""

    def online(self, stations: Any) -> Any:
        return stations.filter(pk__in=[each.pk for each in stations if "1" in self.identity(each)])

    def speaking(self, stations: Any, version: Any) -> Any:
        return stations if version == "2.0.1" else stations.none()


@pytest.fixture
def open_to_prometheus(db: None) -> Iterator[None]:
    path = f"{KnowingGateway.__module__}.{KnowingGateway.__qualname__}"
    given = {**settings.DIAGNOSTICS, "METRICS_TOKEN": TOKEN, "GATEWAY": path}
    with override_settings(DIAGNOSTICS=given):
        yield


def asked(authorization: str = f"Bearer {TOKEN}", accept: str = "") -> Any:
    headers = {"Authorization": authorization, "Accept": accept}
    return metrics(RequestFactory().get("/metrics", headers=headers))


def scraped(accept: str = "") -> Samples:
    """Every sample by its name and labels, as Prometheus' own parser reads it."""
    response = asked(accept=accept)
    assert response.status_code == 200
    parse: Any = openmetrics.text_string_to_metric_families if accept else None
    families = (parse or text_string_to_metric_families)(response.content.decode())
    samples = [sample for family in families for sample in family.samples]
    found = {(each.name, tuple(sorted(each.labels.items()))): each.value for each in samples}
    assert len(found) == len(samples)
    return found


def of(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_there_is_nothing_without_a_token_and_nothing_for_a_wrong_one(db: None) -> None:
    assert asked().status_code == 404
    for empty in ("", "Bearer", "Bearer "):
        assert asked(empty).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "é"])
def test_whoever_does_not_bring_the_token_is_refused(open_to_prometheus: None, given: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = asked(given)
    assert response.status_code == 401 and not queries.captured_queries
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_an_empty_database_has_figures_in_either_format(
    open_to_prometheus: None, accept: str
) -> None:
    found = scraped(accept)
    assert of(found, "diagnostics_stations") == 0
    assert of(found, "diagnostics_events_total") == 0
    assert of(found, "diagnostics_answer_seconds_bucket", le="+Inf") == 0


def test_the_figures_are_those_of_the_rows(open_to_prometheus: None) -> None:
    here, away = make_station("CS-1"), make_station("CS-2")
    make_call(here, created_at=NOW - timedelta(seconds=90))
    make_call(away, created_at=NOW - timedelta(hours=3))
    newest = make_call(here, status="Sent")
    counts = {"received": 30, "sent": 12, "unanswered": 2, "latency_0": 5, "latency_8": 1}
    add_counts({(here.pk, hour_of(timezone.now())): counts})
    add_counts({(here.pk, hour_of(NOW) - timedelta(hours=1)): {"received": 1000}})
    for number, acknowledged in enumerate([None, NOW]):
        Alert.objects.create(station=here, key=uuid4(), severity=3 * number, first_at=NOW,
                             last_at=NOW, updated_at=NOW, acknowledged_at=acknowledged)  # fmt: skip
    Campaign.objects.create(name="c", operation="Log", created_at=NOW, expires_at=NOW)
    Housekeeping.objects.create(rule="a", due_at=NOW, ended_at=NOW, unfinished=True)
    found = scraped()
    assert of(found, "diagnostics_stations") == 2
    assert of(found, "diagnostics_stations_connected", version="2.0.1") == 1
    assert of(found, "diagnostics_stations_connected", version="1.6") == 0
    assert of(found, "diagnostics_calls_waiting", station="connected") == 1
    assert of(found, "diagnostics_calls_waiting", station="away") == 1
    waited = of(found, "diagnostics_call_oldest_waiting_seconds", station="connected")
    assert 90 <= waited < 3600
    assert of(found, "diagnostics_calls_unanswered") == 1
    assert of(found, "diagnostics_calls_total") == newest.pk
    assert of(found, "diagnostics_messages_total", direction="received") == 30
    assert of(found, "diagnostics_message_faults_total", fault="unanswered") == 2
    assert of(found, "diagnostics_answer_seconds_bucket", le="0.1") == 5
    assert of(found, "diagnostics_answer_seconds_bucket", le="+Inf") == 6
    assert of(found, "diagnostics_alerts_open", severity="0", state="unseen") == 1
    assert of(found, "diagnostics_alerts_open", severity="3", state="acknowledged") == 1
    assert of(found, "diagnostics_campaigns", status="Running") == 1
    assert of(found, "diagnostics_housekeeping_rules", state="unfinished") == 1


def test_log_requests_are_counted_by_how_they_ended_within_the_hour(
    open_to_prometheus: None,
) -> None:
    station = make_station("CS-1")
    ends = [(V, NOW) for V in (LogVerdict.RECEIVED, LogVerdict.RECEIVED, LogVerdict.CLAIMED)]
    for number, (verdict, at) in enumerate([*ends, (LogVerdict.LOST, NOW - timedelta(hours=2))]):
        row = make_log_request(station, created_at=NOW - timedelta(minutes=10))
        LogRequest.objects.filter(pk=row.pk).update(verdict=verdict, settled_at=at)
        if verdict == LogVerdict.RECEIVED:
            LogRequest.objects.filter(pk=row.pk).update(received_after=20 * number + 20)
    make_log_request(station, receiving_at=timezone.now())
    found = scraped()
    name = "diagnostics_log_requests_ended_last_hour"
    assert [of(found, name, outcome=each) for each in ("Received", "Claimed", "Lost")] == [2, 1, 0]
    assert of(found, "diagnostics_log_requests_open", state="Queued") == 1
    assert of(found, "diagnostics_uploads_running") == 1
    assert of(found, "diagnostics_log_request_seconds", quantile="0.5") == 20
    assert of(found, "diagnostics_log_request_seconds", quantile="0.95") == 40


def test_the_last_sweep_is_told_so_that_a_standstill_is_seen(open_to_prometheus: None) -> None:
    name = "diagnostics_task_ended_timestamp_seconds"
    assert (name, (("task", "sweep"),)) not in scraped()
    sweep()
    ended = of(scraped(), name, task="sweep")
    assert ended == pytest.approx(timezone.now().timestamp(), abs=60)
    assert TaskPulse.objects.get().seconds > 0


def test_a_gateway_that_would_be_asked_one_by_one_is_not_asked(
    db: None, gateway: TellingGateway
) -> None:
    make_call(make_station("CS-1"))
    found = {each.name: each for each in all_metrics()}
    assert "diagnostics_stations_connected" not in found
    waiting = found["diagnostics_calls_waiting"]
    assert isinstance(waiting, Metric) and waiting.values == {("unknown",): 1}


def tariffs() -> list[Metric]:
    return [one("host_tariffs", "Tariffs of the host.", 7)]


def test_other_apps_add_what_they_know(open_to_prometheus: None) -> None:
    known = list(sources)
    for _ in range(2):
        register(tariffs)
    try:
        assert of(scraped(), "host_tariffs") == 7
    finally:
        sources[:] = known
