"""Monitors in a real browser, while a simulated station takes and clears them."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import Report
from diagnostics.services import reports
from tests.browser.test_operator import elsewhere
from tests.commands.conftest import Simulate
from tests.servers.processes import wait_until

pytestmark = pytest.mark.browser


def test_monitors_are_set_watched_and_cleared_without_reloading(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1")
    elsewhere(lambda: reports.request_base_report(station=station))
    expect_complete(operator)
    tab = f"{asgi_server}/admin/stations/chargingstation/{station.pk}/change/?tab=monitors"
    operator.goto(tab)
    operator.click("text=Set monitors")
    shot(operator, "choose")
    operator.check("input[name=variable] >> nth=0")
    operator.check("input[name=variable] >> nth=1")
    operator.click("text=Go on")
    for form in range(2):
        operator.select_option(f"#id_m{form}-type", "Delta")
        operator.fill(f"#id_m{form}-value", "3")
    shot(operator, "set")
    operator.click("input[value=Set]")
    operator.evaluate("window.stayed = true")
    lines = operator.locator("[data-part=list] tbody tr")
    expect(lines.filter(has_text="Active").nth(1)).to_be_visible()
    shot(operator, "tab")
    operator.check("[data-part=list] input[type=checkbox] >> nth=0")
    elsewhere(lambda: reports.request_monitoring_report(station=station))
    expect(operator.locator("[data-part=state] time")).to_be_visible()
    assert operator.evaluate("window.stayed") is True
    expect(operator.locator("[data-part=list] input:checked")).to_have_count(1)
    operator.click("text=Clear the chosen ones")
    expect(operator.locator("text=asked to clear one monitor")).to_be_visible()
    shot(operator, "clear")
    operator.click("text=Clear it")
    expect(operator.locator("#past-monitors")).to_be_visible()
    shot(operator, "cleared")


def expect_complete(page: Page) -> None:
    """The device model is here."""
    complete = Report.objects.filter(kind="Base", status="Complete")
    wait_until(lambda: elsewhere(complete.exists), "the station has reported what it has")


def shot(page: Page, name: str) -> None:
    if "SHOTS" in os.environ:
        page.screenshot(path=f"{os.environ['SHOTS']}/monitors-{name}.png", full_page=True)
