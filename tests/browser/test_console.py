"""A call written in a real browser, and its answer coming without reloading."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import OutboundCall
from tests.browser.test_operator import elsewhere
from tests.commands.conftest import Simulate

pytestmark = pytest.mark.browser


def test_rows_are_added_and_removed_and_the_answer_comes(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1")
    operator.goto(f"{asgi_server}/admin/stations/chargingstation/{station.pk}/change/")
    operator.click("text=Send a call …")
    operator.select_option("select[name=action]", "GetVariables")
    operator.click("text=Choose")
    add = operator.get_by_role("button", name="Add to getVariableData", exact=True)
    for number in (0, 1, 2):
        if number:
            add.click()
        row = f"p:getVariableData[{number}]"
        operator.locator(f'[id="{row}.component.name"]').fill("OCPPCommCtrlr")
        operator.locator(f'[id="{row}.variable.name"]').fill(f"HeartbeatInterval{number or ''}")
    operator.locator("[data-row-of-list]").nth(1).get_by_role("button", name="Remove").last.click()
    operator.click("text=Send it")
    operator.evaluate("window.stayed = true")
    expect(operator.locator("h1")).to_contain_text("Answered")
    expect(operator.locator("[data-part=sides]")).to_contain_text("getVariableResult")
    assert operator.evaluate("window.stayed") is True  # nothing was reloaded
    call = elsewhere(lambda: OutboundCall.objects.latest("pk"))
    names = [each["variable"]["name"] for each in call.wire_payload["getVariableData"]]
    assert names == ["HeartbeatInterval", "HeartbeatInterval2"]


def test_the_console_fits_a_small_screen(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1")
    operator.set_viewport_size({"width": 320, "height": 700})
    calls = f"{asgi_server}/admin/diagnostics/outboundcall"
    here = f"{asgi_server}/admin/stations/chargingstation/{station.pk}/change/"
    for address in (
        f"{calls}/place/?station={station.pk}&action=SetVariableMonitoring",
        f"{calls}/place/?station={station.pk}&action=SetChargingProfile",
        f"{calls}/trigger/?station={station.pk}",
        f"{here}?tab=messages",
    ):
        operator.goto(address)
        wide = operator.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, address
