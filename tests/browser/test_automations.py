"""An automation is made at an alert, and pulls the log of the next one while its page is open."""

from __future__ import annotations

import os

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from diagnostics import inbound
from diagnostics.models import Alert, LogRequest
from diagnostics.services.automations.runs import run_automations
from stations.models import ChargingStation
from tests.browser.test_operator import elsewhere
from tests.commands.conftest import Simulate
from tests.servers.processes import wait_until

pytestmark = pytest.mark.browser


def test_the_next_alert_brings_the_log_by_itself(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1")
    elsewhere(lambda: heats(station, 1))
    alert = elsewhere(lambda: Alert.objects.latest("pk"))
    operator.goto(f"{asgi_server}/admin/diagnostics/alert/{alert.pk}/change/")
    operator.click("#dx-automate")
    expect(operator.locator("[data-preview]")).to_contain_text("It would have acted once")
    expect(operator.locator(".field-away_minutes")).to_be_hidden()
    shot(operator, "form")
    operator.select_option("#id_trigger", "Away")
    expect(operator.locator(".field-component")).to_be_hidden()
    expect(operator.locator(".field-away_minutes")).to_be_visible()
    operator.select_option("#id_trigger", "AlertOpened")
    operator.click("[name=_continue]")
    expect(operator.locator("[data-part=firings]")).to_contain_text("Nothing yet")
    operator.evaluate("window.stayed = true")
    elsewhere(lambda: heats(station, 2))
    elsewhere(run_automations)
    did = operator.locator("[data-part=firings]")
    expect(did).to_contain_text("Asked for a log.")
    assert operator.evaluate("window.stayed") is True
    shot(operator, "fired")
    here = LogRequest.objects.filter(verdict="Received")
    wait_until(lambda: elsewhere(here.exists), "the log of the alert is here")
    did.locator("a", has_text="alert").click()
    expect(operator.locator("[data-part=automations]")).to_contain_text("Asked for a log.")
    shot(operator, "alert")
    operator.goto(f"{asgi_server}/admin/diagnostics/automation/")
    shot(operator, "list")
    operator.goto(f"{asgi_server}/admin/diagnostics/automationfiring/")
    shot(operator, "firings")


def heats(station: ChargingStation, event_id: int) -> None:
    now = timezone.now().isoformat()
    entry = {
        "eventId": event_id, "timestamp": now, "trigger": "Alerting", "actualValue": "78.0",
        "variableMonitoringId": 100 + event_id, "eventNotificationType": "CustomMonitor",
        "component": {"name": "TemperatureSensor"}, "variable": {"name": "Temperature"},
        "severity": 3,
    }  # fmt: skip
    message = {"generatedAt": now, "seqNo": 0, "eventData": [entry]}
    inbound.receive_call(station, "2.1", "NotifyEvent", message)


def shot(page: Page, name: str) -> None:
    """Light, dark, and on a telephone, where somebody wants to look."""
    if "SHOTS" not in os.environ:
        return
    path = f"{os.environ['SHOTS']}/automations-{name}"
    page.screenshot(path=f"{path}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=f"{path}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 800})
    page.screenshot(path=f"{path}-320.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})
