"""Alerts, reports and customer information in a real browser; the station is played by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Page, expect

from diagnostics.models import Report
from stations.models import ChargingStation
from stations.services import register_station
from tests.browser.test_operator import elsewhere
from tests.failures.station import HandStation

pytestmark = pytest.mark.browser

NOW = "2026-03-02T09:10:01Z"
SENSOR = {"component": {"name": "TemperatureSensor", "instance": "Cabinet"}}
TEMPERATURE = {**SENSOR, "variable": {"name": "Temperature"}}
TOKEN = "04A2B3C4D5E680"


@pytest.fixture
def station(asgi_server: str, running: str) -> Iterator[HandStation]:
    password = elsewhere(lambda: register_station("CS-1")[1])
    assert password
    with HandStation(asgi_server, "CS-1", password) as station:
        yield station.connect().boot()


def page_of(asgi_server: str, tab: str) -> str:
    key = elsewhere(lambda: ChargingStation.objects.get().pk)
    return f"{asgi_server}/admin/stations/chargingstation/{key}/change/?tab={tab}"


def tells(station: HandStation, event_id: int, value: str, *, cleared: bool = False) -> None:
    entry: dict[str, Any] = {
        "eventId": event_id,
        "timestamp": f"2026-03-02T09:1{event_id}:00Z",
        "trigger": "Alerting",
        "actualValue": value,
        "variableMonitoringId": 101,
        "eventNotificationType": "CustomMonitor",
        **TEMPERATURE,
    }
    if cleared:
        entry["cleared"] = True
    burst = {"generatedAt": NOW, "seqNo": 0, "eventData": [entry]}
    assert station.call("NotifyEvent", burst) == {}


def test_a_monitor_is_set_its_alert_comes_is_acknowledged_and_clears(
    operator: Page, asgi_server: str, station: HandStation
) -> None:
    operator.goto(page_of(asgi_server, "monitors"))
    operator.click("text=Set monitors")
    operator.fill("#id_m0-component", "TemperatureSensor")
    operator.fill("#id_m0-instance", "Cabinet")
    operator.fill("#id_m0-variable", "Temperature")
    operator.select_option("#id_m0-type", "UpperThreshold")
    operator.fill("#id_m0-value", "75.5")
    operator.select_option("#id_m0-severity", "4")
    operator.click("input[value=Set]")
    call = station.expect("SetVariableMonitoring")
    wanted = call[3]["setMonitoringData"][0]
    assert (wanted["type"], wanted["value"], wanted["severity"]) == ("UpperThreshold", 75.5, 4)
    result = {"id": 101, "status": "Accepted", "type": "UpperThreshold", "severity": 4}
    station.answer(call, {"setMonitoringResult": [{**result, **TEMPERATURE}]})
    expect(operator.locator("[data-part=list]")).to_contain_text("Active")

    operator.goto(f"{asgi_server}/admin/diagnostics/alert/")
    tells(station, 1, "78.0")
    expect(operator.locator("[data-new]")).to_be_visible()
    operator.click("[data-new] a")
    operator.click("#result_list a >> text=Temperature")
    expect(operator.locator("[data-part=head]")).to_contain_text("4 Error")
    operator.fill("#id_note", "van is on its way")
    operator.click("input[value=Acknowledge]")
    expect(operator.locator(".dx-verdict")).to_contain_text("van is on its way")

    operator.evaluate("window.stayed = true")
    tells(station, 2, "70.5", cleared=True)
    expect(operator.locator(".dx-verdict")).to_contain_text("Cleared")
    assert operator.evaluate("window.stayed") is True


def test_a_monitoring_report_of_three_parts_arrives_while_one_looks(
    operator: Page, asgi_server: str, station: HandStation
) -> None:
    operator.goto(page_of(asgi_server, "monitors"))
    operator.click("text=Read from the station")
    operator.click("input[type=submit] >> nth=-1")
    call = station.expect("GetMonitoringReport")
    assert set(call[3]) == {"requestId"}
    station.answer(call, {"status": "Accepted"})
    report = elsewhere(lambda: Report.objects.get().pk)
    operator.goto(f"{asgi_server}/admin/diagnostics/report/{report}/change/")
    operator.evaluate("window.stayed = true")
    for seq_no in range(3):
        monitor = {"id": 101 + seq_no, "transaction": False, "value": 75.5 + seq_no}
        kind = {"type": "UpperThreshold", "severity": 4 + seq_no}
        part = {
            "requestId": call[3]["requestId"],
            "seqNo": seq_no,
            "tbc": seq_no < 2,
            "generatedAt": NOW,
            "monitor": [{**TEMPERATURE, "variableMonitoring": [{**monitor, **kind}]}],
        }
        assert station.call("NotifyMonitoringReport", part) == {}
    expect(operator.locator(".dx-verdict")).to_contain_text("Complete: 3 parts")
    assert operator.evaluate("window.stayed") is True
    operator.goto(page_of(asgi_server, "monitors"))
    expect(operator.locator("[data-part=list] tbody tr").filter(has_text="Active")).to_have_count(3)


def test_customer_information_is_asked_for_and_opened_only_with_the_permission(
    operator: Page, asgi_server: str, station: HandStation
) -> None:
    operator.goto(page_of(asgi_server, "customers"))
    operator.click("text=Ask for customer information")
    operator.fill("#id_id_token", TOKEN)
    operator.fill("#id_purpose", "access request 7")
    operator.click("input[value='Ask the station']")
    call = station.expect("CustomerInformation")
    assert call[3]["idToken"] == {"idToken": TOKEN, "type": "ISO14443"}
    station.answer(call, {"status": "Accepted"})
    part = {"requestId": call[3]["requestId"], "seqNo": 0, "generatedAt": NOW}
    assert station.call("NotifyCustomerInformation", {**part, "data": "last used in May"}) == {}
    expect(operator.locator("#dx-open")).to_be_visible()
    expect(operator.locator("#content")).not_to_contain_text("last used in May")
    here = operator.url
    operator.click("#dx-open")
    expect(operator.locator("#dx-text")).to_contain_text("last used in May")

    elsewhere(lambda: demote("diagnostics.read_customer_information"))
    operator.goto(here)
    expect(operator.locator("#dx-open")).to_have_count(0)
    expect(operator.locator("#content")).to_contain_text("You may not read it")
    expect(operator.locator("#content")).not_to_contain_text("last used in May")


def demote(permission: str) -> None:
    """The operator is no superuser any more, and may do everything but this."""
    user = User.objects.get(username="operator")
    user.is_superuser, user.is_staff = False, True
    user.save()
    others = Permission.objects.exclude(codename=permission.partition(".")[2])
    user.user_permissions.set(others)
