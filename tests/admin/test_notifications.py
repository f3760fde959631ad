"""Targets and routes in the admin: secrets go in and never out, and a test says how it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from diagnostics.lifecycles.notification import PAUSED_AFTER
from diagnostics.models import (
    Delivery,
    GroupLimit,
    NotificationRoute,
    NotificationTarget,
    RouteWatch,
)
from diagnostics.services.notifications import deliveries
from diagnostics.wording.notifications import compose
from tests.admin.conftest import Staff, text_of
from tests.servers.receivers import WebhookReceiver, webhook_receiver

TARGETS = "/admin/diagnostics/notificationtarget/"
ROUTES = "/admin/diagnostics/notificationroute/"
DELIVERIES = "/admin/diagnostics/delivery/"
HOOK = {"name": "Pager", "kind": "Webhook", "enabled": "on",
        "address": "https://hooks.example.com/T0K3N?key=s3cret", "secret": ""}  # fmt: skip
ROUTE = {"name": "Night", "enabled": "on", "kinds": ["AlertOpened", "Away"], "severity": "3",
         "away_minutes": "15", "digest": "AtOnce", "digest_minutes": "15"}  # fmt: skip


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def target(db: None, hook: WebhookReceiver) -> NotificationTarget:
    return NotificationTarget.objects.create(
        name="Pager", kind="Webhook", address=f"{hook.address}?key=s3cret", secret="whsec_c2VjcmV0"
    )


def test_what_is_secret_goes_in_and_never_comes_out(root: Client, db: None) -> None:
    page = text_of(root.post(f"{TARGETS}add/", HOOK, follow=True))
    row = NotificationTarget.objects.get()
    assert f"shown this once: {row.secret}" in page
    address = f"{TARGETS}{row.pk}/change/"
    for shown in (root.get(address), root.get(TARGETS), root.get(f"{TARGETS}{row.pk}/live/")):
        body = shown.content.decode()
        assert not any(each in body for each in (row.secret, "T0K3N", "s3cret"))
    assert "https://hooks.example.com/…" in root.get(address).content.decode()
    kept = (row.address, row.secret)
    root.post(address, HOOK | {"address": "", "name": "Pager 2"})
    row.refresh_from_db()
    assert (row.name, row.address, row.secret) == ("Pager 2", *kept)
    history = root.get(f"{TARGETS}{row.pk}/history/").content.decode()
    assert "s3cret" not in history


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": ""}, "Say where it goes"),
        ({"address": "ftp://example.com"}, "the address cannot be read"),
        ({"kind": "Email", "address": "nobody"}, "Enter a valid email address"),
        ({"kind": "Service", "address": "bogus://x"}, "the address cannot be read"),
        ({"kind": "Service", "address": "json://127.0.0.1/"}, "does not send to"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    root: Client, db: None, wrong: dict[str, str], said: str
) -> None:
    assert said in text_of(root.post(f"{TARGETS}add/", HOOK | wrong))
    assert not NotificationTarget.objects.exists()


def test_the_address_of_another_kind_is_not_kept(root: Client, target: NotificationTarget) -> None:
    data = HOOK | {"kind": "Email", "address": ""}
    page = root.post(f"{TARGETS}{target.pk}/change/", data)
    assert "Say where it goes" in text_of(page)


def test_a_test_says_on_the_page_what_became_of_it(
    root: Client, target: NotificationTarget, hook: WebhookReceiver
) -> None:
    page = text_of(root.post(f"{TARGETS}{target.pk}/test/", follow=True))
    assert "A test is on its way" in page
    hook.answers = [401]
    deliveries.deliver(target.pk, compose)
    live = text_of(root.get(f"{TARGETS}{target.pk}/live/"))
    assert "Not delivered, and not tried again: HTTP status 401." in live
    root.post(f"{TARGETS}{target.pk}/test/")
    deliveries.deliver(target.pk, compose)
    assert "Delivered (HTTP status 200)." in text_of(root.get(f"{TARGETS}{target.pk}/live/"))
    assert "HTTP status 401" in text_of(root.get(DELIVERIES))
    row = Delivery.objects.latest("pk")
    assert str(row.uuid) in text_of(root.get(f"{DELIVERIES}{row.pk}/change/"))
    NotificationTarget.objects.update(enabled=False)
    page = text_of(root.post(f"{TARGETS}{target.pk}/test/", follow=True))
    assert "switched off" in page
    assert Delivery.objects.count() == 2


def test_home_says_who_cannot_be_reached(root: Client, target: NotificationTarget) -> None:
    home = "/admin/"
    assert "cannot be reached" not in text_of(root.get(home))
    now = timezone.now()
    NotificationTarget.objects.update(failures=PAUSED_AFTER, failing_since=now, retry_at=now)
    assert "Pager cannot be reached" in text_of(root.get(home))
    root.post(f"{TARGETS}{target.pk}/resume/")
    assert "cannot be reached" not in text_of(root.get(home))


def test_a_route_is_made_and_looks_from_now_on(root: Client, target: NotificationTarget) -> None:
    data = ROUTE | {"targets": [str(target.pk)], "from_time": "22:00", "to_time": "06:00",
                    "weekdays": ["4"], "time_zone": "Europe/Amsterdam"}  # fmt: skip
    assert root.post(f"{ROUTES}add/", data).status_code == 302
    row = NotificationRoute.objects.get()
    assert (row.kinds, row.weekdays, row.from_time) == (["AlertOpened", "Away"], [4], time(22))
    assert set(RouteWatch.objects.values_list("kind", flat=True)) == {"AlertOpened", "Away"}
    listed = text_of(root.get(ROUTES))
    assert "an alert opens, a station stays away; severity 3 or worse" in listed
    assert "checked" in root.get(f"{ROUTES}{row.pk}/change/").content.decode()
    root.post(f"{ROUTES}{row.pk}/change/", data | {"kinds": ["Campaign"]})
    assert not RouteWatch.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kinds": []}, "This field is required"),
        ({"from_time": "22:00"}, "both ends"),
        ({"digest": "Daily"}, "Say at what time"),
        ({"targets": []}, "This field is required"),
    ],
)
def test_a_route_that_says_too_little_says_what_is_missing(
    root: Client, target: NotificationTarget, wrong: dict[str, object], said: str
) -> None:
    page = root.post(f"{ROUTES}add/", ROUTE | {"targets": [str(target.pk)]} | wrong)
    assert said in text_of(page)
    assert not NotificationRoute.objects.exists()


def test_targets_are_for_those_who_may_and_who_see_all_stations(
    staff: Staff, target: NotificationTarget
) -> None:
    looking = staff("diagnostics.view_notificationtarget")
    assert looking.get(f"{TARGETS}{target.pk}/change/").status_code == 200
    assert looking.post(f"{TARGETS}{target.pk}/test/").status_code == 403
    assert looking.get(f"{TARGETS}{target.pk}/test/").status_code == 405
    assert staff().get(f"{TARGETS}{target.pk}/live/").status_code == 403
    GroupLimit.objects.create(user=User.objects.order_by("pk")[0])
    assert looking.get(f"{TARGETS}{target.pk}/change/").status_code in (403, 404)
    assert looking.get(f"{TARGETS}{target.pk}/live/").status_code == 403
