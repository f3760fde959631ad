"""A target is made and tried: what became of the test shows without reloading."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from diagnostics.models import NotificationTarget
from tests.browser.test_automations import shot
from tests.browser.test_operator import elsewhere
from tests.servers.receivers import webhook_receiver

pytestmark = pytest.mark.browser


def test_a_target_is_made_and_tried(operator: Page, asgi_server: str, worker: None) -> None:
    with webhook_receiver() as hook:
        operator.goto(f"{asgi_server}/admin/diagnostics/notificationtarget/add/")
        operator.fill("#id_name", "Pager of the night shift")
        operator.select_option("#id_kind", "Email")
        expect(operator.locator(".field-secret")).to_be_hidden()
        operator.select_option("#id_kind", "Webhook")
        operator.fill("#id_address", hook.address)
        operator.click("[name=_continue]")
        expect(operator.locator(".messagelist")).to_contain_text("whsec_")
        operator.click("#dx-test")
        expect(operator.locator("[data-part=deliveries]")).to_contain_text("Delivered (HTTP")
        expect(operator.locator("[data-part=state]")).to_contain_text("Last delivery")
        shot(operator, "target")
        hook.answers = [500]
        operator.click("#dx-test")
        expect(operator.locator("[data-part=deliveries]")).to_contain_text("HTTP status 500")
        shot(operator, "target-failed")
    assert elsewhere(NotificationTarget.objects.get).address == hook.address
    operator.goto(f"{asgi_server}/admin/diagnostics/notificationroute/add/")
    expect(operator.locator(".field-away_minutes")).to_be_hidden()
    operator.check("#id_kinds input[value=Away]")
    operator.check("#id_kinds input[value=AlertOpened]")
    expect(operator.locator(".field-away_minutes")).to_be_visible()
    expect(operator.locator(".field-digest_at")).to_be_hidden()
    shot(operator, "route")
    operator.fill("#id_name", "Nights")
    operator.check("#id_targets input")
    operator.click("[name=_save]")
    expect(operator.locator("#result_list")).to_contain_text("a station stays away")
    shot(operator, "routes")
    operator.goto(f"{asgi_server}/admin/diagnostics/notificationtarget/")
    shot(operator, "targets")
    operator.goto(f"{asgi_server}/admin/diagnostics/delivery/")
    shot(operator, "deliveries")
