"""The settings are those of now: whoever changed them, however, and whatever thread looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from django.conf import settings
from django.test import override_settings

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.storage import get_log_store

FAKE = {"GATEWAY": "diagnostics.testing.fakes.FakeGateway"}


class Slow(dict[str, Any]):
    """A dict that is being read until the test lets the reader go on."""

    def __init__(self, **keys: Any) -> None:
        super().__init__(**keys)
        self.is_read, self.may_go_on = Event(), Event()

    def keys(self) -> Any:
        self.is_read.set()
        assert self.may_go_on.wait(60)
        return super().keys()


def test_settings_that_were_deleted_are_back_afterwards() -> None:
    before = app_settings.gateway
    with override_settings():
        del settings.DIAGNOSTICS  # without a signal
        assert app_settings.gateway == ""
    assert app_settings.gateway == before != ""


def test_a_thread_that_reads_during_a_change_does_not_keep_what_was() -> None:
    slow = Slow(PUBLIC_URL="http://before")
    with ThreadPoolExecutor(1) as thread:
        with override_settings(DIAGNOSTICS=slow):
            reading = thread.submit(lambda: app_settings.public_url)
            assert slow.is_read.wait(60)
        with override_settings(DIAGNOSTICS={"PUBLIC_URL": "http://after"}):
            slow.may_go_on.set()
            assert reading.result(60) == "http://before"
            assert app_settings.public_url == "http://after"
            assert thread.submit(lambda: app_settings.public_url).result(60) == "http://after"


def test_gateway_and_log_store_stay_until_the_settings_change() -> None:
    gateway, store = get_gateway(), get_log_store()
    assert (get_gateway(), get_log_store()) == (gateway, store)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **FAKE}):
        fake = get_gateway()
        assert type(fake) is not type(gateway)
        assert get_gateway() is fake
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **FAKE}):
        assert get_gateway() is not fake
    assert type(get_gateway()) is type(gateway)
