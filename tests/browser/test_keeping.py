"""The health of a connection, and housekeeping, as they look and change in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from diagnostics.models import MessageRecord
from diagnostics.services import housekeeping
from diagnostics.services.housekeeping.rules import all_rules
from stations.models import ChargingStation
from stations.services import register_station
from tests.admin.test_health import flapping
from tests.admin.test_health import page as health_page
from tests.admin.test_housekeeping import LIST
from tests.browser.test_operator import elsewhere

pytestmark = pytest.mark.browser


def troubled_station() -> ChargingStation:
    """One that connects again and again, and a message of it that is older than they are kept."""
    station = register_station("CS-1", security_profile=0)[0]
    flapping(station)
    long_ago = timezone.now() - timedelta(days=400)
    MessageRecord.objects.create(station=station, at=long_ago, direction="FromStation", size=2)
    return station


def test_health_and_housekeeping_fit_the_screen_and_follow_what_happens(
    operator: Page, asgi_server: str
) -> None:
    station = elsewhere(troubled_station)
    for width in (320, 1280):
        operator.set_viewport_size({"width": width, "height": 700})
        for address in (LIST, "/admin/diagnostics/healthproblem/", health_page(station)):
            operator.goto(f"{asgi_server}{address}")
            too_wide = operator.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not too_wide, (address, width)
    expect(operator.locator("text=It connected 14 times")).to_be_visible()
    expect(operator.locator(".dx-figure svg")).to_have_count(2)

    operator.goto(f"{asgi_server}{LIST}")
    operator.click("#dx-bounded summary")
    outcome = operator.locator("#dx-messages .dx-outcome")
    expect(outcome).to_contain_text("It has not run yet.")
    operator.evaluate("window.stayed = true")
    elsewhere(lambda: housekeeping.apply(all_rules()["messages"]))
    expect(outcome).to_contain_text("1 row went")
    assert operator.evaluate("window.stayed") is True  # nothing was reloaded
    assert operator.locator("#dx-bounded").get_attribute("open") is not None
