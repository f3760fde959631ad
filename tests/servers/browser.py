"""A real Chromium, as Debian ships it, for the tests of the operators' pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.servers.processes import PATIENCE

EXECUTABLE = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

expect.set_options(timeout=PATIENCE * 1000)


@contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium; while it runs, this thread cannot run coroutines of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def watched_page(browser: Browser) -> Iterator[Page]:
    """Open a page; raises AssertionError afterwards for script errors and refused content."""
    complaints: list[str] = []

    def on_error(error: Error) -> None:
        complaints.append(str(error))

    def on_message(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("pageerror", on_error)
    page.on("console", on_message)
    yield page
    context.close()
    assert complaints == []
