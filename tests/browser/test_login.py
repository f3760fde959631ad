"""The front door, as an operator's browser sees it."""

import pytest

pytestmark = pytest.mark.browser


def test_an_operator_logs_in(page, asgi_server, admin_user):
    page.goto(asgi_server)
    page.fill("#id_username", "admin")
    page.fill("#id_password", "password")
    page.click("input[type=submit]")
    page.wait_for_selector("#logout-form")
    assert "Station diagnostics" in page.title()
