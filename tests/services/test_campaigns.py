"""One operation over many stations: paced, in waves, within hours, and nobody twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import (
    Campaign,
    CampaignStation,
    LogRequest,
    NotificationRoute,
    NotificationTarget,
    OutboundCall,
    StationGroup,
)
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import campaigns, logs
from diagnostics.services.calls import delivery
from diagnostics.services.campaigns import asking as campaign_asking
from diagnostics.services.campaigns import driver as campaign_driver
from diagnostics.services.fleet import groups
from diagnostics.wording.notifications import compose
from tests.services.campaigning import Fleet, FleetGateway, OneByOneGateway, counts, reasons, run
from tests.services.test_logs import brings, says

DAY = timedelta(days=1)


@pytest.fixture(params=[FleetGateway])
def fleet(db: None, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    path = f"{request.param.__module__}.{request.param.__qualname__}"
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "GATEWAY": path}):
        yield Fleet(get_gateway())


def test_no_more_are_asked_at_once_than_was_said(fleet: Fleet) -> None:
    campaign = fleet.grow(5).campaign(at_once=2)
    run(campaign)
    assert counts(campaign) == {"Asked": 2, "Waiting": 3}
    assert fleet.answer(most=1) == 1
    run(campaign)
    assert counts(campaign) == {"Succeeded": 1, "Asked": 2, "Waiting": 2}
    while fleet.answer():
        run(campaign)
    assert counts(campaign) == {"Succeeded": 5}
    assert campaign.status == "Complete" and campaign.ended_at is not None
    assert OutboundCall.objects.count() == 5


def test_that_it_is_over_is_told_to_those_who_want_to_hear_it(fleet: Fleet) -> None:
    target = NotificationTarget.objects.create(name="Boss", kind="Email", address="a@example.com")
    NotificationRoute.objects.create(name="Over", kinds=["Campaign"]).targets.add(target)
    campaign = run(fleet.grow(2).campaign())
    assert not target.deliveries.exists()
    while fleet.answer():
        run(campaign)
    message = compose(target.deliveries.get())
    assert message.subject == f"Campaign {campaign} is over: 2 of 2 stations succeeded"
    assert reverse("admin:diagnostics_campaign_change", args=[campaign.pk]) in message.text


def test_a_group_has_a_limit_of_its_own(fleet: Fleet) -> None:
    fleet.grow(6)
    site = StationGroup.objects.create(name="Berlin")
    groups.add_stations(group=site, stations=fleet.stations[:4])
    campaign = run(fleet.campaign(at_once_per_group=1))
    asked = CampaignStation.objects.filter(campaign=campaign).asked()
    assert asked.filter(pace_group=site).count() == 1
    assert asked.filter(pace_group=None).count() == 2
    while fleet.answer():
        run(campaign)
    assert counts(campaign) == {"Succeeded": 6}


def test_starts_are_spread_over_time(fleet: Fleet) -> None:
    campaign = fleet.grow(8).campaign(per_second=2)
    now = timezone.now()
    asked = [counts(run(campaign, now + timedelta(seconds=s))).get("Asked", 0) for s in range(3)]
    assert asked == [2, 2, 4]
    # Time in which nothing could be asked is not made up for without end.
    Campaign.objects.update(paced_until=now - timedelta(hours=1))
    assert campaign_asking._allowance(Campaign.objects.get(), now) == 10


def test_who_cannot_is_left_out_with_the_reason(fleet: Fleet) -> None:
    fleet.grow(3)
    fleet.gateway.others[fleet.stations[1].pk] = OcppVersion.V16
    wanted = {"operation": "MonitoringLevel", "params": {"severity": 4}}
    found = campaigns.survey(stations=fleet.all, **wanted)
    assert (found.able, found.away, found.unable) == (2, 0, 1)
    assert found.some == {next(iter(found.refused)): [fleet.stations[1]]}
    campaign = run(fleet.campaign(**wanted))
    assert reasons(campaign)[1] == ("Skipped", "Cannot")
    left_out = CampaignStation.objects.get(state="Skipped")
    assert "1.6" in left_out.info
    fleet.answer()
    assert counts(run(campaign)) == {"Succeeded": 2, "Skipped": 1}


def test_nobody_who_can_is_refused_in_a_sentence(fleet: Fleet) -> None:
    with pytest.raises(RequestRefused, match="no station like that"):
        fleet.campaign()
    fleet.gateway.spoken = OcppVersion.V16
    with pytest.raises(RequestRefused, match=r"OCPP 1\.6"):
        fleet.grow(1).campaign("MonitoringBase", params={"base": "All"})
    with pytest.raises(RequestRefused, match="no operation"):
        fleet.campaign("Explode")
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("params", [
    {"variables": [{"component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"}, "value": "x"}]},
])  # fmt: skip
def test_secrets_and_customers_are_no_matter_of_campaigns(fleet: Fleet, params: Any) -> None:
    with pytest.raises(RequestRefused, match="no passwords"):
        fleet.grow(1).campaign("SetVariables", params=params)
    customer = {"requestId": 1, "report": True, "clear": False, "customerIdentifier": "x"}
    with pytest.raises(RequestRefused, match="personal data"):
        fleet.campaign("Call", params={"action": "CustomerInformation", "payload": customer})


def test_the_first_wave_is_looked_at_before_the_others(fleet: Fleet) -> None:
    campaign = run(fleet.grow(10).campaign(first_wave=20, first_wave_percent=True))
    assert counts(campaign) == {"Asked": 2, "Waiting": 8}
    fleet.answer()
    run(campaign)
    assert (campaign.status, campaign.held_because) == ("Held", "ByHand")
    campaigns.go_on(campaign)
    run(campaign)
    assert counts(campaign) == {"Succeeded": 2, "Asked": 8}
    with pytest.raises(RequestClosed):
        campaigns.go_on(campaign)


@pytest.mark.parametrize(("word", "status"), [("Accepted", "Running"), ("Rejected", "Held")])
def test_a_campaign_goes_on_by_itself_when_enough_succeeded(
    fleet: Fleet, word: str, status: str
) -> None:
    wanted = {"first_wave": 2, "advance": "ByRate", "success_rate": 60, "attempts": 1}
    campaign = run(fleet.grow(5).campaign(**wanted))
    fleet.answer(most=1)
    fleet.answer({"status": word})
    run(campaign)
    assert campaign.status == status
    assert campaign.held_because == ("" if status == "Running" else "Rate")


def test_the_first_wave_is_taken_from_those_who_are_there(fleet: Fleet) -> None:
    fleet.grow(6)
    fleet.gateway.away = {each.pk for each in fleet.stations[:4]}
    campaign = fleet.campaign(first_wave=2)
    first = CampaignStation.objects.filter(campaign=campaign, wave=1)
    assert {row.station_id for row in first} == {each.pk for each in fleet.stations[4:]}


def test_one_that_is_held_waits_for_people_as_long_as_it_takes(fleet: Fleet) -> None:
    campaign = run(fleet.grow(3).campaign(first_wave=1))
    fleet.answer()
    run(campaign)
    run(campaign, timezone.now() + 3 * DAY)
    assert counts(campaign) == {"Succeeded": 1, "Waiting": 2} and campaign.status == "Held"
    Campaign.objects.update(expires_at=timezone.now() - DAY)
    campaigns.go_on(campaign)
    assert counts(run(campaign)) == {"Succeeded": 1, "Asked": 2}


def test_nobody_is_asked_outside_of_the_hours(fleet: Fleet) -> None:
    window = {"window_from": time(22), "window_to": time(5), "time_zone": "Europe/Berlin"}
    campaign = fleet.grow(2).campaign(**window, now=datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert counts(run(campaign, datetime(2026, 3, 2, 20, 59, tzinfo=UTC))) == {"Waiting": 2}
    assert counts(run(campaign, datetime(2026, 3, 2, 21, 1, tzinfo=UTC))) == {"Asked": 2}


def test_who_is_away_is_asked_on_return_until_the_time_is_over(fleet: Fleet) -> None:
    fleet.grow(3)
    fleet.gateway.away = {fleet.stations[0].pk, fleet.stations[1].pk}
    campaign = run(fleet.campaign(at_once=1))
    fleet.answer()
    assert counts(run(campaign)) == {"Succeeded": 1, "Waiting": 2}
    fleet.gateway.away.discard(fleet.stations[0].pk)
    run(campaign)
    fleet.answer()
    run(campaign, timezone.now() + DAY + timedelta(minutes=1))
    assert reasons(campaign) == [("Succeeded", "Accepted"), ("Expired", "Away"),
                                 ("Succeeded", "Accepted")]  # fmt: skip
    assert campaign.status == "Complete"


def test_who_left_after_being_asked_does_not_hold_up_the_others(fleet: Fleet) -> None:
    campaign = run(fleet.grow(2).campaign(at_once=1))
    fleet.gateway.away = {fleet.stations[0].pk}
    assert counts(run(campaign)) == {"Asked": 1, "Waiting": 1}
    assert counts(run(campaign, timezone.now() + timedelta(minutes=6))) == {"Asked": 2}
    fleet.answer()
    run(campaign, timezone.now() + DAY + timedelta(minutes=1))
    assert reasons(campaign) == [("Expired", "Away"), ("Succeeded", "Accepted")]
    assert OutboundCall.objects.get(station=fleet.stations[0]).status == "Canceled"


@pytest.mark.parametrize("fleet", [OneByOneGateway], indirect=True)
def test_a_gateway_that_is_asked_one_by_one_will_do(fleet: Fleet) -> None:
    fleet.grow(3)
    fleet.gateway.away = {fleet.stations[0].pk}
    campaign = run(fleet.campaign())
    assert counts(campaign) == {"Waiting": 1, "Asked": 2}
    fleet.gateway.away.clear()
    assert counts(run(campaign)) == {"Waiting": 1, "Asked": 2}
    assert counts(run(campaign, timezone.now() + timedelta(minutes=1))) == {"Asked": 3}


def test_failures_are_tried_again_later_where_that_does_no_harm(fleet: Fleet) -> None:
    campaign = run(fleet.grow(1).campaign(attempts=3, retry_minutes=5))
    begun, asked = timezone.now(), []
    for minute in range(30):
        run(campaign, begun + timedelta(minutes=minute))
        if fleet.answer({"status": "Rejected"}):
            asked.append(minute)
        run(campaign, begun + timedelta(minutes=minute))
    assert asked == [0, 5, 15]
    assert reasons(campaign) == [("Failed", "Rejected")]


def test_a_call_of_unknown_effect_is_not_repeated(fleet: Fleet) -> None:
    call = {"action": "ClearCache", "payload": {}}
    campaign = run(fleet.grow(1).campaign("Call", params=call, attempts=3))
    fleet.answer({"status": "Rejected"})
    assert counts(run(campaign)) == {"Failed": 1}


def test_what_a_station_does_not_know_is_not_asked_again(fleet: Fleet) -> None:
    campaign = run(fleet.grow(1).campaign(attempts=3))
    fleet.answer({"status": "NotImplemented"})
    assert reasons(run(campaign)) == [("Failed", "NotImplemented")]


def test_pause_stops_asking_and_resume_goes_on(fleet: Fleet) -> None:
    campaign = run(fleet.grow(3).campaign(at_once=1))
    campaigns.pause_campaign(campaign)
    fleet.answer()
    assert counts(run(campaign)) == {"Succeeded": 1, "Waiting": 2}
    with pytest.raises(RequestClosed):
        campaigns.pause_campaign(campaign)
    campaigns.resume_campaign(campaign)
    assert counts(run(campaign)) == {"Succeeded": 1, "Asked": 1, "Waiting": 1}
    with pytest.raises(RequestClosed):
        campaigns.resume_campaign(campaign)


def test_cancel_takes_back_what_was_not_sent_and_hears_the_rest(fleet: Fleet) -> None:
    campaign = run(fleet.grow(4).campaign("Log", params={"log_type": "DiagnosticsLog"}, at_once=3))
    sent = fleet.takes(fleet.stations[0])
    campaigns.cancel_campaign(campaign)
    run(campaign)
    assert counts(campaign) == {"Canceled": 3, "Asked": 1}
    assert campaign.ended_at is None
    verdicts = LogRequest.objects.order_by("pk").values_list("verdict", flat=True)
    assert list(verdicts) == ["Sent", "Canceled", "Canceled"]
    logs.cancel_log(LogRequest.objects.get(call=sent))
    run(campaign)
    assert campaign.ended_at is not None and campaign.status == "Canceled"
    with pytest.raises(RequestClosed):
        campaigns.cancel_campaign(campaign)
    with pytest.raises(RequestClosed):
        campaigns.retry_failed(campaign)


def test_the_failed_can_be_asked_again_in_place_and_all_as_a_new_campaign(fleet: Fleet) -> None:
    campaign = run(fleet.grow(3).campaign(attempts=1))
    fleet.answer(most=1)
    fleet.answer({"status": "Rejected"})
    assert counts(run(campaign)) == {"Succeeded": 1, "Failed": 2}
    assert campaigns.retry_failed(campaign) == 2
    run(campaign)
    fleet.answer()
    assert counts(run(campaign)) == {"Succeeded": 3}
    with pytest.raises(RequestClosed):
        campaigns.retry_failed(campaign)
    again = run(campaigns.run_again(campaign))
    assert (again.again_of, again.attempts, counts(again)) == (campaign, 1, {"Asked": 3})


LOG = {"operation": "Log", "params": {"log_type": "DiagnosticsLog"}}


def loses(fleet: Fleet) -> LogRequest:
    """The one station is asked and does not answer in time."""
    call = fleet.takes(fleet.stations[0])
    delivery.record_timeout(call.station, call.message_id)
    request: LogRequest = LogRequest.objects.get(call=call)
    assert request.verdict == "Lost"
    return request


@pytest.mark.parametrize(("attempts", "before"), [(1, "Failed"), (2, "Waiting")])
def test_a_file_that_comes_late_is_counted_and_not_asked_for_again(
    fleet: Fleet, attempts: int, before: str
) -> None:
    campaign = run(fleet.grow(1).campaign(**LOG, attempts=attempts))
    request = loses(fleet)
    assert counts(run(campaign)) == {before: 1}
    brings(request)
    assert reasons(run(campaign)) == [("Succeeded", "ReceivedUnconfirmed")]
    assert campaign.status == "Complete"
    says(request, "Uploaded")
    assert reasons(campaign) == [("Succeeded", "Received")]
    run(campaign, timezone.now() + DAY)
    assert LogRequest.objects.count() == 1


def test_a_log_that_is_on_its_way_after_all_is_waited_for(fleet: Fleet) -> None:
    campaign = run(fleet.grow(1).campaign(**LOG, attempts=2, retry_minutes=5))
    request = loses(fleet)
    assert counts(run(campaign)) == {"Waiting": 1}
    says(request, "Uploading")
    in_an_hour = timezone.now() + timedelta(hours=1)
    assert counts(run(campaign, in_an_hour)) == {"Asked": 1}
    assert LogRequest.objects.count() == 1
    says(request, "UploadFailure")
    assert reasons(run(campaign)) == [("Waiting", "Failed.UploadFailure")]
    assert counts(run(campaign, in_an_hour)) == {"Asked": 1}
    assert LogRequest.objects.count() == 2
    # What was asked anew is judged by what comes of it, also where the first comes in the end.
    brings(request)
    assert counts(run(campaign)) == {"Asked": 1}


def test_one_station_that_breaks_stops_nobody_else(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.grow(3)
    usual = FleetGateway.version

    def breaks(self: Any, station: Any) -> Any:
        if station.pk == fleet.stations[1].pk:
            raise KeyError("what a host's gateway may do")
        return usual(self, station)

    campaign = fleet.campaign()
    monkeypatch.setattr(FleetGateway, "version", breaks)
    assert reasons(run(campaign))[1] == ("Failed", "Broken")
    assert counts(campaign) == {"Asked": 2, "Failed": 1}


@pytest.mark.parametrize(("operation", "params", "answer", "reason"), [
    ("MonitoringBase", {"base": "All"}, {"status": "NotSupported"}, "NotSupported"),
    ("MonitoringLevel", {"severity": 4}, {"status": "Accepted"}, "Accepted"),
    ("BaseReport", {"report_base": "FullInventory"}, {"status": "Rejected"}, "Rejected"),
    ("MonitoringReport", {}, {"status": "EmptyResultSet"}, "EmptyResultSet"),
    ("Log", {"hours": 24}, {"status": "Rejected"}, "Rejected"),
    ("SetVariables",
     {"variables": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "Retry"},
                     "value": "3"}]},
     {"setVariableResult": [{"component": {"name": "OCPPCommCtrlr"},
                             "variable": {"name": "Retry"},
                             "attributeStatus": "UnknownVariable"}]}, "UnknownVariable"),
    ("SetMonitors",
     {"monitors": [{"component": {"name": "Cabinet"}, "variable": {"name": "Temperature"},
                    "type": "UpperThreshold", "value": 70, "severity": 3}]},
     {"setMonitoringResult": [{"component": {"name": "Cabinet"}, "id": 7, "severity": 3,
                               "variable": {"name": "Temperature"}, "status": "Accepted",
                               "type": "UpperThreshold"}]}, "Active"),
    ("Call", {"action": "ClearCache", "payload": {}}, {"status": "Accepted"}, "Accepted"),
])  # fmt: skip
def test_every_operation_is_judged_by_what_came_of_it(
    fleet: Fleet, operation: str, params: Any, answer: Any, reason: str
) -> None:
    campaign = run(fleet.grow(1).campaign(operation, params=params, attempts=1))
    assert fleet.answer(answer) == 1
    run(campaign)
    good = {"Accepted", "EmptyResultSet", "Active"}
    assert reasons(campaign) == [("Succeeded" if reason in good else "Failed", reason)]


def test_monitors_are_set_once_and_cleared_by_what_they_watch(fleet: Fleet) -> None:
    wanted = {"component": {"name": "Cabinet"}, "variable": {"name": "Temperature"}}
    spec = {**wanted, "type": "UpperThreshold", "value": 70.0, "severity": 3}
    result = {**wanted, "type": "UpperThreshold", "severity": 3, "id": 7, "status": "Accepted"}
    run(fleet.grow(1).campaign("SetMonitors", params={"monitors": [spec]}))
    fleet.answer({"setMonitoringResult": [result]})
    again = run(fleet.campaign("SetMonitors", params={"monitors": [spec]}))
    assert CampaignStation.objects.get(campaign=again).info.startswith("All of these monitors run")
    clear = run(fleet.campaign("ClearMonitors", params={"named": [wanted]}))
    fleet.answer({"clearMonitoringResult": [{"id": 7, "status": "Accepted"}]})
    assert counts(run(clear)) == {"Succeeded": 1}
    nothing = run(fleet.campaign("ClearMonitors", params={"all": True}))
    assert counts(nothing) == {"Skipped": 1}


def test_what_was_deleted_meanwhile_counts_as_failed(fleet: Fleet) -> None:
    campaign = run(fleet.grow(1).campaign(attempts=1))
    OutboundCall.objects.all().delete()
    assert reasons(run(campaign)) == [("Failed", "Gone")]


def test_a_campaign_that_cannot_go_on_holds_up_no_other(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.grow(1)
    broken = fleet.campaign(window_from=time(8), window_to=time(9))
    good = fleet.campaign()
    Campaign.objects.filter(pk=broken.pk).update(time_zone="Atlantis")
    campaign_driver.run_campaigns()
    assert (counts(broken), counts(good)) == ({"Waiting": 1}, {"Asked": 1})
    assert f"Campaign {broken.pk} could not go on" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_workers_that_step_at_once_ask_nobody_twice(fleet: Fleet) -> None:
    campaign = fleet.grow(30).campaign(at_once=30)

    def work() -> None:
        campaign_driver.run_campaigns()
        connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(campaign) == {"Asked": 30}
    assert OutboundCall.objects.count() == 30


def test_ten_thousand_are_written_by_few_statements(
    fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite takes only so many values at a time")
    fleet.grow(1)
    model = type(fleet.stations[0])
    name = "identity" if hasattr(fleet.stations[0], "identity") else "box_id"
    model._default_manager.bulk_create(model(**{name: f"N-{n}"}) for n in range(3000))
    with django_assert_max_num_queries(60):
        campaign = campaigns.start_campaign(
            name="All",
            operation="Trigger",
            params={"message": "Heartbeat"},
            stations=model._default_manager.all(),
        )
    assert counts(campaign) == {"Waiting": 3001}
