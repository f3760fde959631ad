"""A campaign from its start to its end, and a schedule, in a browser with simulated stations."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import Campaign, ScheduleRun, StationGroup
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.fleet import groups
from diagnostics.testing import Quirk
from tests.browser.test_operator import elsewhere
from tests.commands.conftest import Simulate

pytestmark = pytest.mark.browser

LIST = "/admin/diagnostics/campaign/"


def shot(page: Page, name: str) -> None:
    """Keep what the page looks like, for people who set SHOTS to a directory."""
    if directory := os.environ.get("SHOTS"):
        page.screenshot(path=f"{directory}/campaign-{name}.png", full_page=True)


@pytest.fixture
def stations(simulate: Simulate) -> list[Any]:
    return [
        simulate("CS-1"),
        simulate("CS-2"),
        simulate("CS-3", Quirk.REJECTS),
        simulate("CS-16", version=OcppVersion.V16),
    ]


def test_a_campaign_is_started_held_and_brought_to_its_end(
    operator: Page, asgi_server: str, stations: list[Any], beat: None
) -> None:
    operator.goto(f"{asgi_server}/admin/stations/chargingstation/")
    operator.check("#action-toggle")
    operator.select_option("select[name=action]", "start_campaign_action")
    operator.click("button[name=index]")
    shot(operator, "what")
    operator.check("input[value=Log]")
    operator.click("text=Go on")
    operator.fill("#id_name", "Logs of all")
    operator.click("text=A first wave")
    operator.fill("#id_first_wave", "1")
    operator.click("text=Finer")
    operator.fill("#id_attempts", "1")
    shot(operator, "form")
    operator.click("text=See what will happen")
    expect(operator.locator(".dx-prospect")).to_contain_text("4 stations will be asked.")
    shot(operator, "preview")
    operator.click("input[name=apply]")
    operator.evaluate("window.stayed = true")
    expect(operator.locator(".dx-verdict")).to_contain_text("the first wave is over")
    shot(operator, "held")
    assert operator.evaluate("window.stayed") is True  # nothing was reloaded
    operator.click("#dx-go-on")
    expect(operator.locator(".dx-verdict")).to_contain_text("Over: 3 of 4 stations succeeded.")
    expect(operator.locator(".dx-reasons")).to_contain_text("Rejected")
    shot(operator, "over")
    operator.emulate_media(color_scheme="dark")
    shot(operator, "over-dark")
    operator.emulate_media(color_scheme="light")
    operator.click(".dx-reasons tbody a")
    expect(operator.locator("#result_list tbody tr")).to_have_count(1)
    shot(operator, "stations")
    operator.goto(f"{asgi_server}{LIST}")
    shot(operator, "list")
    operator.click("#result_list a >> text=Logs of all")
    operator.click("#dx-again")
    operator.click("input[value='Run it again']")
    operator.click("#dx-cancel")
    shot(operator, "cancel")
    operator.click("input[value='Cancel it']")
    expect(operator.locator(".dx-verdict")).to_contain_text("Canceled")


def test_a_schedule_shows_its_times_while_it_is_made(
    operator: Page, asgi_server: str, stations: list[Any], beat: None
) -> None:
    def berlin() -> int:
        group = StationGroup.objects.create(name="Berlin", time_zone="Europe/Berlin")
        groups.add_stations(group=group, stations=stations[:2])
        return group.pk

    key = elsewhere(berlin)
    url = f"{asgi_server}/admin/diagnostics/schedule/make/?operation=Log&group={key}"
    operator.goto(url)
    preview = operator.locator("[data-preview]")
    expect(preview).to_contain_text("It would ask 2 stations, as of now.")
    expect(preview.locator("time")).to_have_count(5)
    operator.fill("#id_at", "03:15")
    expect(preview.locator("time").first).to_contain_text("03:15")
    for day in ("Saturday", "Sunday"):
        operator.get_by_label(day).uncheck()
    shot(operator, "schedule-form")
    operator.click("input[name=save]")
    expect(operator.locator(".dx-title")).to_contain_text("Monday to Friday at 03:15")
    operator.click("#dx-run")
    expect(operator.locator("[data-part=runs]")).to_contain_text("Started.")
    shot(operator, "schedule")
    operator.click("[data-part=runs] a")
    expect(operator.locator(".dx-verdict")).to_contain_text("2 of 2 stations succeeded")
    assert elsewhere(lambda: ScheduleRun.objects.get().campaign) is not None
    operator.goto(f"{asgi_server}/admin/")
    shot(operator, "home")


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_of_a_campaign_is_wider_than_the_screen(
    operator: Page, asgi_server: str, stations: list[Any], beat: None, width: int
) -> None:
    operator.set_viewport_size({"width": width, "height": 700})
    start = f"{asgi_server}{LIST}start/"
    pages = [start, f"{start}?operation=SetMonitors",
             f"{asgi_server}/admin/diagnostics/schedule/make/?operation=Log"]  # fmt: skip
    operator.goto(f"{start}?operation=Trigger")
    operator.select_option("#id_what-message", "Heartbeat")
    operator.click("text=See what will happen")
    operator.click("input[name=apply]")
    expect(operator.locator(".dx-verdict")).to_contain_text(re.compile("Over|so far"))
    pages.append(operator.url)
    for number, url in enumerate(pages):
        operator.goto(url)
        shot(operator, f"narrow-{width}-{number}")
        wide = operator.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{url} is {wide} pixels wide"
    assert elsewhere(lambda: Campaign.objects.count()) == 1
