from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.commands.conftest import beat, running, simulate, worker
from tests.servers.browser import launched, watched_page

__all__ = ["beat", "running", "simulate", "worker"]


@pytest.fixture(scope="package")  # not longer: it holds the thread's event loop
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; the test fails when a script does, or when the policy refuses content."""
    with watched_page(browser) as page:
        yield page


@pytest.fixture
def operator(asgi_server: str, browser: Browser) -> Iterator[Page]:
    """A page of somebody who is logged in; script errors fail the test."""
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with watched_page(browser) as page:
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": asgi_server}]
        )
        yield page
