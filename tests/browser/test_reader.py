"""A big log in a real browser: opened, jumped through, filtered, wrapped."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from threading import Event
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import LogFile
from diagnostics.services.files import examination
from diagnostics.testing.factories import make_log_file, make_log_request
from stations.services import register_station
from tests.browser.test_operator import elsewhere

pytestmark = pytest.mark.browser

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
LINES = 600_000  # taller than any element of a browser may be


def line(number: int) -> bytes:
    level = b"ERROR" if number % 50_000 == 49_999 else b"INFO"
    moment = (BEGIN + timedelta(milliseconds=number)).isoformat().encode()
    return b"%s %s <b>line</b> %d\n" % (moment, level, number + 1)


def opened(content: bytes, name: str = "cs.log") -> LogFile:
    def make() -> LogFile:
        station = register_station("CS-1", security_profile=0)[0]
        file = make_log_file(make_log_request(station), content, name=name)
        examination.examine(file.pk)
        return file

    return elsewhere(make)


def reader_of(address: str, file: LogFile, tail: str = "") -> str:
    return f"{address}/admin/diagnostics/logrequest/{file.log_request_id}/files/{file.pk}/{tail}"


def test_a_big_log_is_read_from_anywhere(operator: Page, asgi_server: str) -> None:
    file = opened(gzip.compress(b"".join(map(line, range(LINES))), 1))
    first, status = operator.locator(".dx-lines li").first, operator.locator("[data-status]")
    current = operator.locator(".dx-lines .dx-current")

    operator.goto(reader_of(asgi_server, file, "#L300000"))
    expect(current).to_contain_text("<b>line</b> 300000")
    assert operator.locator(".dx-lines li").count() < 80  # whatever the text has

    operator.keyboard.press("g")
    expect(first).to_contain_text("line</b> 1")
    operator.keyboard.press("G")
    expect(operator.locator(".dx-lines li").last).to_contain_text("line</b> 600000")
    operator.keyboard.press("e")  # from what is seen, which holds the last error of all
    expect(current).to_contain_text("600000")
    operator.keyboard.press("E")
    expect(current).to_contain_text("550000")
    operator.keyboard.press("k")
    expect(current).to_contain_text("549999")

    operator.keyboard.press(":")
    operator.keyboard.type("08:02")
    operator.keyboard.press("Enter")
    expect(current).to_contain_text("line</b> 120001")
    expect(status).to_contain_text("2026-03-02 08:02:00 UTC")
    assert operator.url.endswith("#L120001")

    operator.hover(".dx-view")
    operator.mouse.wheel(0, 900)  # a little, although the bar stands for a thousand times more
    expect(status).to_contain_text(re.compile(r"Line 120,0[2-9]\d of 600,000"))

    operator.select_option("#dx-levels", "E")
    expect(status).to_contain_text("12 lines")
    expect(operator.locator(".dx-lines .dx-bad")).to_have_count(12)
    operator.click(".dx-lines li:nth-child(3) a")
    expect(current).to_contain_text("line</b> 150000")
    expect(operator.locator("#dx-levels")).to_have_value("")

    operator.keyboard.press("w")
    assert "dx-wrapped" in (operator.locator("body").get_attribute("class") or "")
    operator.keyboard.press("?")
    expect(operator.locator("dialog")).to_contain_text("previous error")
    operator.keyboard.press("Escape")
    operator.keyboard.press("w")


def test_a_file_opens_by_itself_when_it_has_been_examined(operator: Page, asgi_server: str) -> None:
    def waiting() -> LogFile:
        station = register_station("CS-1", security_profile=0)[0]
        return make_log_file(make_log_request(station), b"".join(map(line, range(10))))

    file = elsewhere(waiting)
    operator.goto(reader_of(asgi_server, file))
    expect(operator.locator("[data-sentence]")).to_contain_text("Waiting to be examined")
    elsewhere(lambda: examination.examine(file.pk))
    expect(operator.locator(".dx-lines li")).to_have_count(10)


@pytest.mark.parametrize("width", [320, 1280])
def test_long_and_hostile_lines_are_shown_and_the_page_stays(
    operator: Page, asgi_server: str, width: int
) -> None:
    content = b"<img src=x onerror=alert(1)>\0\xff\n" + b"y" * 5_000_000 + b"\nlast"
    operator.set_viewport_size({"width": width, "height": 800})
    operator.goto(reader_of(asgi_server, opened(content)))
    lines = operator.locator(".dx-lines li")
    expect(lines.nth(0)).to_contain_text("<img src=x onerror=alert(1)>␀\ufffd")
    expect(lines.nth(1)).to_contain_text("more bytes)")
    operator.check("#dx-wrap")
    operator.keyboard.press("Escape")
    operator.click("[data-end]")
    expect(lines.last).to_contain_text("last")
    assert not operator.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_file_is_followed_while_it_arrives_and_opened_when_it_is_here(
    operator: Page, asgi_server: str
) -> None:
    row = elsewhere(lambda: make_log_request(register_station("CS-1", security_profile=0)[0]))
    seen = Event()

    def body() -> Iterator[bytes]:
        """A line at a time, until the last ones were seen."""
        yield from map(line, range(5000))
        for number in range(5000, 5600):
            yield line(number)
            if seen.wait(0.1):
                return

    with ThreadPoolExecutor(1) as thread:
        address = urlsplit(f"{asgi_server}/u/{row.token}/cs.log")
        connection = HTTPConnection(address.netloc)
        sent = thread.submit(connection.request, "PUT", address.path, body(), encode_chunked=True,
                             headers={"Transfer-Encoding": "chunked"})  # fmt: skip
        operator.goto(f"{asgi_server}/admin/diagnostics/logrequest/{row.pk}/change/")
        operator.click("#dx-follow")
        last = operator.locator(".dx-lines li").last
        expect(last).to_contain_text("</b> 50")
        first_seen = last.inner_text()
        expect(last).not_to_have_text(first_seen)  # it follows
        seen.set()
        sent.result()
        assert connection.getresponse().status == 200
        connection.close()
    expect(operator.locator("[data-sentence]")).to_contain_text("examined")
    file = LogFile.objects.get()
    elsewhere(lambda: examination.examine(file.pk))
    expect(operator.locator("[data-status]")).to_contain_text(re.compile("of 5,[0-9]{3} "))
    assert operator.url.endswith(f"/files/{file.pk}/#end")
