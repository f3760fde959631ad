"""What an operator does with a real browser, while a simulated station does its part."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import LogRequest
from diagnostics.progress import publish_on_commit
from diagnostics.services import logs
from diagnostics.testing import Quirk
from stations.services import block_station
from tests.commands.conftest import Simulate
from tests.servers.processes import wait_until

pytestmark = pytest.mark.browser

LOGS = "/admin/diagnostics/logrequest/"
Work = TypeVar("Work")

MARKER = "self-check passed"  # the second line of every simulated log


def elsewhere(work: Callable[[], Work]) -> Work:
    """Do it in another thread: in this one Playwright's event loop forbids announcing changes."""

    def alone() -> Work:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(alone).result()


def test_a_log_is_requested_watched_and_read(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1", log_size=50_000)
    operator.goto(f"{asgi_server}/admin/stations/chargingstation/{station.pk}/change/")
    expect(operator.locator("text=connected").first).to_be_visible()
    operator.click("text=Request diagnostics log")
    operator.click("text=Request the log")
    operator.evaluate("window.stayed = true")
    expect(operator.locator(".dx-verdict")).to_contain_text("confirmed by the station")
    expect(operator.locator(".dx-step-done")).to_have_count(5)
    assert operator.evaluate("window.stayed") is True  # nothing was reloaded
    operator.click("#dx-read")
    second = operator.locator(".dx-lines li").nth(1)  # as soon as the worker has examined it
    expect(second).to_contain_text(MARKER)
    second.locator("a").click()
    assert operator.url.endswith("#L2")


def test_what_is_open_stays_open_while_bytes_arrive(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1", Quirk.SLOW_UPLOAD, log_size=3_000_000)
    row = elsewhere(lambda: logs.request_log(station=station))
    operator.goto(f"{asgi_server}{LOGS}{row.pk}/change/")
    expect(operator.locator("progress")).to_be_visible()
    operator.click("#dx-raw summary")
    operator.locator("#dx-cancel").focus()
    first = operator.locator(".dx-verdict").inner_text()
    expect(operator.locator(".dx-verdict")).not_to_have_text(re.compile(re.escape(first)))
    assert operator.locator("#dx-raw").get_attribute("open") is not None
    assert operator.evaluate("document.activeElement.id") == "dx-cancel"


def test_rows_change_in_place_and_new_ones_are_announced(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1", Quirk.SILENT)
    row = elsewhere(lambda: logs.request_log(station=station))
    operator.goto(f"{asgi_server}{LOGS}")
    expect(operator.locator(".dx-outcome").first).to_contain_text("has not answered")
    elsewhere(lambda: logs.cancel_log(row))
    expect(operator.locator(".dx-outcome").first).to_contain_text("Canceled here")
    expect(operator.locator("[data-new]")).to_be_hidden()
    elsewhere(lambda: logs.request_log(station=station))
    expect(operator.locator("[data-new]")).to_be_visible()
    expect(operator.locator(".dx-outcome")).to_have_count(1)  # nothing jumped
    operator.click("[data-new] a")
    expect(operator.locator(".dx-outcome")).to_have_count(2)


def test_the_page_of_a_station_follows_what_happens_to_it(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1", log_size=1_000)
    operator.goto(f"{asgi_server}/admin/stations/chargingstation/{station.pk}/change/")
    expect(operator.locator("[data-lost]")).to_be_hidden()
    elsewhere(lambda: logs.request_log(station=station))
    expect(operator.locator(".dx-tab")).to_contain_text("Says Uploaded")
    elsewhere(lambda: block_station(station))
    expect(operator.locator(".dx-station .dx-off")).to_be_visible()


def test_a_lost_line_is_said_and_polling_goes_on(
    operator: Page, asgi_server: str, simulate: Simulate
) -> None:
    station = simulate("CS-1", Quirk.SILENT)
    row = elsewhere(lambda: logs.request_log(station=station))
    operator.route_web_socket("**/ws/diagnostics/", lambda socket: socket.close())
    operator.goto(f"{asgi_server}{LOGS}{row.pk}/change/")
    expect(operator.locator("[data-lost]")).to_be_visible()
    elsewhere(lambda: logs.cancel_log(row))
    expect(operator.locator(".dx-verdict")).to_contain_text("Canceled")


def heard(page: Page, frames: list[str], expected: dict[str, object]) -> list[dict[str, object]]:
    """Wait until the page has received this message; all that it received so far."""

    def told() -> list[dict[str, object]]:
        page.wait_for_timeout(20)  # milliseconds, in which frames are taken in
        return [json.loads(frame) for frame in frames]

    wait_until(lambda: expected in told(), f"{expected} is among what the page has received")
    return told()


def test_progress_carries_no_contents(operator: Page, asgi_server: str, simulate: Simulate) -> None:
    """The websocket says only that a row changed; whoever fetches it is asked for permission."""
    station = simulate("CS-1", Quirk.SILENT)
    row = elsewhere(lambda: logs.request_log(station=station))
    frames: list[str] = []
    operator.on("websocket", lambda ws: ws.on("framereceived", lambda text: frames.append(text)))
    operator.goto(f"{asgi_server}{LOGS}{row.pk}/change/")
    heard(operator, frames, {"following": "logrequest"})
    elsewhere(lambda: publish_on_commit("logrequest", row.pk, state=LogVerdict.SENT))
    told = heard(operator, frames, {"kind": "logrequest", "id": row.pk, "state": "Sent"})
    assert all(set(message) <= {"following", "kind", "id", "state", "received"} for message in told)


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_the_screen(
    operator: Page, asgi_server: str, simulate: Simulate, width: int
) -> None:
    station = simulate("A-STATION-WITH-A-NAME-OF-SIXTY-FOUR-CHARACTERS-1234567890-123456")
    row = elsewhere(lambda: logs.request_log(station=station))
    operator.set_viewport_size({"width": width, "height": 700})
    here = f"/admin/stations/chargingstation/{station.pk}/change/"
    for address in (
        "/admin/", LOGS, f"{LOGS}{row.pk}/change/", f"{LOGS}request/?station={station.pk}", here,
        f"{here}?tab=logs", f"{here}?tab=settings", "/admin/stations/chargingstation/",
    ):  # fmt: skip
        operator.goto(f"{asgi_server}{address}")
        too_wide = operator.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not too_wide, (address, width)
    assert LogRequest.objects.count() == 1
