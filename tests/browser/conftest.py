from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page

from tests.commands.conftest import beat, running, simulate, worker
from tests.servers.browser import launched, watched_page

__all__ = ["beat", "running", "simulate", "worker"]

PASSWORD = "correct horse"


@pytest.fixture(scope="module")  # not longer: it holds the thread's event loop
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def operator(asgi_server: str, browser: Browser) -> Iterator[Page]:
    """A page of somebody who logged in by the form; script errors fail the test."""
    User.objects.create_superuser("operator", password=PASSWORD)
    with watched_page(browser) as page:
        page.goto(f"{asgi_server}/admin/")
        page.fill("#id_username", "operator")
        page.fill("#id_password", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_selector("text=What needs somebody now")
        yield page
