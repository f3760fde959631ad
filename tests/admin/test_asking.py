"""The form for one station, the confirmations, and the action for many."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from diagnostics import tasks
from diagnostics.admin.fleet import actions
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import LogRequest
from diagnostics.services.fleet import capabilities
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.conftest import Staff, page_of, text_of
from tests.servers.valkey import Valkey

FORM = "/admin/diagnostics/logrequest/request/"
STATIONS = "/admin/stations/chargingstation/"

FILLED = {"identity": "CS-1", "log_type": "DiagnosticsLog", "span": "day"}


def test_the_form_comes_filled(root: Client, station: ChargingStation) -> None:
    page = root.get(f"{FORM}?station={station.pk}").content.decode()
    assert 'value="CS-1"' in page
    assert '<option value="day" selected>' in page
    assert 'value="DiagnosticsLog" checked' in page


def test_asking_leads_to_the_page_of_the_request(root: Client, station: ChargingStation) -> None:
    response = root.post(FORM, FILLED)
    row = LogRequest.objects.get()
    assert response["Location"] == page_of(row)
    assert row.requested_by is not None
    assert row.oldest is not None and timezone.now() - row.oldest >= timedelta(hours=24)
    assert row.latest is None


def test_a_span_of_ones_own_and_the_advanced_fields_are_taken(
    root: Client, station: ChargingStation
) -> None:
    own = {"span": "span", "oldest": "2026-03-01T08:00", "latest": "2026-03-01T09:00"}
    root.post(FORM, {**FILLED, **own, "retries": 3, "retry_interval": 20, "wait_hours": 2})
    row = LogRequest.objects.get()
    assert row.oldest is not None and row.latest is not None
    assert row.latest - row.oldest == timedelta(hours=1)
    assert (row.retries, row.retry_interval) == (3, 20)
    assert row.expires_at - row.created_at == timedelta(hours=2)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"identity": "NOBODY"}, "No station has this identity."),
        ({"log_type": "DataCollectorLog"}, "has no DataCollectorLog"),
        ({"span": "span"}, "Give at least one end of the span."),
        (
            {"span": "span", "oldest": "2026-03-02T08:00", "latest": "2026-03-01T08:00"},
            "The span ends before it begins",
        ),
        ({"retries": "-1"}, "greater than or equal to 1"),
    ],
)
def test_mistakes_are_sentences_at_the_form(
    root: Client, station: ChargingStation, changed: dict[str, str], sentence: str
) -> None:
    assert sentence in text_of(root.post(FORM, {**FILLED, **changed}))
    assert not LogRequest.objects.exists()


def test_what_a_version_lacks_is_greyed_with_the_reason(
    root: Client, station: ChargingStation
) -> None:
    page = root.get(f"{FORM}?station={station.pk}").content.decode()
    assert 'value="DataCollectorLog" disabled' in page
    assert "OCPP 2.0.1, which this station speaks, has no DataCollectorLog." in page


def test_canceling_and_asking_again(root: Client, row: LogRequest) -> None:
    assert "was not asked yet" in text_of(root.get(page_of(row, "cancel/")))
    row.calls.update(sent_at=timezone.now())
    assert "no way to stop an upload" in text_of(root.get(page_of(row, "cancel/")))
    assert root.post(page_of(row, "cancel/"))["Location"] == page_of(row)
    row.refresh_from_db()
    assert row.verdict == LogVerdict.CANCELED
    assert "has ended already" in text_of(root.post(page_of(row, "cancel/"), follow=True))
    again = root.post(page_of(row, "again/"))
    newest = LogRequest.objects.latest("pk")
    assert again["Location"] == page_of(newest) != page_of(row)
    assert newest.oldest == row.oldest


def action(client: Client, stations: list[ChargingStation], **more: Any) -> Any:
    pks = [station.pk for station in stations]
    data = {"action": "request_logs_action", "_selected_action": pks, **more}
    return client.post(STATIONS, data, follow=True)


@pytest.fixture
def fleet(station: ChargingStation) -> list[ChargingStation]:
    """CS-1 with 2.0.1, CS-2 with 2.1, and an old one that knows no GetLog."""
    newer = register_station("CS-2", security_profile=0)[0]
    newer.ocpp_version = "2.1"
    newer.save()
    old = register_station("OLD-1", security_profile=0)[0]
    old.ocpp_version = "1.6"
    old.save()
    capabilities.learn(old.pk, "GetLog", known=False)
    return [station, newer, old]


def test_the_action_says_who_can_be_asked_and_why_others_cannot(
    root: Client, fleet: list[ChargingStation]
) -> None:
    first = text_of(action(root, fleet))
    assert "3 stations are selected" in first
    assert "3 of them are away" in first
    security = text_of(action(root, fleet, log_type="SecurityLog", span="day", again="1"))
    assert "2 can be asked" in security
    assert "without the security extension" in security
    assert "OLD-1" in security
    assert not LogRequest.objects.exists()


def test_the_action_asks_those_who_can(root: Client, fleet: list[ChargingStation]) -> None:
    done = text_of(action(root, fleet, log_type="SecurityLog", span="all", apply="1"))
    assert "Asked 2 stations." in done
    assert {row.station_id for row in LogRequest.objects.all()} == {
        fleet[0].pk,
        fleet[1].pk,
    }


def test_many_are_asked_in_the_background_in_batches(
    root: Client, fleet: list[ChargingStation], monkeypatch: pytest.MonkeyPatch, valkey: Valkey
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    done = text_of(action(root, fleet, log_type="DiagnosticsLog", span="day", apply="1"))
    assert "3 stations are being asked in the background" in done
    with valkey.client() as broker:
        messages = [json.loads(text) for text in broker.lrange("celery", 0, -1)]
    assert [message["headers"]["task"] for message in messages] == [actions.TASK] * 2
    for message in messages:
        args, kwargs, _ = json.loads(b64decode(message["body"]))
        assert len(args[0]) <= 2
        tasks.request_logs(*args, **kwargs)
    assert LogRequest.objects.count() == 3
    assert all(row.requested_by and row.oldest for row in LogRequest.objects.all())


def test_the_action_is_not_offered_to_those_who_may_not_ask(
    staff: Staff, station: ChargingStation
) -> None:
    looker = staff("stations.view_chargingstation")
    assert "request_logs_action" not in looker.get(STATIONS).content.decode()
    assert "Request a log" not in text_of(action(looker, [station]))
    asker = staff("stations.view_chargingstation", "diagnostics.request_log")
    assert "request_logs_action" in asker.get(STATIONS).content.decode()


def test_a_broker_that_is_away_is_a_sentence(
    root: Client, fleet: list[ChargingStation], monkeypatch: pytest.MonkeyPatch, valkey: Valkey
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    valkey.stop()
    done = text_of(action(root, fleet, log_type="DiagnosticsLog", span="day", apply="1"))
    assert "Nothing was asked" in done
