"""Searching in a real browser: in a big log, and from the logs of many stations into the reader."""

from __future__ import annotations

import gzip
import random
import re

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import LogFile, LogSearch
from diagnostics.services.files import examination
from diagnostics.testing.factories import make_log_file, make_log_request
from stations.services import register_station
from tests.browser.test_operator import elsewhere
from tests.browser.test_reader import line, opened, reader_of

pytestmark = pytest.mark.browser

LINES = 300_000
START = "/admin/diagnostics/logsearch/start/"


def test_a_big_log_is_searched_and_gone_through(operator: Page, asgi_server: str) -> None:
    file = opened(gzip.compress(b"".join(map(line, range(LINES))), 1))
    count = operator.locator("[data-count]")
    current = operator.locator(".dx-lines .dx-current")
    operator.goto(reader_of(asgi_server, file))
    expect(operator.locator(".dx-lines li").first).to_contain_text("line</b> 1")

    operator.keyboard.press("/")
    operator.keyboard.type("LINE</b> 2999")
    operator.keyboard.press("Enter")
    expect(count).to_contain_text("111 lines found in")
    expect(current).to_contain_text("line</b> 2999")
    expect(operator.locator("mark.dx-hit").first).to_have_text("line</b> 2999")
    expect(operator.locator(".dx-margin i.dx-hit").first).to_be_attached()
    expect(operator.locator("#dx-hit-list li")).to_have_count(111)
    operator.keyboard.press("n")
    expect(current).to_contain_text("line</b> 29990")
    expect(count).to_contain_text("2 of 111")
    operator.keyboard.press("N")
    operator.keyboard.press("N")  # from the other end
    expect(current).to_contain_text("line</b> 299999")
    assert operator.url.endswith("#L299999&q=LINE%3C%2Fb%3E+2999")
    operator.click("#dx-hit-list a >> nth=4")
    expect(current).to_contain_text("line</b> 29993")

    operator.reload()
    expect(count).to_contain_text("111 lines found in")
    expect(current).to_contain_text("line</b> 29993")  # the address named it, and what was found

    operator.fill("[type=search]", "line")
    operator.keyboard.press("Enter")
    expect(count).to_contain_text("the first 1,000 are listed")
    expect(count).to_contain_text("there are more than 100,000")
    operator.fill("[type=search]", "(")
    operator.click("[data-search] label:has([name=regex])")
    operator.keyboard.press("Enter")
    expect(operator.locator("[data-problem]")).to_contain_text("A round bracket is opened")
    operator.click("[data-close]")
    expect(operator.locator("mark.dx-hit")).to_have_count(0)
    assert "q=" not in operator.url


def test_a_slow_search_is_canceled(operator: Page, asgi_server: str) -> None:
    noise = bytes(random.Random(1).choices(b"ab", k=3_000_000))
    file = opened(b"ac\n" + noise)
    operator.goto(reader_of(asgi_server, file))
    expect(operator.locator(".dx-lines li").first).to_contain_text("ac")
    operator.click("[data-search] label:has([name=regex])")
    operator.fill("[type=search]", "a[ab]{900}c|^ac$")
    operator.keyboard.press("Enter")
    operator.click("[data-cancel]")
    expect(operator.locator("[data-count]")).to_contain_text("canceled after")
    expect(operator.locator("[data-start]")).to_be_visible()


def test_many_logs_are_searched_and_a_hit_leads_into_the_reader(
    operator: Page, asgi_server: str, worker: None
) -> None:
    def arrived() -> LogFile:
        for number in range(3):
            station = register_station(f"CS-{number}", security_profile=0)[0]
            text = "".join(f"08:{n:02} {'relay stuck' if number == 1 and n > 6 else 'idle'}\n"
                           for n in range(9))  # fmt: skip
            file = make_log_file(make_log_request(station), text.encode(), name=f"{number}.log")
            examination.examine(file.pk)
        return LogFile.objects.get(name="1.log")

    file = elsewhere(arrived)
    operator.goto(f"{asgi_server}{START}")
    operator.fill("#id_pattern", "Relay Stuck")
    operator.click("text=Search >> nth=-1")
    expect(operator.locator(".dx-verdict")).to_contain_text(
        "All 3 files are searched. 2 lines were found in 1 of them."
    )
    expect(operator.locator(".dx-hits mark")).to_have_count(2)
    assert LogSearch.objects.get().requested_by is not None
    operator.click("text=08:08 relay stuck")
    expect(operator.locator(".dx-lines .dx-current")).to_contain_text("08:08 relay stuck")
    assert re.search(rf"/files/{file.pk}/\?member=0#L9&q=Relay\+Stuck$", operator.url)
    expect(operator.locator("[data-count]")).to_contain_text("2 lines found")


def test_two_logs_are_compared_difference_by_difference(operator: Page, asgi_server: str) -> None:
    lines = [f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z step {'x' * (n % 40)}" for n in range(300)]
    left = opened("\n".join(lines).encode())
    other = [line for n, line in enumerate(lines) if n not in (50, 200)]

    def second() -> LogFile:
        row = make_log_request(left.log_request.station)
        file = make_log_file(row, "\n".join(other).encode(), name="later.log")
        examination.examine(file.pk)
        return file

    right = elsewhere(second)
    operator.goto(reader_of(asgi_server, left))
    operator.click("text=Compare …")
    operator.check(f'[name=right][value="{right.pk}.0"]')
    operator.click("input[value=Compare]")
    expect(operator.locator("[role=status]").last).to_contain_text("2 differences: 298 lines")
    operator.wait_for_load_state()  # the keys are listened to when the page is whole
    operator.keyboard.press("n")
    expect(operator.locator(".dx-current")).to_contain_text("08:00:50Z")
    operator.keyboard.press("n")
    expect(operator.locator(".dx-current")).to_contain_text("08:03:20Z")
    expect(operator.locator(".dx-current")).to_be_in_viewport()
    assert operator.url.endswith("#D2")
    operator.check("[data-only]")
    expect(operator.locator(".dx-compare li:visible")).to_have_count(2)
