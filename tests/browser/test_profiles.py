"""A monitor profile in a real browser: written, planned, applied, drifted from and repaired."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import Monitor, MonitoringInfo, MonitorProfile, StationInfo
from diagnostics.services import monitors, profiles, reports
from diagnostics.services.fleet import selections
from diagnostics.services.profiles import states as profile_states
from tests.browser.test_operator import elsewhere
from tests.commands.conftest import Simulate
from tests.servers.processes import wait_until

pytestmark = pytest.mark.browser


def test_a_profile_is_written_planned_applied_and_keeps_a_station_in_step(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1")
    elsewhere(lambda: reports.request_base_report(station=station))
    elsewhere(lambda: reports.request_monitoring_report(station=station))
    known = StationInfo.objects.filter(inventory_at__isnull=False)
    read = MonitoringInfo.objects.filter(read_at__isnull=False)
    wait_until(lambda: elsewhere(lambda: known.exists() and read.exists()), "it is known")
    elsewhere(lambda: selections.select_stations(name="The depot", stations=[station]))

    write(operator, asgi_server)
    expect(operator.locator(".dx-verdict")).to_contain_text("1 Drifted")
    shot(operator, "page")
    operator.click("text=Plans of its stations")
    shot(operator, "plans")
    operator.click("#result_list .dx-badge")
    expect(operator.locator("[data-part=plan]")).to_contain_text("to set")
    shot(operator, "plan")

    operator.evaluate("window.stayed = true")
    operator.click("#dx-apply")
    verdict = operator.locator("[data-part=head] .dx-verdict")
    expect(verdict).to_contain_text("In step", timeout=60_000)
    expect(operator.locator("[data-part=results]")).to_contain_text("Active")
    shot(operator, "in-step")

    # Somebody else deletes what was set: seen at once, and put right by one click.
    rows = elsewhere(lambda: list(Monitor.objects.live().filter(by_profile=True)))
    operator.evaluate("window.stayed = true")
    elsewhere(lambda: monitors.clear_monitors(station=station, monitors=rows))
    gone = Monitor.objects.filter(by_profile=True, status="Cleared")
    wait_until(lambda: elsewhere(gone.exists), "the station has cleared them")
    elsewhere(profile_states.compare_due)
    expect(verdict).to_contain_text("Drifted")
    assert operator.evaluate("window.stayed") is True
    operator.click("#dx-apply")
    expect(verdict).to_contain_text("In step", timeout=60_000)

    # A base that deletes them, and a profile that repairs by itself.
    elsewhere(lambda: MonitorProfile.objects.update(repair="Automatic"))
    elsewhere(lambda: monitors.set_monitoring_base(station=station, base="FactoryDefault"))
    wiped = MonitoringInfo.objects.filter(base="FactoryDefault")
    wait_until(lambda: elsewhere(wiped.exists), "the base is another one")
    elsewhere(profiles.assign_profiles)

    def is_repaired() -> bool:
        elsewhere(profile_states.compare_due)
        row = elsewhere(lambda: profiles.profile_of(station))
        return bool(row and row.state == "InStep" and MonitoringInfo.objects.get().base == "All")

    wait_until(lambda: elsewhere(is_repaired), "it repaired itself")
    expect(verdict).to_contain_text("In step", timeout=60_000)
    expect(operator.locator("[data-part=runs]")).to_contain_text("by itself")
    shot(operator, "repaired")


def write(page: Page, address: str) -> None:
    """A profile of two monitors, the second in a row that the script adds."""
    page.goto(f"{address}/admin/diagnostics/monitorprofile/")
    page.click("text=Add monitor profile")
    page.fill("#id_name", "Depot")
    page.check("text=The depot")
    page.select_option("#id_base", "All")
    page.select_option("#id_level", "9")
    fill(page, 0, component="TemperatureSensor", instance="*", variable="Temperature", value="70")
    page.click("text=Add a monitor")
    fill(page, 1, component="Connector", evse="*", connector="*", variable="AvailabilityState")
    page.locator(".dx-entry").nth(1).locator("[name$=-type]").select_option("Delta")
    shot(page, "edit")
    page.click("input[value=Save]")


def fill(page: Page, row: int, **fields: str) -> None:
    entry = page.locator(".dx-entry").nth(row)
    for name, value in fields.items():
        entry.locator(f"[name$='-{name}']").fill(value)


def shot(page: Page, name: str) -> None:
    """As it is, in the dark, and on a telephone."""
    if "SHOTS" not in os.environ:
        return
    page.screenshot(path=f"{os.environ['SHOTS']}/profiles-{name}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=f"{os.environ['SHOTS']}/profiles-{name}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 700})
    page.screenshot(path=f"{os.environ['SHOTS']}/profiles-{name}-small.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 720})
